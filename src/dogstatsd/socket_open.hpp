// Makes and binds the sockets of DogStatsD. Every failure is one line that says what to do about
// it.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "remora/core/error.hpp"
#include "remora/dogstatsd/listener.hpp"

namespace remora::dogstatsd {

/// A file descriptor that closes itself.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) noexcept : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Descriptor() { close(); }
  void close() noexcept;
  [[nodiscard]] int get() const noexcept { return fd_; }
  [[nodiscard]] bool is_open() const noexcept { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

/// The file a Unix socket is bound to. Removed by `remove_file` only while it is still ours.
struct SocketFile {
  std::string path;
  dev_t device = 0;
  ino_t inode = 0;
};

struct BoundSocket {
  Transport transport = Transport::udp;
  Descriptor fd;  ///< non-blocking, closed on exec
  std::string address;
  std::uint16_t port = 0;          ///< UDP
  std::size_t receive_buffer = 0;  ///< the kernel's answer, its accounting
  SocketFile file;                 ///< Unix sockets
};

/// One socket, or two for "localhost" where the machine has IPv6.
/// Errors: invalid_config (a host that is no address), io.
[[nodiscard]] Result<std::vector<BoundSocket>> open_udp(const ListenerOptions& options);

/// `transport`: uds_datagram or uds_stream. Errors: invalid_config (path), io.
[[nodiscard]] Result<BoundSocket> open_unix(Transport transport, const std::string& path,
                                            const ListenerOptions& options);

void remove_file(const SocketFile& file) noexcept;

/// Datagrams a Unix socket of this network namespace holds before its senders wait
/// (net.unix.max_dgram_qlen); the kernel's default where it cannot be read.
[[nodiscard]] std::size_t unix_queue_length();

}  // namespace remora::dogstatsd
