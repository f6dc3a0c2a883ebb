// Stops sending to a route that fails, and feels its way back with one request at a time.
//
// Unblocked --failure--> blocked until t --attempt after t--> half-blocked (one probe in flight)
// --failure--> blocked for longer, --success--> blocked for less, or unblocked.
// Source: DataDog/datadog-agent comp/forwarder/defaultforwarder (blocked_endpoints.go) and
// pkg/util/backoff.
#pragma once

#include <cstdint>
#include <random>

#include "remora/core/clock.hpp"

namespace remora::forwarder {

/// How long to wait after `e` failures. Bad settings are raised to the Agent's defaults.
class Backoff {
 public:
  Backoff(double factor, double base_seconds, double max_seconds, int recovery_interval,
          bool recovery_reset);
  /// floor(log2(max / base)) + 1: more failures than that change nothing.
  [[nodiscard]] int max_errors() const noexcept { return max_errors_; }
  [[nodiscard]] int after_failure(int errors) const noexcept;
  [[nodiscard]] int after_success(int errors) const noexcept;
  /// 0 for no failure; b = base * 2^errors: exactly `max` when b is more, else uniform in
  /// [b / factor, b].
  [[nodiscard]] core::SteadyTime::duration duration(int errors, std::mt19937_64& random) const;

 private:
  double factor_, base_, max_;
  int max_errors_, recovery_;
};

/// Threading: one thread. Lifetime: `backoff` and `random` outlive it.
class CircuitBreaker {
 public:
  enum class State : std::uint8_t { unblocked, blocked, half_blocked };

  CircuitBreaker(const Backoff& backoff, std::mt19937_64& random)
      : backoff_(&backoff), random_(&random) {}

  [[nodiscard]] bool allows(core::SteadyTime now) const noexcept;
  /// A request leaves. Only after `allows`: past the end of a block it is the probe.
  void sending() noexcept;
  void failure(core::SteadyTime now);
  void success(core::SteadyTime now);
  /// The request ended without saying anything about the route: the next one may be the probe.
  void abandoned() noexcept;
  /// Shortens a block: it ends at `when` at the latest.
  void reopen_by(core::SteadyTime when) noexcept;
  /// Lets everything through until the next failure; the count of failures stays.
  void unblock() noexcept { state_ = State::unblocked; }

  [[nodiscard]] State state() const noexcept { return state_; }
  [[nodiscard]] int errors() const noexcept { return errors_; }
  /// End of the block; meaningful while blocked.
  [[nodiscard]] core::SteadyTime until() const noexcept { return until_; }

 private:
  void block(core::SteadyTime now);

  const Backoff* backoff_;
  std::mt19937_64* random_;
  State state_ = State::unblocked;
  int errors_ = 0;
  core::SteadyTime until_{};
};

}  // namespace remora::forwarder
