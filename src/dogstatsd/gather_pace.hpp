// When a socket is read next: at the next packet, or after a pause in which packets gather.
//
// One wake-up costs as much as reading many packets, and no metric is worse for being a millisecond
// late. The pause ends before the socket's queue is full, also when senders begin to send much
// faster in the middle of it.
#pragma once

#include <chrono>

#include "remora/core/clock.hpp"

namespace remora::dogstatsd {

/// Threading: none of its own. Pure: it neither waits nor reads a clock.
class GatherPace {
 public:
  using Pause = std::chrono::microseconds;
  static constexpr Pause kShortest{250};
  static constexpr Pause kLongest{4000};

  /// `longest` is rounded down to kShortest times a power of two, so that the pauses of several
  /// sockets end together; under kShortest there are none.
  explicit GatherPace(Pause longest);

  /// After a turn that read `packets` and left the queue empty. `fill`: how much of the queue was
  /// in use when the turn began, 0 to 1. Zero means: wait until the socket is readable.
  [[nodiscard]] Pause after(core::SteadyTime now, std::size_t packets, double fill);

 private:
  Pause longest_{0};
  Pause pause_{0};           ///< given last; zero = none
  bool first_ = true;        ///< no turn yet
  core::SteadyTime last_{};  ///< previous turn
  core::SteadyTime no_pause_before_{};
  std::chrono::seconds penalty_{1};
  double rate_ = 0;             ///< packets per second, smoothed
  double fill_per_packet_ = 0;  ///< smoothed, quick to rise
};

}  // namespace remora::dogstatsd
