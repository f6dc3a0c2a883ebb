// Plain blocking abstract sockets: clients and servers that break the rules.
#pragma once

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace remora::api {

class LocalSocket {
 public:
  explicit LocalSocket(int fd = -1) : fd_(fd) {}
  LocalSocket(LocalSocket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  LocalSocket& operator=(LocalSocket&&) = delete;
  ~LocalSocket() { close(); }

  static LocalSocket connected(const std::string& name) {
    LocalSocket s(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    const socklen_t size = fill(address, name);
    if (connect(s.fd_, reinterpret_cast<sockaddr*>(&address), size) != 0) s.close();
    const timeval limit{10, 0};  // a hanging test fails instead
    setsockopt(s.fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    return s;
  }
  static LocalSocket listening(const std::string& name) {
    LocalSocket s(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    const socklen_t size = fill(address, name);
    if (bind(s.fd_, reinterpret_cast<sockaddr*>(&address), size) != 0 || listen(s.fd_, 64) != 0) {
      s.close();
    }
    return s;
  }

  [[nodiscard]] bool ok() const { return fd_ >= 0; }
  [[nodiscard]] LocalSocket accepted() const { return LocalSocket(accept(fd_, nullptr, nullptr)); }
  void write(std::string_view text) const {
    while (!text.empty()) {
      const ssize_t n = send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
      if (n <= 0) return;
      text.remove_prefix(static_cast<std::size_t>(n));
    }
  }
  /// Up to and without the '\n'; what came until the end of the stream otherwise.
  [[nodiscard]] std::string read_line() const {
    std::string line;
    for (char c; recv(fd_, &c, 1, 0) == 1 && c != '\n';) line += c;
    return line;
  }
  /// Everything until the peer closes; "<timeout>" when it does not.
  [[nodiscard]] std::string read_to_end() const {
    std::string text;
    char buffer[4096];
    for (;;) {
      const ssize_t n = recv(fd_, buffer, sizeof buffer, 0);
      if (n < 0 && errno == EAGAIN) return "<timeout>";
      if (n <= 0) return text;
      text.append(buffer, static_cast<std::size_t>(n));
    }
  }
  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }

 private:
  static socklen_t fill(sockaddr_un& address, const std::string& name) {
    address.sun_family = AF_UNIX;
    name.copy(address.sun_path + 1, sizeof(address.sun_path) - 1);
    return static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
  }
  int fd_;
};

}  // namespace remora::api
