#include "cli/replay.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>

#include "remora/dogstatsd/packet_forward.hpp"

namespace remora::cli {
namespace {

constexpr std::chrono::minutes kLongestPause{10};

int connected(const sockaddr* address, socklen_t length) {
  const int fd = ::socket(address->sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd >= 0 && ::connect(fd, address, length) != 0) {
    const int error = errno;
    ::close(fd);
    errno = error;
    return -1;
  }
  return fd;
}

int connect_unix(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path) {
    errno = ENAMETOOLONG;
    return -1;
  }
  path.copy(address.sun_path, path.size());
  return connected(reinterpret_cast<const sockaddr*>(&address), sizeof address);
}

}  // namespace

Result<std::unique_ptr<DatagramSender>> DatagramSender::connect(const config::Settings& settings) {
  const std::string& path = settings.dogstatsd_socket;
  if (const int fd = connect_unix(path); fd >= 0) {
    return std::unique_ptr<DatagramSender>(new DatagramSender(fd, path));
  }
  const std::string reason = path + ": " + std::strerror(errno);
  if (settings.dogstatsd_port == 0) {
    return fail(Errc::not_found,
                "no DogStatsD socket of an agent: " + reason + ", and no UDP port");
  }
  const auto port = static_cast<std::uint16_t>(settings.dogstatsd_port);
  const std::string host =
      settings.dogstatsd_non_local_traffic ? std::string("localhost") : settings.bind_host;
  const auto address = dogstatsd::look_up_udp(host, port);
  if (!address) return address.error();
  const int fd = connected(reinterpret_cast<const sockaddr*>(&address->storage), address->length);
  if (fd < 0) return fail(Errc::not_found, host + ": " + std::strerror(errno));
  return std::unique_ptr<DatagramSender>(
      new DatagramSender(fd, host + ":" + std::to_string(port) + "/udp"));
}

DatagramSender::~DatagramSender() { ::close(fd_); }

Result<void> DatagramSender::send(std::string_view bytes) {
  for (;;) {
    if (::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) >= 0) return {};
    if (errno == EINTR) continue;
    if (errno == EMSGSIZE) return fail(Errc::too_large, address_ + ": " + std::strerror(errno));
    return fail(Errc::io, address_ + ": " + std::strerror(errno));
  }
}

Result<ReplayCounts> replay(dogstatsd::CaptureReader& capture, const ReplayHooks& hooks) {
  ReplayCounts counts;
  std::optional<std::chrono::nanoseconds> last;
  std::chrono::nanoseconds due{0};
  dogstatsd::CapturedPacket packet;
  for (;;) {
    const auto more = capture.next(packet);
    if (!more) return more.error();
    if (!*more) return counts;
    // A file may say anything: times that go back count as no pause, and nothing overflows.
    if (last && packet.time > *last) {
      const bool near = *last >= std::chrono::nanoseconds(0);
      due += near ? std::min<std::chrono::nanoseconds>(packet.time - *last, kLongestPause)
                  : std::chrono::nanoseconds(0);
    }
    last = packet.time;
    hooks.wait_until(due);
    const auto sent = hooks.send(packet.bytes);
    if (!sent && sent.error().code() == Errc::too_large) {
      ++counts.too_large;
      continue;
    }
    if (!sent) return sent.error();
    ++counts.packets;
    hooks.sent(packet.bytes.size());
  }
}

}  // namespace remora::cli
