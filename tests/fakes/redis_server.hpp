// A real redis-server (Debian package redis-server) on a free port of loopback, or on a Unix
// socket, with nothing kept on disk.
//
//   if (!fakes::RedisServer::installed()) …       // see tests/checks/redisdb/real_server_test.cpp
//   fakes::RedisServer redis({"--requirepass", "secret"});
//   redis.cli("SET a 1");                         // a command typed in one line; the answer as
//   text redis.stop(); redis.start();                  // the same port
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "fakes/free_port.hpp"
#include "fakes/temporary_directory.hpp"

namespace remora::fakes {

class RedisServer {
 public:
  static constexpr const char* kProgram = "/usr/bin/redis-server";
  [[nodiscard]] static bool installed() { return ::access(kProgram, X_OK) == 0; }

  /// `arguments`: of its command line, behind the port. PORT in them is replaced by the port that
  /// is free; with "--port" among them this port is another one that has no meaning of its own.
  explicit RedisServer(std::vector<std::string> arguments = {}) : arguments_(std::move(arguments)) {
    // Between the look and the start somebody else may take the port.
    for (int attempt = 0; attempt < 5; ++attempt) {
      port_ = free_port();
      if (try_start()) return;
    }
    throw std::runtime_error("redis-server does not start: " + log_);
  }
  ~RedisServer() { stop(); }
  RedisServer(const RedisServer&) = delete;
  RedisServer& operator=(const RedisServer&) = delete;

  void start() {
    if (!try_start()) throw std::runtime_error("redis-server does not start again: " + log_);
  }
  void stop() {
    if (process_ <= 0) return;
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
    process_ = -1;
    ::close(output_);
  }

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] const std::filesystem::path& directory() const { return directory_.path(); }

  /// One inline command on a connection of its own. The answer in the form of the protocol, up to
  /// the end of its first line (and the text behind it when it is one).
  std::string cli(const std::string& command) const { return exchange(command + "\r\n"); }

 private:
  bool try_start() {
    std::vector<std::string> words{kProgram,
                                   "--port",
                                   std::to_string(port_),
                                   "--bind",
                                   "127.0.0.1",
                                   "--save",
                                   "",
                                   "--appendonly",
                                   "no",
                                   "--dir",
                                   directory_.path().string(),
                                   "--logfile",
                                   "",
                                   "--daemonize",
                                   "no"};
    for (std::string word : arguments_) {
      if (const auto at = word.find("PORT"); at != std::string::npos) {
        word.replace(at, 4, std::to_string(port_));
      }
      words.push_back(std::move(word));
    }
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
    process_ = ::fork();
    if (process_ == 0) {
      ::dup2(ends[1], 1);
      ::dup2(ends[1], 2);
      ::execv(kProgram, argv.data());
      ::_exit(127);
    }
    ::close(ends[1]);
    output_ = ends[0];
    // It says when it listens; at the end of its output it has failed.
    log_.clear();
    char buffer[4096];
    ssize_t n = 0;
    while ((n = ::read(output_, buffer, sizeof buffer)) > 0) {
      log_.append(buffer, static_cast<std::size_t>(n));
      if (log_.find("eady to accept connections") != std::string::npos) return true;
    }
    stop();
    return false;
  }

  std::string exchange(const std::string& command) const {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port_);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    std::string answer;
    const auto whole = [&] {
      const auto line = answer.find("\r\n");
      if (line == std::string::npos) return false;
      if (answer[0] != '$' || answer[1] == '-') return true;
      return answer.size() >= line + 4 + std::stoul(answer.substr(1));
    };
    if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
        ::send(fd, command.data(), command.size(), MSG_NOSIGNAL) > 0) {
      char buffer[4096];
      ssize_t n = 0;
      while (!whole() && (n = ::recv(fd, buffer, sizeof buffer, 0)) > 0) {
        answer.append(buffer, static_cast<std::size_t>(n));
      }
    }
    ::close(fd);
    return answer;
  }

  std::vector<std::string> arguments_;
  TemporaryDirectory directory_;
  std::uint16_t port_ = 0;
  pid_t process_ = -1;
  int output_ = -1;
  std::string log_;
};

}  // namespace remora::fakes
