// A program of ours as a child: started with an environment of its own, watched, ended in time.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "remora/core/async.hpp"
#include "remora/core/clock.hpp"
#include "remora/core/error.hpp"

namespace remora::sandbox {

using Variables = std::vector<std::pair<std::string, std::string>>;

struct Exit {
  int code = 0;    ///< meaningful when signal is 0
  int signal = 0;  ///< the signal that ended it; 0 = it ended by itself
  [[nodiscard]] bool clean() const noexcept { return code == 0 && signal == 0; }
  /// "exit 3", "killed by signal 9".
  [[nodiscard]] std::string text() const;
};

/// Threading: the loop. Lifetime: `clock` outlives it. The destructor kills a child still running.
class ChildProcess {
 public:
  /// Called for each line of stdout and stderr, without its end; longer ones are cut at 4 KiB.
  using LineHandler = std::function<void(std::string_view)>;

  /// Starts `arguments[0]`. The child inherits nothing but the three standard streams and dies with
  /// this process. Errors: io, naming the program and the cause (missing, not executable).
  [[nodiscard]] static Result<std::unique_ptr<ChildProcess>> start(
      asio::any_io_executor executor, core::Clock& clock, std::vector<std::string> arguments,
      const Variables& environment, LineHandler on_line);
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  [[nodiscard]] int pid() const noexcept;
  /// How it ended; empty while it runs. Collects the exit status when there is one.
  [[nodiscard]] std::optional<Exit> poll();
  /// Waits for the end. Empty when `deadline` passes first.
  [[nodiscard]] asio::awaitable<std::optional<Exit>> wait(core::SteadyTime deadline);
  void signal(int number);

 private:
  struct Impl;
  explicit ChildProcess(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace remora::sandbox
