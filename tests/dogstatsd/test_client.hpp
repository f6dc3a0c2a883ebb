// What applications hold: plain blocking sockets, and a directory for socket files.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <string>
#include <string_view>

#include "fakes/temporary_directory.hpp"

namespace remora::dogstatsd {

using fakes::TemporaryDirectory;

class Client {
 public:
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  ~Client() { close(); }
  /// A datagram, or bytes of a stream.
  void send(std::string_view bytes) const {
    EXPECT_EQ(::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()))
        << std::strerror(errno);
  }
  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }
  [[nodiscard]] int fd() const { return fd_; }

 protected:
  explicit Client(int fd) : fd_(fd) {}
  int fd_;
};

class UdpClient : public Client {
 public:
  explicit UdpClient(std::uint16_t port) : UdpClient("127.0.0.1", port) {}
  UdpClient(const char* host, std::uint16_t port)
      : Client(::socket(std::strchr(host, ':') != nullptr ? AF_INET6 : AF_INET, SOCK_DGRAM, 0)) {
    sockaddr_in four{};
    four.sin_family = AF_INET;
    four.sin_port = htons(port);
    sockaddr_in6 six{};
    six.sin6_family = AF_INET6;
    six.sin6_port = htons(port);
    int code = -1;
    if (::inet_pton(AF_INET, host, &four.sin_addr) == 1)
      code = ::connect(fd_, reinterpret_cast<const sockaddr*>(&four), sizeof four);
    else if (::inet_pton(AF_INET6, host, &six.sin6_addr) == 1)
      code = ::connect(fd_, reinterpret_cast<const sockaddr*>(&six), sizeof six);
    EXPECT_EQ(code, 0) << std::strerror(errno);
  }
};

class UnixClient : public Client {
 public:
  UnixClient(int type, const std::string& path) : Client(::socket(AF_UNIX, type, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    EXPECT_EQ(::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0)
        << std::strerror(errno);
  }
};

}  // namespace remora::dogstatsd
