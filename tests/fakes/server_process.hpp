// A real server on a free port of loopback: a program in the foreground that ends with this object.
//
//   fakes::ServerProcess exporter([](std::uint16_t port, const std::string& directory) {
//     return std::vector<std::string>{"/usr/bin/exporter", "--listen", std::to_string(port)};
//   });
//   exporter.url() + "/metrics";
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <fstream>
#include <functional>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "fakes/free_port.hpp"
#include "fakes/temporary_directory.hpp"

namespace remora::fakes {

class ServerProcess {
 public:
  /// The words of the command for this port; a directory for its files is there and empty.
  using Command =
      std::function<std::vector<std::string>(std::uint16_t port, const std::string& directory)>;

  /// Returns when the server takes connections.
  explicit ServerProcess(const Command& command) {
    // Between the look and the start somebody else may take the port.
    for (int attempt = 0; attempt < 5; ++attempt) {
      port_ = free_port();
      start(command(port_, directory_.path().string()));
      if (listens()) return;
      stop();
    }
    throw std::runtime_error("the server does not start: " + output());
  }
  ~ServerProcess() { stop(); }
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  void stop() {
    if (process_ <= 0) return;
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
    process_ = -1;
  }
  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

  /// One HTTP/1.1 request on a connection of its own; the whole answer as text, empty without one.
  std::string request(std::string_view method, std::string_view target,
                      std::string_view body = {}) const {
    const int fd = connect();
    if (fd < 0) return {};
    std::string text(method);
    text.append(" ").append(target).append(" HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n");
    text += "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n";
    text += body;
    std::string answer;
    if (::send(fd, text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size())) {
      char buffer[4096];
      ssize_t n = 0;
      while ((n = ::recv(fd, buffer, sizeof buffer, 0)) > 0) {
        answer.append(buffer, static_cast<std::size_t>(n));
      }
    }
    ::close(fd);
    return answer;
  }

 private:
  void start(std::vector<std::string> words) {
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    const std::string log = directory_.path("output");
    process_ = ::fork();
    if (process_ == 0) {
      const int fd = ::open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
      ::dup2(fd, 1);
      ::dup2(fd, 2);
      ::execv(argv[0], argv.data());
      ::_exit(127);
    }
  }

  int connect() const {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port_);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return fd;
    ::close(fd);
    return -1;
  }

  // Nothing but a try tells; every one is a call into the kernel and back. At most a minute.
  bool listens() {
    const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(1);
    while (std::chrono::steady_clock::now() < end) {
      if (const int fd = connect(); fd >= 0) {
        ::close(fd);
        return true;
      }
      if (::waitpid(process_, nullptr, WNOHANG) == process_) {
        process_ = -1;
        return false;
      }
      std::this_thread::yield();
    }
    return false;
  }

  std::string output() const {
    std::ifstream file(directory_.path("output"));
    return {std::istreambuf_iterator<char>(file), {}};
  }

  TemporaryDirectory directory_;
  std::uint16_t port_ = 0;
  pid_t process_ = -1;
};

}  // namespace remora::fakes
