// A process under measurement: what it used, and what the kernel dropped for it.
#pragma once

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <functional>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "bench/process_usage.hpp"

namespace remora::bench {

/// High-water mark of the RSS, MiB.
inline double peak_rss_of(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("VmHWM:")) return std::strtod(line.c_str() + 6, nullptr) / 1024;
  }
  return 0;
}

class Child {
 public:
  Child() = default;
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() { stop(SIGKILL); }

  /// `body` runs in the child and must not return to the caller's code.
  void fork_into(const std::function<void()>& body) {
    pid_ = fork();
    if (pid_ != 0) return;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    body();
    _exit(127);
  }
  void run(const std::string& program, std::vector<std::string> arguments,
           const std::map<std::string, std::string>& variables, const std::string& log) {
    fork_into([&] {
      const int out = open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
      dup2(out, 1);
      dup2(out, 2);
      std::vector<std::string> environment;
      for (const auto& [name, value] : variables) environment.push_back(name + "=" + value);
      std::vector<char*> argv{const_cast<char*>(program.c_str())}, envp;
      for (auto& a : arguments) argv.push_back(a.data());
      for (auto& e : environment) envp.push_back(e.data());
      argv.push_back(nullptr);
      envp.push_back(nullptr);
      execve(program.c_str(), argv.data(), envp.data());
    });
  }

  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] bool running() const { return pid_ > 0 && kill(pid_, 0) == 0; }

  struct End {
    int code = -1;           ///< 1000 + signal when a signal ended it
    double cpu_seconds = 0;  ///< user and system, whole life
  };
  End stop(int signal) {
    End end;
    if (pid_ <= 0) return end;
    kill(pid_, signal);
    int status = 0;
    rusage used{};
    if (wait4(pid_, &status, 0, &used) == pid_) {
      end.code = WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
      end.cpu_seconds = static_cast<double>(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
                        static_cast<double>(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
    }
    pid_ = -1;
    return end;
  }

 private:
  pid_t pid_ = -1;
};

inline int free_port(int type) {
  const int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  bind(fd, reinterpret_cast<sockaddr*>(&address), size);
  getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  close(fd);
  return ntohs(address.sin_port);
}

/// Datagrams dropped at the UDP sockets bound to `port`; -1 when there is none.
inline long kernel_drops(int port) {
  long drops = -1;
  for (const char* table : {"/proc/net/udp", "/proc/net/udp6"}) {
    std::ifstream file(table);
    std::string line;
    std::getline(file, line);  // the heading
    while (std::getline(file, line)) {
      std::istringstream words(line);
      std::string slot, local, word, last;
      words >> slot >> local;
      while (words >> word) last = word;
      const std::size_t colon = local.rfind(':');
      if (std::strtol(local.c_str() + colon + 1, nullptr, 16) == port) {
        drops = std::max(drops, 0L) + std::strtol(last.c_str(), nullptr, 10);
      }
    }
  }
  return drops;
}

inline bool unix_socket_is_bound(const std::string& path) {
  std::ifstream file("/proc/net/unix");
  for (std::string line; std::getline(file, line);) {
    if (line.ends_with(" " + path)) return true;
  }
  return false;
}

}  // namespace remora::bench
