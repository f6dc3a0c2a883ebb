// Starts a program with exactly the environment a test names, and reads what it prints.
#pragma once

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <map>
#include <string>
#include <thread>
#include <vector>

namespace remora::e2e {

using Variables = std::map<std::string, std::string>;

/// One child process. The destructor kills it if it still runs.
class Process {
 public:
  Process(std::string program, std::vector<std::string> arguments, const Variables& variables) {
    int out[2];
    if (pipe2(out, O_CLOEXEC) != 0) return;
    std::vector<std::string> environment;
    for (const auto& [name, value] : variables) environment.push_back(name + "=" + value);
    std::vector<char*> envp, argv{program.data()};
    for (auto& entry : environment) envp.push_back(entry.data());
    envp.push_back(nullptr);
    for (auto& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, out[1], 1);
    posix_spawn_file_actions_adddup2(&actions, out[1], 2);
    if (posix_spawn(&pid_, program.c_str(), &actions, nullptr, argv.data(), envp.data()) != 0) {
      pid_ = -1;
    }
    posix_spawn_file_actions_destroy(&actions);
    close(out[1]);
    output_fd_ = out[0];
    reader_ = std::thread([this] {
      char buffer[4096];
      for (ssize_t n = 0; (n = read(output_fd_, buffer, sizeof buffer)) > 0;) {
        output_.append(buffer, static_cast<std::size_t>(n));
      }
    });
  }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  ~Process() {
    if (!reaped_ && pid_ > 0) {
      kill(SIGKILL);
      (void)wait(std::chrono::seconds(5));
    }
    if (reader_.joinable()) reader_.join();
    close(output_fd_);
  }

  void kill(int signal) const {
    if (pid_ > 0 && !reaped_) ::kill(pid_, signal);
  }
  [[nodiscard]] pid_t pid() const { return pid_; }

  /// Exit code; 1000 + signal when a signal ended it; -1 when it still runs after `limit`.
  int wait(std::chrono::milliseconds limit) {
    const auto deadline = std::chrono::steady_clock::now() + limit;
    for (;;) {
      int status = 0;
      if (waitpid(pid_, &status, WNOHANG) == pid_) {
        reaped_ = true;
        if (reader_.joinable()) reader_.join();
        return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
      }
      if (std::chrono::steady_clock::now() > deadline) return -1;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));  // a poll with a deadline
    }
  }
  /// Everything printed on both streams; complete after `wait` returned an exit code.
  [[nodiscard]] const std::string& output() const { return output_; }

 private:
  pid_t pid_ = -1;
  int output_fd_ = -1;
  bool reaped_ = false;
  std::string output_;
  std::thread reader_;
};

struct Finished {
  int code;
  std::string output;
};

inline Finished run_program(std::string program, std::vector<std::string> arguments,
                            const Variables& variables,
                            std::chrono::milliseconds limit = std::chrono::seconds(20)) {
  Process process(std::move(program), std::move(arguments), variables);
  const int code = process.wait(limit);
  return {code, code == -1 ? std::string("(still running)") : process.output()};
}

/// Waits until `condition` holds, or `limit`. For conditions in other processes, which cannot wake
/// us.
template <class Condition>
bool eventually(Condition condition, std::chrono::milliseconds limit = std::chrono::seconds(20)) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return true;
}

}  // namespace remora::e2e
