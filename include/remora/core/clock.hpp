// Time, injected: monotonic time for durations, wall time for timestamps.
//
// Production code never calls `std::chrono::*::now()` or an Asio timer for its own schedule; it
// asks a `Clock`, so a test can play an hour in a millisecond (tests/fakes/fake_clock.hpp).
#pragma once

#include <chrono>

#include "remora/core/async.hpp"

namespace remora::core {

using SteadyTime = std::chrono::steady_clock::time_point;
using WallTime = std::chrono::system_clock::time_point;

/// Threading: call from the one thread that runs the io_context.
class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual SteadyTime now() const = 0;
  [[nodiscard]] virtual WallTime wall() const = 0;

  /// Waits until `when`. Returns false when the waiting coroutine was cancelled.
  /// Cancellation: terminal and total both end the wait at once.
  [[nodiscard]] virtual asio::awaitable<bool> sleep_until(SteadyTime when) = 0;
};

/// Seconds since the epoch, the unit of every timestamp at the intake.
[[nodiscard]] inline std::int64_t unix_seconds(WallTime t) {
  return std::chrono::duration_cast<std::chrono::seconds>(t.time_since_epoch()).count();
}

/// The real clock. Stateless: copies of it are equal.
class SystemClock final : public Clock {
 public:
  [[nodiscard]] SteadyTime now() const override { return std::chrono::steady_clock::now(); }
  [[nodiscard]] WallTime wall() const override { return std::chrono::system_clock::now(); }
  [[nodiscard]] asio::awaitable<bool> sleep_until(SteadyTime when) override;
};

}  // namespace remora::core
