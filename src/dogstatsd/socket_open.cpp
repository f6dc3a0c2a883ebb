#include "dogstatsd/socket_open.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <memory>
#include <system_error>

#include "remora/core/apart.hpp"
#include "remora/core/log.hpp"

namespace remora::dogstatsd {
namespace {

const core::Logger kLog("dogstatsd");

constexpr mode_t kSocketMode = 0722;  // everybody may send, only the owner may read
constexpr mode_t kDirectoryMode = 0755;
constexpr int kBacklog = 128;
constexpr std::size_t kLargestReceiveBuffer = 4u << 20;

std::string reason(int error) { return std::generic_category().message(error); }

struct Address {
  sockaddr_storage storage{};
  socklen_t length = 0;

  [[nodiscard]] const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  [[nodiscard]] int family() const { return storage.ss_family; }
};

Address v4(in_addr host, int port) {
  Address a;
  auto& in = reinterpret_cast<sockaddr_in&>(a.storage);
  in.sin_family = AF_INET;
  in.sin_addr = host;
  in.sin_port = htons(static_cast<std::uint16_t>(port));
  a.length = sizeof in;
  return a;
}

Address v6(const in6_addr& host, int port) {
  Address a;
  auto& in = reinterpret_cast<sockaddr_in6&>(a.storage);
  in.sin6_family = AF_INET6;
  in.sin6_addr = host;
  in.sin6_port = htons(static_cast<std::uint16_t>(port));
  a.length = sizeof in;
  return a;
}

std::uint16_t port_of(const Address& a) {
  return ntohs(a.family() == AF_INET6 ? reinterpret_cast<const sockaddr_in6&>(a.storage).sin6_port
                                      : reinterpret_cast<const sockaddr_in&>(a.storage).sin_port);
}

std::string text_of(const Address& a) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const bool six = a.family() == AF_INET6;
  const void* host =
      six ? static_cast<const void*>(&reinterpret_cast<const sockaddr_in6&>(a.storage).sin6_addr)
          : &reinterpret_cast<const sockaddr_in&>(a.storage).sin_addr;
  ::inet_ntop(a.family(), host, text.data(), text.size());
  const std::string port = ':' + std::to_string(port_of(a));
  return six ? '[' + std::string(text.data()) + ']' + port : text.data() + port;
}

// Asks for a large buffer: what one pause of the loop lets gather is lost without it. The forced
// form passes net.core.rmem_max and needs CAP_NET_ADMIN, which few containers have.
std::size_t set_receive_buffer(int fd, std::size_t asked) {
  if (asked == 0 || asked > 1u << 30) asked = kLargestReceiveBuffer;
  const int bytes = static_cast<int>(asked);
  if (::setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes) != 0)
    ::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
  int answer = 0;
  socklen_t length = sizeof answer;
  ::getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &answer, &length);
  return answer < 0 ? 0 : static_cast<std::size_t>(answer);
}

enum class Stack : std::uint8_t { single, dual };

Result<BoundSocket> bind_udp(Address address, Stack stack, const ListenerOptions& options) {
  BoundSocket s;
  const std::string wanted = text_of(address);
  s.fd = Descriptor(
      ::socket(address.family(), SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_UDP));
  if (!s.fd.is_open()) return fail(Errc::io, "UDP " + wanted + ": " + reason(errno));
  if (address.family() == AF_INET6) {
    const int only = stack == Stack::single ? 1 : 0;
    ::setsockopt(s.fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof only);
  }
  s.receive_buffer = set_receive_buffer(s.fd.get(), options.receive_buffer);
  if (::bind(s.fd.get(), address.get(), address.length) != 0) {
    const int error = errno;
    std::string message = "UDP " + wanted + ": " + reason(error);
    if (error == EADDRINUSE)
      message += ": another process of this task listens there; stop it or set DD_DOGSTATSD_PORT";
    if (error == EADDRNOTAVAIL) message += ": this container has no such address, see DD_BIND_HOST";
    return fail(Errc::io, std::move(message));
  }
  address.length = sizeof address.storage;
  ::getsockname(s.fd.get(), reinterpret_cast<sockaddr*>(&address.storage), &address.length);
  s.address = text_of(address);
  s.port = port_of(address);
  return s;
}

