#include "forwarder/circuit_breaker.hpp"

#include <gtest/gtest.h>

namespace remora::forwarder {
namespace {

using core::SteadyTime;
using std::chrono::duration;
using std::chrono::seconds;
using State = CircuitBreaker::State;

double in_seconds(SteadyTime::duration d) { return duration<double>(d).count(); }

struct Delay {
  int errors;
  double least, most;
};

class DelayAfterErrors : public testing::TestWithParam<Delay> {};

// The table of the Agent for factor 2, base 2 s, max 64 s.
TEST_P(DelayAfterErrors, IsUniformBetweenTheTwoPowers) {
  const auto [errors, least, most] = GetParam();
  const Backoff backoff(2, 2, 64, 2, false);
  std::mt19937_64 random(1);
  double shortest = 1e9, longest = 0;
  for (int i = 0; i < 2000; ++i) {
    const double d = in_seconds(backoff.duration(errors, random));
    shortest = std::min(shortest, d);
    longest = std::max(longest, d);
  }
  EXPECT_GE(shortest, least);
  EXPECT_LE(longest, most);
  const double width = most - least;  // the jitter uses the whole range
  EXPECT_LE(shortest, least + 0.05 * width);
  EXPECT_GE(longest, most - 0.05 * width);
}

INSTANTIATE_TEST_SUITE_P(Defaults, DelayAfterErrors,
                         testing::Values(Delay{0, 0, 0}, Delay{1, 2, 4}, Delay{2, 4, 8},
                                         Delay{3, 8, 16}, Delay{4, 16, 32}, Delay{5, 32, 64},
                                         Delay{6, 64, 64}),
                         [](const auto& d) { return "e" + std::to_string(d.param.errors); });

struct Settings {
  const char* name;
  double factor, base, max;
  int recovery;
  bool reset;
  int max_errors, after_success_of_6;
};

class BackoffSettings : public testing::TestWithParam<Settings> {};

TEST_P(BackoffSettings, AreRaisedToUsefulValues) {
  const Settings& s = GetParam();
  const Backoff backoff(s.factor, s.base, s.max, s.recovery, s.reset);
  EXPECT_EQ(backoff.max_errors(), s.max_errors);
  EXPECT_EQ(backoff.after_failure(s.max_errors), s.max_errors);
  EXPECT_EQ(backoff.after_success(6), s.after_success_of_6);
}

INSTANTIATE_TEST_SUITE_P(Rows, BackoffSettings,
                         testing::Values(Settings{"Defaults", 2, 2, 64, 2, false, 6, 4},
                                         Settings{"FactorTooSmall", 1, 2, 64, 2, false, 6, 4},
                                         Settings{"BaseNotPositive", 2, 0, 64, 1, false, 6, 5},
                                         Settings{"MaxNotPositive", 2, 2, -1, 1, false, 6, 5},
                                         Settings{"RecoveryReset", 2, 2, 64, 2, true, 6, 0},
                                         Settings{"BaseAboveMax", 2, 100, 10, 2, false, 1, 4},
                                         Settings{"OtherScale", 2, 1, 100, 2, false, 7, 4}),
                         [](const auto& s) { return s.param.name; });

class Breaker : public testing::Test {
 protected:
  // Past the end of whatever block there is.
  void wait_out() { now_ = std::max(now_, breaker_.until()); }
  void probe() {
    wait_out();
    ASSERT_TRUE(breaker_.allows(now_));
    breaker_.sending();
    ASSERT_EQ(breaker_.state(), State::half_blocked);
  }

  Backoff backoff_{2, 2, 64, 2, false};
  std::mt19937_64 random_{42};
  CircuitBreaker breaker_{backoff_, random_};
  SteadyTime now_{std::chrono::hours(5)};
};

TEST_F(Breaker, LetsEverythingThroughWhileAllIsWell) {
  breaker_.sending();
  breaker_.sending();
  EXPECT_TRUE(breaker_.allows(now_));
  breaker_.success(now_);
  EXPECT_EQ(breaker_.state(), State::unblocked);
}

TEST_F(Breaker, AFailureBlocksUntilTheDelayHasPassed) {
  breaker_.failure(now_);
  EXPECT_EQ(breaker_.errors(), 1);
  EXPECT_FALSE(breaker_.allows(now_ + seconds(2) - std::chrono::nanoseconds(1)));
  EXPECT_FALSE(breaker_.allows(breaker_.until() - std::chrono::nanoseconds(1)));
  EXPECT_TRUE(breaker_.allows(breaker_.until()));
  EXPECT_LE(breaker_.until(), now_ + seconds(4));
}

TEST_F(Breaker, WhatOthersInFlightReportWhileBlockedIsIgnored) {
  breaker_.failure(now_);
  const SteadyTime until = breaker_.until();
  breaker_.failure(now_);
  breaker_.success(now_);
  EXPECT_EQ(breaker_.errors(), 1);
  EXPECT_EQ(breaker_.until(), until);
  EXPECT_EQ(breaker_.state(), State::blocked);
}

TEST_F(Breaker, HalfBlockedLetsOnlyTheProbeThrough) {
  breaker_.failure(now_);
  probe();
  EXPECT_FALSE(breaker_.allows(now_ + std::chrono::hours(1)));
}

TEST_F(Breaker, FailedProbesCountUpToTheMaximum) {
  breaker_.failure(now_);
  for (const int errors : {2, 3, 4, 5, 6, 6, 6}) {
    probe();
    breaker_.failure(now_);
    EXPECT_EQ(breaker_.errors(), errors);
  }
  EXPECT_EQ(breaker_.until() - now_, seconds(64));
}

TEST_F(Breaker, RecoversInSteps) {
  breaker_.failure(now_);
  for (int i = 0; i < 4; ++i) {
    probe();
    breaker_.failure(now_);
  }
  ASSERT_EQ(breaker_.errors(), 5);
  probe();
  breaker_.success(now_);
  EXPECT_EQ(breaker_.errors(), 3);
  EXPECT_EQ(breaker_.state(), State::blocked);
  EXPECT_GE(breaker_.until() - now_, seconds(8));
  EXPECT_LE(breaker_.until() - now_, seconds(16));
  probe();
  breaker_.success(now_);
  EXPECT_EQ(breaker_.errors(), 1);
  probe();
  breaker_.success(now_);
  EXPECT_EQ(breaker_.state(), State::unblocked);
  EXPECT_EQ(breaker_.errors(), 0);
}

TEST_F(Breaker, AProbeThatWasCancelledLetsTheNextOneThrough) {
  breaker_.failure(now_);
  probe();
  breaker_.abandoned();
  EXPECT_TRUE(breaker_.allows(now_));
  EXPECT_EQ(breaker_.errors(), 1);
}

TEST_F(Breaker, UnblockingForgivesOnlyOnce) {
  breaker_.failure(now_);
  breaker_.unblock();
  EXPECT_TRUE(breaker_.allows(now_));
  breaker_.failure(now_);
  EXPECT_EQ(breaker_.errors(), 2);
  EXPECT_FALSE(breaker_.allows(now_));
}

}  // namespace
}  // namespace remora::forwarder
