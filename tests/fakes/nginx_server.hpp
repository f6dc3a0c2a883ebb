// A real nginx (Debian package nginx-light) on a free port of loopback.
//
//   if (!fakes::NginxServer::installed()) …
//   fakes::NginxServer nginx("location = /nginx_status { stub_status; }");
//   nginx.url() + "/nginx_status"; nginx.stop();
//   fakes::NginxServer tls({.server = "…", .http = "upstream all { … }", .tls_files = "/tmp/x"});
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "fakes/free_port.hpp"
#include "fakes/temporary_directory.hpp"

namespace remora::fakes {

class NginxServer {
 public:
  static constexpr const char* kProgram = "/usr/sbin/nginx";
  [[nodiscard]] static bool installed() { return ::access(kProgram, X_OK) == 0; }

  struct Parts {
    std::string server;     ///< what stands in its server block
    std::string http;       ///< beside the server: upstreams, further servers
    std::string tls_files;  ///< with them it speaks TLS: <tls_files>.pem and <tls_files>.key
  };
  explicit NginxServer(const std::string& server) : NginxServer(Parts{server, {}, {}}) {}
  explicit NginxServer(const Parts& parts) {
    // Between the look and the start somebody else may take the port.
    for (int attempt = 0; attempt < 5; ++attempt) {
      port_ = free_port();
      write_config(parts);
      if (run({}) == 0) {
        running_ = true;
        return;
      }
    }
    throw std::runtime_error("nginx does not start");
  }
  ~NginxServer() { stop(); }
  NginxServer(const NginxServer&) = delete;
  NginxServer& operator=(const NginxServer&) = delete;

  /// Nobody listens any more when it returns.
  void stop() {
    if (!running_) return;
    (void)run({"-s", "stop"});  // only sends the signal
    while (listens()) ::usleep(1000);
    running_ = false;
  }
  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::string url(const std::string& scheme = "http") const {
    return scheme + "://127.0.0.1:" + std::to_string(port_);
  }

 private:
  void write_config(const Parts& parts) const {
    const std::string dir = directory_.path().string();
    std::string tls = ";\n";
    if (!parts.tls_files.empty()) {
      tls = " ssl;\n  ssl_certificate " + parts.tls_files + ".pem;\n  ssl_certificate_key " +
            parts.tls_files + ".key;\n";
    }
    std::ofstream(directory_.path("nginx.conf"))
        << "daemon on; worker_processes 1; pid " << dir << "/pid; error_log " << dir
        << "/error.log;\nevents { worker_connections 64; }\nhttp {\n access_log off;\n"
        << " client_body_temp_path " << dir << "/body;\n proxy_temp_path " << dir << "/proxy;\n"
        << " fastcgi_temp_path " << dir << "/fastcgi;\n uwsgi_temp_path " << dir << "/uwsgi;\n"
        << " scgi_temp_path " << dir << "/scgi;\n"
        << parts.http << "\n server {\n  listen 127.0.0.1:" << port_ << tls << parts.server
        << "\n }\n}\n";
  }

  [[nodiscard]] bool listens() const {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port_);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const bool refused =
        ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 &&
        errno == ECONNREFUSED;
    ::close(fd);
    return !refused;
  }

  // With `daemon on` the first process ends when the sockets listen.
  int run(std::vector<std::string> more) const {
    std::vector<std::string> words{kProgram, "-p", directory_.path().string(), "-c",
                                   directory_.path("nginx.conf")};
    words.insert(words.end(), more.begin(), more.end());
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    const pid_t process = ::fork();
    if (process == 0) {
      ::execv(kProgram, argv.data());
      ::_exit(127);
    }
    int status = 0;
    ::waitpid(process, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

  TemporaryDirectory directory_;
  std::uint16_t port_ = 0;
  bool running_ = false;
};

}  // namespace remora::fakes
