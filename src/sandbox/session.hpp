// One run of the sandbox: two servers, the agent between them, and the view of it all.
#pragma once

#include <memory>

#include "remora/core/async.hpp"
#include "remora/core/clock.hpp"
#include "remora/core/error.hpp"
#include "sandbox/options.hpp"
#include "sandbox/task_definition.hpp"
#include "sandbox/terminal.hpp"

namespace remora::sandbox {

/// Threading: the loop of `executor`. Lifetime: `clock` and `terminal` outlive it.
class Session {
 public:
  /// Binds both servers to free ports of 127.0.0.1. Errors: io.
  [[nodiscard]] static Result<std::unique_ptr<Session>> create(asio::any_io_executor executor,
                                                               core::Clock& clock,
                                                               Terminal& terminal, Options options,
                                                               TaskDefinition definition);
  ~Session();

  /// Runs until `--for` has passed, `stop()` is called or the agent ends by itself; then stops the
  /// agent, prints the whole report and returns the exit code of the program.
  [[nodiscard]] asio::awaitable<int> run();
  /// Ctrl-C: ends the run early. A second call ends the agent the hard way.
  void stop();

 private:
  struct Impl;
  explicit Session(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace remora::sandbox
