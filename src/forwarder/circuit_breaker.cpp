#include "forwarder/circuit_breaker.hpp"

#include <algorithm>
#include <cmath>

namespace remora::forwarder {

Backoff::Backoff(double factor, double base_seconds, double max_seconds, int recovery_interval,
                 bool recovery_reset)
    : factor_(factor >= 2 ? factor : 2),
      base_(base_seconds > 0 ? base_seconds : 2),
      max_(max_seconds > 0 ? max_seconds : 64) {
  max_errors_ = std::clamp(static_cast<int>(std::floor(std::log2(max_ / base_))) + 1, 1, 62);
  recovery_ = recovery_reset ? max_errors_ : recovery_interval > 0 ? recovery_interval : 2;
}

int Backoff::after_failure(int errors) const noexcept { return std::min(errors + 1, max_errors_); }

int Backoff::after_success(int errors) const noexcept { return std::max(errors - recovery_, 0); }

core::SteadyTime::duration Backoff::duration(int errors, std::mt19937_64& random) const {
  if (errors <= 0) return {};
  const double longest = std::ldexp(base_, errors);
  const double seconds =
      longest > max_ ? max_
                     : std::uniform_real_distribution<double>(longest / factor_, longest)(random);
  return std::chrono::duration_cast<core::SteadyTime::duration>(
      std::chrono::duration<double>(seconds));
}

bool CircuitBreaker::allows(core::SteadyTime now) const noexcept {
  return state_ == State::unblocked || (state_ == State::blocked && now >= until_);
}

void CircuitBreaker::sending() noexcept {
  if (state_ == State::blocked) state_ = State::half_blocked;
}

void CircuitBreaker::failure(core::SteadyTime now) {
  // Others that were in flight when the route was blocked say nothing new.
  if (state_ == State::blocked) return;
  errors_ = backoff_->after_failure(errors_);
  block(now);
}

void CircuitBreaker::success(core::SteadyTime now) {
  if (state_ != State::half_blocked) return;
  errors_ = backoff_->after_success(errors_);
  if (errors_ == 0) {
    state_ = State::unblocked;
  } else {
    block(now);
  }
}

void CircuitBreaker::abandoned() noexcept {
  if (state_ == State::half_blocked) state_ = State::blocked;
}

void CircuitBreaker::reopen_by(core::SteadyTime when) noexcept {
  if (state_ == State::blocked) until_ = std::min(until_, when);
}

void CircuitBreaker::block(core::SteadyTime now) {
  state_ = State::blocked;
  until_ = now + backoff_->duration(errors_, *random_);
}

}  // namespace remora::forwarder
