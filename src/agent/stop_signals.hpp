// Signals: which ones end the process in order, which do nothing, and how a stuck one ends.
//
// SIGTERM, SIGINT and SIGQUIT ask for the stop sequence. SIGHUP, SIGUSR1, SIGUSR2, SIGPIPE and
// SIGXFSZ do nothing, whether or not the process is PID 1 (for which the kernel drops what has no
// handler): settings are read at start only, and nobody should lose data to a closed terminal or a
// log rotation. SIGCHLD is ignored so that the kernel reaps the orphans PID 1 inherits.
//
// The alarm that ends a stuck process is set by the handler itself: a loop that hangs in the
// kernel, or a start that never reaches the loop, cannot set it. SIGALRM has a handler too: PID 1
// would not die of it otherwise.
#pragma once

#include <chrono>

#include "remora/core/async.hpp"

namespace remora::agent {

/// One per process. Threading: the loop; the handlers run anywhere and touch atomics only.
class StopSignals {
 public:
  /// Takes over the signals. The process ends with exit code 1 when it is still there `limit` after
  /// the first stop signal.
  explicit StopSignals(std::chrono::seconds limit);
  /// Signals do what they did before.
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  /// The next stop signal: one that came before the call counts, and each counts once. Two of them
  /// at the same time may be told apart by their number only by the later one. 0 when cancelled.
  [[nodiscard]] asio::awaitable<int> wait();

 private:
  int descriptor_ = -1;        ///< an eventfd that counts stop signals
  std::uint64_t waiting_ = 0;  ///< read from it, not given out yet
};

[[nodiscard]] const char* signal_name(int signal) noexcept;

}  // namespace remora::agent
