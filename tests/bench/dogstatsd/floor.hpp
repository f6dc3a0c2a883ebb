// The floor: a loop that receives and counts lines, and does nothing with them. Default socket
// buffer, blocking, as many packets a call as there are (recvmmsg, 64 at most).
#pragma once

#include <sys/mman.h>

#include <array>
#include <memory>

#include "bench/dogstatsd/generator.hpp"

namespace remora::bench {

inline int listen_on(const Address& address) {
  if (address.wire == Wire::udp) {
    const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    at.sin_port = htons(static_cast<std::uint16_t>(address.port));
    return bind(fd, reinterpret_cast<sockaddr*>(&at), sizeof at) == 0 ? fd : -1;
  }
  const bool stream = address.wire == Wire::stream;
  const int fd = socket(AF_UNIX, (stream ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC, 0);
  sockaddr_un at{};
  at.sun_family = AF_UNIX;
  std::strncpy(at.sun_path, address.path.c_str(), sizeof at.sun_path - 1);
  unlink(address.path.c_str());
  if (bind(fd, reinterpret_cast<sockaddr*>(&at), sizeof at) != 0) return -1;
  return !stream || listen(fd, 8) == 0 ? fd : -1;
}

inline std::uint64_t lines_in(const char* bytes, std::size_t size) {
  return static_cast<std::uint64_t>(std::count(bytes, bytes + size, '\n'));
}

inline void receive_datagrams(int fd, std::atomic<std::uint64_t>& messages) {
  constexpr std::size_t kBatch = 64, kBuffer = 8192;
  const auto storage = std::make_unique<char[]>(kBatch * kBuffer);
  std::array<iovec, kBatch> pieces;
  std::array<mmsghdr, kBatch> headers{};
  for (std::size_t i = 0; i < kBatch; ++i) {
    pieces[i] = {storage.get() + i * kBuffer, kBuffer};
    headers[i].msg_hdr.msg_iov = &pieces[i];
    headers[i].msg_hdr.msg_iovlen = 1;
  }
  for (;;) {
    const int n = recvmmsg(fd, headers.data(), kBatch, MSG_WAITFORONE, nullptr);
    if (n < 0) return;
    std::uint64_t lines = 0;
    for (int i = 0; i < n; ++i) {
      const auto at = static_cast<std::size_t>(i);
      lines += lines_in(storage.get() + at * kBuffer, headers[at].msg_len);
    }
    messages.store(messages.load(std::memory_order_relaxed) + lines, std::memory_order_relaxed);
  }
}

/// One connection; frames of a length of four bytes and lines.
inline void receive_stream(int listener, std::atomic<std::uint64_t>& messages) {
  const int fd = accept(listener, nullptr, nullptr);
  constexpr std::size_t kBuffer = 256 * 1024;
  const auto buffer = std::make_unique<char[]>(kBuffer);
  std::size_t filled = 0;
  for (;;) {
    const ssize_t n = read(fd, buffer.get() + filled, kBuffer - filled);
    if (n <= 0) return;
    filled += static_cast<std::size_t>(n);
    std::size_t at = 0;
    std::uint64_t lines = 0;
    while (filled - at >= 4) {
      std::uint32_t length = 0;
      std::memcpy(&length, buffer.get() + at, 4);  // little endian, as this machine
      if (filled - at - 4 < length) break;
      lines += lines_in(buffer.get() + at + 4, length);
      at += 4 + length;
    }
    std::memmove(buffer.get(), buffer.get() + at, filled - at);
    filled -= at;
    messages.store(messages.load(std::memory_order_relaxed) + lines, std::memory_order_relaxed);
  }
}

inline void run_floor(const Address& address, std::atomic<std::uint64_t>& messages) {
  const int fd = listen_on(address);
  if (fd < 0) return;
  if (address.wire == Wire::stream) {
    receive_stream(fd, messages);
  } else {
    receive_datagrams(fd, messages);
  }
  pause();
}

}  // namespace remora::bench
