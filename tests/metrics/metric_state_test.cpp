#include "metrics/metric_state.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

namespace remora::metrics {
namespace {

using model::SampleKind;

struct Step {
  double value;
  double at_seconds;
};

// Each window is a list of samples; each window's flush gives one entry of `expected`.
struct Windows {
  const char* name;
  SampleKind kind;
  std::vector<std::vector<Step>> windows;
  std::vector<std::optional<double>> expected;
};

class MetricStateWindows : public testing::TestWithParam<Windows> {};

TEST_P(MetricStateWindows, GiveTheValueOfTheSpecification) {
  MetricState state(GetParam().kind);
  std::vector<std::optional<double>> got;
  for (const auto& window : GetParam().windows) {
    for (const Step& step : window) {
      const std::chrono::duration<double> at(step.at_seconds);
      state.add(step.value,
                core::SteadyTime(std::chrono::duration_cast<core::SteadyTime::duration>(at)));
    }
    got.push_back(state.flush());
  }
  EXPECT_EQ(got, GetParam().expected);
}

constexpr std::nullopt_t kNone = std::nullopt;
constexpr double kHuge = std::numeric_limits<double>::max();

INSTANTIATE_TEST_SUITE_P(
    Kinds, MetricStateWindows,
    testing::Values(
        Windows{"GaugeKeepsTheLastOfTheWindow", SampleKind::gauge, {{{1, 1}, {2, 2}}}, {2}},
        Windows{"GaugeIsNotRepeated", SampleKind::gauge, {{{1, 1}}, {}, {{0, 3}}}, {1, kNone, 0}},
        Windows{"CountSumsTheWindowAndStartsAgain",
                SampleKind::count,
                {{{2, 1}, {3, 2}}, {{1, 3}}, {}},
                {5, 1, kNone}},
        // Test vector 1 of the specification: 1.5 s of CPU in 15 s are 0.1 cores in nanocores.
        Windows{"RateIsPerSecondOfSubmission",
                SampleKind::rate,
                {{{1e9, 1}}, {{2.5e9, 16}}},
                {kNone, 100'000'000}},
        Windows{"RateOfTheLastTwoOfTheWindow",
                SampleKind::rate,
                {{{0, 1}}, {{100, 11}, {400, 16}}, {{400, 31}}},
                {kNone, 60, 0}},
        Windows{"RateNeedsNoPreviousWindow", SampleKind::rate, {{{10, 1}, {40, 4}}}, {10}},
        Windows{"RateSpansAWindowWithoutSamples",
                SampleKind::rate,
                {{{0, 1}}, {}, {{90, 31}}},
                {kNone, kNone, 3}},
        Windows{"RateOfACounterThatFellIsDroppedAndMovesTheBaseline",
                SampleKind::rate,
                {{{1000, 1}}, {{10, 16}}, {{40, 31}}},
                {kNone, kNone, 2}},
        Windows{"RateOfOneInstantKeepsTheOlderBaseline",
                SampleKind::rate,
                {{{0, 1}}, {{5, 11}, {20, 11}}},
                {kNone, 2}},
        Windows{"RateThatOverflowsIsDropped", SampleKind::rate, {{{0, 1}, {kHuge, 1.1}}}, {kNone}},
        Windows{"MonotonicSumsTheDeltasOfTheWindow",
                SampleKind::monotonic_count,
                {{{10, 1}}, {{13, 11}, {20, 16}}, {{20, 31}}, {}},
                {kNone, 10, 0, kNone}},
        Windows{"MonotonicDecreaseOnlyMovesTheBaseline",
                SampleKind::monotonic_count,
                {{{10, 1}}, {{4, 16}}, {{9, 31}}},
                {kNone, kNone, 5}},
        Windows{"MonotonicKeepsTheGoodDeltasAroundADecrease",
                SampleKind::monotonic_count,
                {{{10, 1}, {12, 2}, {1, 3}, {4, 4}}},
                {5}}),
    [](const auto& w) { return w.param.name; });

core::SteadyTime at(double seconds) {
  return core::SteadyTime(std::chrono::duration_cast<core::SteadyTime::duration>(
      std::chrono::duration<double>(seconds)));
}
constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kNoon = 1'700'000'000 * kSecond;

TEST(RateOfReadings, IsPerSecondBetweenTheReadingsNotTheSubmissions) {
  // One core all the time; the endpoint refreshes every 10 s, we look every 15 s.
  MetricState state(SampleKind::rate);
  std::vector<std::optional<double>> got;
  for (const auto& [submitted, read] : {std::pair{15, 10}, {30, 30}, {45, 40}, {60, 60}}) {
    state.add(read * 1e9, at(submitted), kNoon + read * kSecond);
    got.push_back(state.flush());
  }
  EXPECT_EQ(got, (std::vector<std::optional<double>>{kNone, 1e9, 1e9, 1e9}));
}

TEST(RateOfReadings, AReadingSubmittedTwiceIsNoSampleAndTheNextCoversTheWholeTime) {
  MetricState state(SampleKind::rate);
  state.add(10e9, at(15), kNoon + 10 * kSecond);
  EXPECT_EQ(state.flush(), kNone);
  state.add(10e9, at(18), kNoon + 10 * kSecond);
  EXPECT_EQ(state.flush(), kNone);
  state.add(30e9, at(33), kNoon + 30 * kSecond);
  EXPECT_EQ(state.flush(), 1e9);
}

TEST(RateOfReadings, AClockThatWasSetIsNotBelieved) {
  for (const std::int64_t jump : {-7200, 7200}) {
    MetricState state(SampleKind::rate);
    state.add(10e9, at(15), kNoon + 15 * kSecond);
    (void)state.flush();
    state.add(25e9, at(30), kNoon + (30 + jump) * kSecond);
    EXPECT_EQ(state.flush(), 1e9) << jump;
  }
}

}  // namespace
}  // namespace remora::metrics
