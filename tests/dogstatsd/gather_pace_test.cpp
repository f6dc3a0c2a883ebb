#include "dogstatsd/gather_pace.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace remora::dogstatsd {
namespace {

using namespace std::chrono_literals;
using Pause = GatherPace::Pause;

// Packets at equal distances into a queue of `capacity`, read as the pace says. Returns the last
// pause.
struct Sender {
  GatherPace pace;
  double capacity;
  core::SteadyTime now{std::chrono::hours(1)};
  double owed = 0;  ///< part of a packet
  double most = 0;  ///< packets in the queue when it was read
  std::size_t turns = 0;

  Pause send(double per_second, std::chrono::microseconds duration) {
    const auto until = now + duration;
    Pause pause{0};
    while (now < until) {
      const auto wait =
          pause == Pause::zero() ? std::chrono::duration<double>(1 / per_second) : pause;
      now += std::chrono::duration_cast<core::SteadyTime::duration>(wait);
      owed += std::chrono::duration<double>(wait).count() * per_second;
      const double queued = std::floor(owed + 1e-6);
      owed -= queued;
      most = std::max(most, queued);
      pause = pace.after(now, static_cast<std::size_t>(queued), queued / capacity);
      ++turns;
    }
    return pause;
  }
};

TEST(GatherPace, FewPacketsAreReadAsTheyCome) {
  Sender s{GatherPace(2ms), 1000};
  EXPECT_EQ(s.send(100, 1s), Pause::zero());
  EXPECT_LE(s.most, 1.0);
}

TEST(GatherPace, ManyGatherForTheLongestPause) {
  Sender s{GatherPace(2ms), 10'000};
  EXPECT_EQ(s.send(100'000, 100ms), 2ms);
  EXPECT_LT(s.turns, 120u) << "50 pauses, and as they began some single packets";
}

TEST(GatherPace, LeavesMostOfASmallQueueFree) {
  Sender s{GatherPace(2ms), 11};
  EXPECT_EQ(s.send(5'000, 1s), 500us);
  EXPECT_LE(s.most, 5.0);
}

TEST(GatherPace, DoesNotPauseWhereThePauseWouldFillTheQueue) {
  Sender s{GatherPace(2ms), 11};
  EXPECT_EQ(s.send(50'000, 100ms), Pause::zero());
}

TEST(GatherPace, StopsWithTheFirstPauseThatBroughtNothing) {
  Sender s{GatherPace(2ms), 10'000};
  s.send(100'000, 100ms);
  EXPECT_EQ(s.pace.after(s.now + 2ms, 0, 0), Pause::zero());
}

TEST(GatherPace, ABurstIntoAPauseIsRememberedAndForLongerEachTime) {
  Sender s{GatherPace(1ms), 11};
  ASSERT_EQ(s.send(5'000, 100ms), 500us);
  s.now += 500us;
  EXPECT_EQ(s.pace.after(s.now, 10, 0.9), Pause::zero());
  EXPECT_EQ(s.send(5'000, 900ms), Pause::zero());
  ASSERT_EQ(s.send(5'000, 200ms), 500us);
  s.now += 500us;
  EXPECT_EQ(s.pace.after(s.now, 10, 0.9), Pause::zero());
  EXPECT_EQ(s.send(5'000, 1900ms), Pause::zero());
  EXPECT_EQ(s.send(5'000, 200ms), 500us);
}

TEST(GatherPace, AQueueThatFilledWhileTheMachineWasBusyIsNoReasonToPauseLess) {
  Sender s{GatherPace(1ms), 11};
  ASSERT_EQ(s.send(5'000, 100ms), 500us);
  s.now += 2ms;
  EXPECT_EQ(s.pace.after(s.now, 10, 0.9), 500us);
}

TEST(GatherPace, TooSmallABufferMeansNoPause) {
  Sender s{GatherPace(249us), 10'000};
  EXPECT_EQ(s.send(100'000, 100ms), Pause::zero());
}

TEST(GatherPace, LengthsAreMultiplesOfOneAnother) {
  Sender s{GatherPace(1900us), 10'000};
  EXPECT_EQ(s.send(100'000, 100ms), 1ms);
}

TEST(GatherPace, AClockThatStandsStillDoesNoHarm) {
  GatherPace pace(2ms);
  const core::SteadyTime now{std::chrono::hours(1)};
  for (int i = 0; i < 100; ++i) EXPECT_LE(pace.after(now, 1, 0.001), 2ms);
}

}  // namespace
}  // namespace remora::dogstatsd