bool is_localhost(std::string_view host) {
  return host.empty() || host == "localhost" || host.ends_with(".localhost");
}

// The first address of a name. Blocks, for the resolver's own limits of tens of seconds.
Result<Address> system_look_up(const std::string& host, int port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_DGRAM;
  addrinfo* found = nullptr;
  const int code = ::getaddrinfo(host.c_str(), nullptr, &hints, &found);
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, &::freeaddrinfo);
  for (const addrinfo* a = found; code == 0 && a != nullptr; a = a->ai_next) {
    if (a->ai_family == AF_INET)
      return v4(reinterpret_cast<const sockaddr_in*>(a->ai_addr)->sin_addr, port);
    if (a->ai_family == AF_INET6)
      return v6(reinterpret_cast<const sockaddr_in6*>(a->ai_addr)->sin6_addr, port);
  }
  return fail(Errc::not_found, "no address");
}

Result<Address> address_of(const ListenerOptions& options, int port) {
  const std::string& host = options.bind_host;
  in_addr four{};
  if (::inet_pton(AF_INET, host.c_str(), &four) == 1) return v4(four, port);
  in6_addr six{};
  if (::inet_pton(AF_INET6, host.c_str(), &six) == 1) return v6(six, port);
  const auto wait = options.before_look_up;
  auto found = core::wait_apart<Address>(
      [wait, host, port] {
        if (wait) wait();
        return system_look_up(host, port);
      },
      options.look_up_limit);
  if (found) return found;
  const bool slow = found.error().code() == Errc::timeout;
  return fail(Errc::invalid_config, "bind_host: `" + host + "` " +
                                        (slow ? "cannot be looked up: " + found.error().message()
                                              : "is neither an address nor a name of one") +
                                        "; set DD_BIND_HOST to an address of this container");
}

// What this process makes meanwhile has exactly the rights it asks for, or those that `wanted`
// leaves of 0777: there is no moment in which a socket that is bound has others. For the whole
// process, so for moments of the start only.
class RightsOf {
 public:
  explicit RightsOf(mode_t wanted) : before_(::umask(0777 & ~wanted)) {}
  ~RightsOf() { ::umask(before_); }
  RightsOf(const RightsOf&) = delete;
  RightsOf& operator=(const RightsOf&) = delete;

 private:
  mode_t before_;
};

std::vector<BoundSocket> just(BoundSocket socket) {
  std::vector<BoundSocket> list;
  list.push_back(std::move(socket));
  return list;
}

// Makes what is missing above `path`. Zero, or the errno of the first directory that failed.
int make_directories(const std::string& path) {
  const RightsOf directories(kDirectoryMode);
  for (std::size_t slash = path.find('/', 1); slash != std::string::npos;
       slash = path.find('/', slash + 1)) {
    const std::string directory = path.substr(0, slash);
    if (::mkdir(directory.c_str(), kDirectoryMode) == 0 || errno == EEXIST) continue;
    const int error = errno;
    struct stat info {};
    if (::stat(directory.c_str(), &info) != 0) return error;  // else it was there all the time
  }
  return 0;
}

std::string_view option_name(Transport transport) {
  return transport == Transport::uds_stream ? "dogstatsd_stream_socket" : "dogstatsd_socket";
}

}  // namespace

