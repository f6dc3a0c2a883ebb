#include "dogstatsd/gather_pace.hpp"

#include <algorithm>
#include <utility>

namespace remora::dogstatsd {
namespace {

constexpr double kRateMemory = 0.005;  // seconds
constexpr double kWorthIt = 1.5;       // packets a pause should gather
constexpr double kTargetFill = 0.25;
constexpr double kTooFull = 0.6;  // after a pause: a burst came in it, more would have been lost
constexpr std::chrono::seconds kLongestPenalty{300};

}  // namespace

GatherPace::GatherPace(Pause longest) {
  longest = std::min(longest, kLongest);
  for (Pause p = kShortest; p <= longest; p *= 2) longest_ = p;
}

GatherPace::Pause GatherPace::after(core::SteadyTime now, std::size_t packets, double fill) {
  const double n = static_cast<double>(packets);
  const double elapsed = first_ ? 1.0 : std::chrono::duration<double>(now - last_).count();
  first_ = false;
  last_ = now;
  rate_ = std::max(0.0, rate_ + (n - rate_ * elapsed) / (elapsed + kRateMemory));
  if (packets > 0)
    fill_per_packet_ = std::max(fill / n, fill_per_packet_ + (fill / n - fill_per_packet_) / 16);

  const Pause before = std::exchange(pause_, Pause::zero());
  const bool was_paused = before != Pause::zero();
  if (longest_ == Pause::zero()) return pause_;
  if (was_paused && packets == 0) return pause_;
  // A turn that came much later than asked for waited for a busy machine, not for the pause.
  const bool late = elapsed > 2 * std::chrono::duration<double>(before).count();
  if (was_paused && fill > kTooFull && !late) {
    no_pause_before_ = now + penalty_;
    penalty_ = std::min(penalty_ * 2, kLongestPenalty);
  }
  if (now < no_pause_before_) return pause_;
  for (Pause pause = longest_; pause >= kShortest; pause /= 2) {
    const double expected = rate_ * std::chrono::duration<double>(pause).count();
    if (expected * fill_per_packet_ > kTargetFill) continue;
    // Longer step by step only: while a burst begins the rate is still known too low.
    if (expected >= kWorthIt) pause_ = std::min(pause, std::max(before * 2, kShortest));
    return pause_;
  }
  return pause_;
}

}  // namespace remora::dogstatsd
