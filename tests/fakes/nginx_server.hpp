// A real nginx (Debian package nginx-light) on a free port of loopback.
//
//   if (!fakes::NginxServer::installed()) …
//   fakes::NginxServer nginx("location = /nginx_status { stub_status; }");
//   nginx.url() + "/nginx_status"; nginx.stop();
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

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

  /// `server`: what stands in its server block.
  explicit NginxServer(const std::string& server) {
    // Between the look and the start somebody else may take the port.
    for (int attempt = 0; attempt < 5; ++attempt) {
      port_ = free_port();
      write_config(server);
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

  void stop() {
    if (running_) (void)run({"-s", "stop"});
    running_ = false;
  }
  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

 private:
  void write_config(const std::string& server) const {
    const std::string dir = directory_.path().string();
    std::ofstream(directory_.path("nginx.conf"))
        << "daemon on; worker_processes 1; pid " << dir << "/pid; error_log " << dir
        << "/error.log;\nevents { worker_connections 64; }\nhttp {\n access_log off;\n"
        << " client_body_temp_path " << dir << "/body;\n proxy_temp_path " << dir << "/proxy;\n"
        << " fastcgi_temp_path " << dir << "/fastcgi;\n uwsgi_temp_path " << dir << "/uwsgi;\n"
        << " scgi_temp_path " << dir << "/scgi;\n server {\n  listen 127.0.0.1:" << port_ << ";\n"
        << server << "\n }\n}\n";
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