void Descriptor::close() noexcept {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

Result<std::vector<BoundSocket>> open_udp(const ListenerOptions& options) {
  const int port = options.any_free_port ? 0 : options.udp_port;
  if (port < 0 || port > 65535)
    return fail(Errc::invalid_config,
                "dogstatsd_port: " + std::to_string(port) + " is not a port (0-65535)");
  if (options.non_local_traffic) {
    auto dual = bind_udp(v6(in6addr_any, port), Stack::dual, options);
    if (!dual) dual = bind_udp(v4(in_addr{htonl(INADDR_ANY)}, port), Stack::single, options);
    if (!dual) return dual.error();
    return just(std::move(*dual));
  }
  if (!is_localhost(options.bind_host)) {
    const auto address = address_of(options, port);
    if (!address) return address.error();
    auto socket = bind_udp(*address, Stack::single, options);
    if (!socket) return socket.error();
    return just(std::move(*socket));
  }
  auto four = bind_udp(v4(in_addr{htonl(INADDR_LOOPBACK)}, port), Stack::single, options);
  if (!four) return four.error();
  // Clients that resolve "localhost" to ::1 first would otherwise send into the void.
  auto six = bind_udp(v6(in6addr_loopback, four->port), Stack::single, options);
  auto sockets = just(std::move(*four));
  if (six)
    sockets.push_back(std::move(*six));
  else
    kLog.debug("no DogStatsD on the IPv6 loopback", {{"reason", six.error().message()}});
  return sockets;
}

Result<BoundSocket> open_unix(Transport transport, const std::string& path,
                              const ListenerOptions& options) {
  const std::string what = std::string(option_name(transport)) + ' ' + path;
  const auto refuse = [&](Errc code, std::string_view cause) {
    return fail(code, what + ": " + std::string(cause));
  };
  constexpr std::string_view kMount =
      "; mount a writable volume there that the application containers share, or set another path";

  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path)
    return refuse(Errc::invalid_config, "longer than the " +
                                            std::to_string(sizeof address.sun_path - 1) +
                                            " bytes a socket path may have");
  std::memcpy(address.sun_path, path.data(), path.size());

  struct stat info {};
  if (::lstat(path.c_str(), &info) == 0) {
    if (!S_ISSOCK(info.st_mode))
      return refuse(Errc::io,
                    "something that is not a socket is there and is left alone; remove it or set "
                    "another path");
    if (::unlink(path.c_str()) != 0)
      return refuse(Errc::io, "the socket of an earlier run cannot be removed: " + reason(errno) +
                                  std::string(kMount));
  } else if (const int error = make_directories(path)) {
    return refuse(Errc::io, "its directory cannot be made: " + reason(error) + std::string(kMount));
  }

  BoundSocket s;
  s.transport = transport;
  s.address = path;
  const int type = transport == Transport::uds_stream ? SOCK_STREAM : SOCK_DGRAM;
  s.fd = Descriptor(::socket(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!s.fd.is_open()) return refuse(Errc::io, reason(errno));
  const int fd = s.fd.get();
  if (transport == Transport::uds_datagram) {
    s.receive_buffer = set_receive_buffer(fd, options.receive_buffer);
    const int on = 1;
    if (options.credentials && ::setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof on) != 0)
      return refuse(Errc::io, "no credentials of senders: " + reason(errno));
  }
  int bound = 0;
  {
    const RightsOf sockets(kSocketMode);
    bound =
        ::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 ? 0 : errno;
  }
  if (bound != 0) return refuse(Errc::io, "cannot be made: " + reason(bound) + std::string(kMount));
  if (::lstat(path.c_str(), &info) == 0) s.file = SocketFile{path, info.st_dev, info.st_ino};
  // A default list of rights (setfacl) of the directory stands above the mask.
  const bool as_wanted = (info.st_mode & 0777) == kSocketMode;
  if (!as_wanted && ::chmod(path.c_str(), kSocketMode) != 0) {
    const std::string cause = reason(errno);
    remove_file(s.file);
    return refuse(Errc::io, "its mode cannot be set, so no other user could send: " + cause);
  }
  if (transport == Transport::uds_stream && ::listen(fd, kBacklog) != 0) {
    const std::string cause = reason(errno);
    remove_file(s.file);
    return refuse(Errc::io, cause);
  }
  return s;
}

void remove_file(const SocketFile& file) noexcept {
  if (file.path.empty()) return;
  struct stat info {};
  if (::lstat(file.path.c_str(), &info) != 0) return;
  if (info.st_dev != file.device || info.st_ino != file.inode || !S_ISSOCK(info.st_mode)) return;
  ::unlink(file.path.c_str());
}

std::size_t unix_queue_length() {
  constexpr std::size_t kKernelDefault = 10;
  const Descriptor file(::open("/proc/sys/net/unix/max_dgram_qlen", O_RDONLY | O_CLOEXEC));
  if (!file.is_open()) return kKernelDefault;
  std::array<char, 32> text{};
  const ssize_t n = ::read(file.get(), text.data(), text.size());
  std::size_t length = 0;
  if (n <= 0 || std::from_chars(text.data(), text.data() + n, length).ec != std::errc{})
    return kKernelDefault;
  return length;
}

}  // namespace remora::dogstatsd
