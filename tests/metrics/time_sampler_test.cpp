#include "remora/metrics/time_sampler.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "remora/core/hash.hpp"

namespace remora::metrics {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();

class FixedOrigins final : public OriginTags {
 public:
  const model::TagList& tags(OriginId origin) const override {
    return origin == 0 ? task_ : container_;
  }
  OriginId preferred(OriginId origin) const override { return origin == replaced ? 0 : origin; }
  OriginId replaced = 0;

 private:
  model::TagList task_{"task:t"}, container_{"container:c"};
};

/// "name{host;tags}" -> (timestamp, value) points; a type or unit that is not the usual one is
/// shown.
class Collected final : public FlushSink {
 public:
  std::map<std::string, std::vector<std::pair<std::int64_t, double>>> series;
  std::map<std::string, std::vector<std::pair<std::int64_t, std::int64_t>>> sketches;
  std::map<std::string, std::string> kinds;

  void on_series(const model::SeriesView& view) override {
    const std::string name = std::string(view.name) + std::string(view.suffix);
    std::string key = identity(name, view.host, view.tags);
    for (const model::Point& point : view.points) {
      series[key].emplace_back(point.timestamp, point.value);
    }
    kinds[key] = std::string(view.type == model::SeriesType::rate ? "rate" : "gauge") +
                 std::string(view.unit.empty() ? "" : " ") + std::string(view.unit);
    EXPECT_EQ(view.interval, 10);
    EXPECT_EQ(view.origin, model::kOriginDogstatsd);
    EXPECT_NE(view.shared_tags, nullptr);
  }
  void on_sketch(const model::SketchView& view) override {
    for (const model::SketchPoint& point : view.points) {
      sketches[identity(std::string(view.name), view.host, view.tags)].emplace_back(point.timestamp,
                                                                                    point.count);
    }
  }

 private:
  static std::string identity(const std::string& name, std::string_view host,
                              model::PackedTags tags) {
    std::string text = name;
    if (!host.empty()) text += "@" + std::string(host);
    for (std::string_view tag; tags.next(tag);) text += "," + std::string(tag);
    return text;
  }
};

class TimeSamplerTest : public ::testing::Test {
 protected:
  void make(TimeSamplerOptions options) {
    sampler_ = std::make_unique<TimeSampler>(std::move(options), counters_);
  }
  ContextId context(SampleType type, std::string_view name, std::vector<std::string_view> tags = {},
                    std::string_view host = {}) {
    ContextDescription description;
    description.name = name;
    description.host = host;
    description.type = type;
    description.tags = tags;
    std::uint64_t alias = core::hash_bytes(name, static_cast<std::uint64_t>(type) + 1);
    for (const auto tag : tags) alias = core::hash_bytes(tag, alias);
    const ContextId known = sampler_->find(alias);
    return known != kUnknownContext ? known : sampler_->intern(description, alias);
  }
  void add(SampleType type, std::string_view name, std::vector<double> values, std::int64_t now,
           double rate = 1) {
    const ContextId id = context(type, name);
    ASSERT_NE(id, kUnknownContext);
    sampler_->add(id, values, rate, now);
  }
  Collected flush(std::int64_t now, bool everything = false) {
    Collected collected;
    sampler_->begin_flush(now, everything);
    while (sampler_->flush_some(collected, origins_, 3)) {
    }
    return collected;
  }

  telemetry::SamplerCounters counters_;
  FixedOrigins origins_;
  std::unique_ptr<TimeSampler> sampler_ =
      std::make_unique<TimeSampler>(TimeSamplerOptions{}, counters_);
};

TEST_F(TimeSamplerTest, ACounterIsARatePerSecondAtTheStartOfItsBucket) {
  add(SampleType::counter, "a", {1}, 1'000);
  add(SampleType::counter, "a", {2}, 1'009);
  const Collected collected = flush(1'012);
  EXPECT_THAT(collected.series, ElementsAre(Pair("a", ElementsAre(Pair(1'000, 0.3)))));
  EXPECT_EQ(collected.kinds.at("a"), "rate");
}

struct RateCase {
  double rate;
  double expected;  ///< of one sample of value 1, per second
};
class CounterRate : public TimeSamplerTest, public ::testing::WithParamInterface<RateCase> {};
TEST_P(CounterRate, DividesByTheSampleRate) {
  add(SampleType::counter, "a", {1}, 1'000, GetParam().rate);
  EXPECT_THAT(flush(1'010).series.at("a"), ElementsAre(Pair(1'000, GetParam().expected)));
}
INSTANTIATE_TEST_SUITE_P(Rates, CounterRate,
                         ::testing::Values(RateCase{1, 0.1}, RateCase{0.1, 1.0}, RateCase{2, 0.05},
                                           RateCase{0, 0.1}, RateCase{-1, 0.1},
                                           RateCase{kNan, 0.1}));

TEST_F(TimeSamplerTest, OnlyBucketsThatEndedAreGivenOut) {
  add(SampleType::gauge, "g", {1}, 1'000);
  add(SampleType::gauge, "g", {2}, 1'010);
  add(SampleType::gauge, "g", {3}, 1'020);
  EXPECT_THAT(flush(1'025).series.at("g"), ElementsAre(Pair(1'000, 1.0), Pair(1'010, 2.0)));
  EXPECT_THAT(flush(1'029).series, IsEmpty());
  EXPECT_THAT(flush(1'030).series.at("g"), ElementsAre(Pair(1'020, 3.0)));
}

TEST_F(TimeSamplerTest, AGaugeKeepsTheLastValueAndIsNotRepeated) {
  add(SampleType::gauge, "g", {5, 6}, 1'000);
  add(SampleType::gauge, "g", {7}, 1'001, 0.5);  // the rate means nothing here
  EXPECT_THAT(flush(1'010).series.at("g"), ElementsAre(Pair(1'000, 7.0)));
  EXPECT_THAT(flush(1'040).series, IsEmpty());
}

TEST_F(TimeSamplerTest, ASetCountsDifferentMembers) {
  const ContextId id = context(SampleType::set, "u");
  for (const char* member : {"x", "y", "x", ""}) sampler_->add_member(id, member, 1'000);
  EXPECT_THAT(flush(1'010).series.at("u"), ElementsAre(Pair(1'000, 3.0)));
}

TEST_F(TimeSamplerTest, ATimerGivesItsAggregatesInMilliseconds) {
  add(SampleType::timing, "t", {10}, 1'000);
  add(SampleType::timing, "t", {30}, 1'001);
  const Collected collected = flush(1'010);
  EXPECT_THAT(collected.series,
              UnorderedElementsAre(Pair("t.max", ElementsAre(Pair(1'000, 30.0))),
                                   Pair("t.median", ElementsAre(Pair(1'000, 10.0))),
                                   Pair("t.avg", ElementsAre(Pair(1'000, 20.0))),
                                   Pair("t.count", ElementsAre(Pair(1'000, 0.2))),
                                   Pair("t.95percentile", ElementsAre(Pair(1'000, 30.0)))));
  EXPECT_EQ(collected.kinds.at("t.avg"), "gauge millisecond");
  EXPECT_EQ(collected.kinds.at("t.count"), "rate");
}

TEST_F(TimeSamplerTest, SeveralBucketsOfAHistogramAreOneSeriesEach) {
  add(SampleType::histogram, "h", {1}, 1'000);
  add(SampleType::histogram, "h", {3}, 1'010);
  const Collected collected = flush(1'020);
  EXPECT_THAT(collected.series.at("h.max"), ElementsAre(Pair(1'000, 1.0), Pair(1'010, 3.0)));
  EXPECT_EQ(counters_.series.value, 5u);
}

TEST_F(TimeSamplerTest, ADistributionIsASketchPerBucket) {
  add(SampleType::distribution, "d", {1, 2, 3}, 1'000);
  add(SampleType::distribution, "d", {4}, 1'010);
  const Collected collected = flush(1'020);
  EXPECT_THAT(collected.sketches.at("d"), ElementsAre(Pair(1'000, 3), Pair(1'010, 1)));
  EXPECT_THAT(collected.series, IsEmpty());
}

TEST_F(TimeSamplerTest, SilentCountersGetAZeroInEveryBucketFor300Seconds) {
  add(SampleType::counter, "c", {10}, 1'005);
  EXPECT_THAT(flush(1'015).series.at("c"), ElementsAre(Pair(1'000, 1.0)));
  EXPECT_THAT(flush(1'030).series.at("c"), ElementsAre(Pair(1'010, 0.0), Pair(1'020, 0.0)));
  std::size_t zeros = 2;
  std::int64_t last = 0;
  for (std::int64_t now = 1'045; now < 1'500; now += 15) {
    const auto collected = flush(now).series;
    if (const auto at = collected.find("c"); at != collected.end()) {
      zeros += at->second.size();
      last = at->second.back().first;
    }
  }
  EXPECT_EQ(last, 1'300) << "the last bucket that begins before 1005 + 300";
  EXPECT_EQ(zeros, 30u) << "one for each bucket from 1010 to 1300";
  EXPECT_EQ(sampler_->contexts(), 0u);
}

TEST_F(TimeSamplerTest, ZerosFillTheGapBetweenTwoValues) {
  add(SampleType::counter, "c", {10}, 1'000);
  (void)flush(1'010);
  add(SampleType::counter, "c", {20}, 1'030);
  EXPECT_THAT(flush(1'040).series.at("c"),
              ElementsAre(Pair(1'010, 0.0), Pair(1'020, 0.0), Pair(1'030, 2.0)));
}

TEST_F(TimeSamplerTest, ANewCounterHasNoZerosBeforeItsFirstValue) {
  add(SampleType::counter, "old", {1}, 1'000);
  (void)flush(1'010);
  add(SampleType::counter, "new", {1}, 1'029);
  EXPECT_THAT(flush(1'030).series.at("new"), ElementsAre(Pair(1'020, 0.1)));
}

// Its zeros would have the identity of the series that took its place.
TEST_F(TimeSamplerTest, ACounterWhoseOriginWasReplacedHasNoZeros) {
  ContextDescription description;
  description.name = "a";
  description.origin = 7;
  sampler_->add(sampler_->intern(description, 1), std::vector<double>{1}, 1, 1'000);
  EXPECT_THAT(flush(1'010).series.at("a"), ElementsAre(Pair(1'000, 0.1)));
  EXPECT_THAT(flush(1'020).series.at("a"), ElementsAre(Pair(1'010, 0.0)));
  origins_.replaced = 7;
  EXPECT_THAT(flush(1'030).series, IsEmpty());
}

TEST_F(TimeSamplerTest, LinesAreForgottenWithoutTheirContexts) {
  add(SampleType::counter, "a", {1}, 1'000);
  const ContextId before = context(SampleType::counter, "a");
  sampler_->forget_lines();
  EXPECT_EQ(sampler_->find(core::hash_bytes("a", 1)), kUnknownContext);
  EXPECT_EQ(context(SampleType::counter, "a"), before);
  EXPECT_THAT(flush(1'010).series.at("a"), ElementsAre(Pair(1'000, 0.1)));
}

// Both write a.max, a.count and so on: as two contexts one would replace the other.
TEST_F(TimeSamplerTest, AHistogramAndATimingOfOneNameAreOneMetric) {
  add(SampleType::histogram, "h", {1}, 1'000);
  add(SampleType::timing, "h", {5}, 1'001);
  const Collected collected = flush(1'010);
  EXPECT_THAT(collected.series.at("h.count"), ElementsAre(Pair(1'000, 0.2)));
  EXPECT_THAT(collected.series.at("h.max"), ElementsAre(Pair(1'000, 5.0)));
}

TEST_F(TimeSamplerTest, OtherTypesAreForgottenAfter20Seconds) {
  add(SampleType::gauge, "g", {1}, 1'000);
  (void)flush(1'010);
  EXPECT_EQ(sampler_->contexts(), 1u);
  (void)flush(1'019);
  EXPECT_EQ(sampler_->contexts(), 1u);
  (void)flush(1'020);
  EXPECT_EQ(sampler_->contexts(), 0u);
  add(SampleType::gauge, "g", {2}, 1'021);
  EXPECT_THAT(flush(1'030).series.at("g"), ElementsAre(Pair(1'020, 2.0)));
}

TEST_F(TimeSamplerTest, ValuesThatAreNotFiniteAreDroppedAndCounted) {
  add(SampleType::gauge, "g", {1, kNan, kInf, -kInf}, 1'000);
  add(SampleType::counter, "c", {kNan, 2}, 1'000);
  add(SampleType::distribution, "d", {kInf}, 1'000);
  const Collected collected = flush(1'010);
  EXPECT_THAT(collected.series, UnorderedElementsAre(Pair("g", ElementsAre(Pair(1'000, 1.0))),
                                                     Pair("c", ElementsAre(Pair(1'000, 0.2)))));
  EXPECT_THAT(collected.sketches, IsEmpty());
  EXPECT_EQ(counters_.non_finite.value, 5u);
  EXPECT_EQ(counters_.samples.value, 2u);
}

TEST_F(TimeSamplerTest, EverythingIncludesTheOpenBucket) {
  add(SampleType::counter, "c", {1}, 1'004);
  EXPECT_THAT(flush(1'005, true).series.at("c"), ElementsAre(Pair(1'000, 0.1)));
  EXPECT_FALSE(sampler_->has_data());
}

TEST_F(TimeSamplerTest, WhatComesAfterThatFlushGetsAnotherTimeAndReplacesNothing) {
  add(SampleType::counter, "c", {1}, 1'004);
  (void)flush(1'005, true);
  add(SampleType::counter, "c", {2}, 1'006);
  EXPECT_TRUE(sampler_->has_data());
  EXPECT_THAT(flush(1'007, true).series.at("c"), ElementsAre(Pair(1'001, 0.2)));
  add(SampleType::counter, "c", {3}, 1'008);
  EXPECT_THAT(flush(1'009, true).series.at("c"), ElementsAre(Pair(1'002, 0.3)));
}

TEST_F(TimeSamplerTest, AFlushThatCameLateLosesNoBucket) {
  for (std::int64_t now = 1'000; now < 1'080; now += 10) add(SampleType::counter, "c", {10}, now);
  const auto points = flush(1'080).series.at("c");
  double sum = 0;
  for (const auto& [time, value] : points) sum += value * 10;
  EXPECT_EQ(sum, 80.0);
  EXPECT_EQ(points.size(), 8u);
}

TEST_F(TimeSamplerTest, AClockThatWentBackLosesNothing) {
  add(SampleType::counter, "c", {10}, 2'000);
  add(SampleType::counter, "c", {20}, 1'000);
  add(SampleType::counter, "c", {5}, 1'001);
  const auto points = flush(2'010).series.at("c");
  EXPECT_THAT(points, ElementsAre(Pair(1'000, 2.5), Pair(2'000, 1.0)));
}

// What an intake holds after all flushes: of two points of one time the later one counts.
class Intake {
 public:
  void take(const Collected& flushed) {
    const auto found = flushed.series.find("c");
    if (found == flushed.series.end()) return;
    for (const auto& [time, value] : found->second) points_[time] = value;
  }
  [[nodiscard]] double sum() const {
    double sum = 0;
    for (const auto& [time, value] : points_) sum += value * 10;
    return sum;
  }

 private:
  std::map<std::int64_t, double> points_;
};

class SteppingClock : public TimeSamplerTest, public testing::WithParamInterface<int> {};

TEST_P(SteppingClock, LosesNoValueWhereverItGoes) {
  // Two minutes of a sample a second and a flush every 15 s; after 50 s the clock steps, and once
  // more after 80 s. The flush at stop is the last one.
  for (const int second_step : {0, GetParam(), -GetParam()}) {
    make({});
    Intake intake;
    std::int64_t now = 1'000'003;
    for (int second = 0; second < 120; ++second, ++now) {
      if (second == 50) now += GetParam();
      if (second == 80) now += second_step;
      add(SampleType::counter, "c", {1}, now);
      if (second % 15 == 14) intake.take(flush(now));
    }
    intake.take(flush(now, true));
    EXPECT_FALSE(sampler_->has_data()) << second_step;
    EXPECT_NEAR(intake.sum(), 120, 1e-9) << second_step;
  }
}

INSTANTIATE_TEST_SUITE_P(Steps, SteppingClock,
                         testing::Values(-1, -2, -5, -9, -10, -11, -15, -20, -25, -29, -30, -31,
                                         -45, -60, -600, -3'600, -90'000, -900'000, 1, 10, 31, 600,
                                         3'600, 90'000));

TEST_F(TimeSamplerTest, BucketsOfTheFutureAreGivenAsSoonAsTheClockHasTurned) {
  add(SampleType::counter, "c", {10}, 2'000);
  add(SampleType::gauge, "g", {7}, 2'004);
  add(SampleType::distribution, "d", {1}, 2'004);
  const Collected turned = flush(1'015);
  EXPECT_THAT(turned.series.at("c"), ElementsAre(Pair(2'000, 1.0)));
  EXPECT_THAT(turned.series.at("g"), ElementsAre(Pair(2'000, 7.0)));
  EXPECT_THAT(turned.sketches.at("d"), ElementsAre(Pair(2'000, 1)));
  EXPECT_FALSE(sampler_->has_data());
}

TEST_F(TimeSamplerTest, TheNextBucketWaitsForItsTurnButNotAtStop) {
  // It may have begun while a flush in slices went on.
  add(SampleType::counter, "c", {10}, 1'020);
  EXPECT_THAT(flush(1'019).series, IsEmpty());
  EXPECT_THAT(flush(1'019, true).series.at("c"), ElementsAre(Pair(1'020, 1.0)));
}

TEST_F(TimeSamplerTest, AfterTheClockTurnedContextsExpireAndCountersGetZerosAgain) {
  add(SampleType::gauge, "g", {1}, 900'000'000);  // a wrong clock at the start of the machine
  add(SampleType::counter, "c", {1}, 900'000'000);
  (void)flush(900'000'010);
  (void)flush(1'000);
  (void)flush(1'010);
  EXPECT_THAT(flush(1'030).series.at("c"), ElementsAre(Pair(1'010, 0.0), Pair(1'020, 0.0)));
  EXPECT_EQ(sampler_->contexts(), 1u);
  (void)flush(1'400);
  EXPECT_EQ(sampler_->contexts(), 0u);
}

TEST_F(TimeSamplerTest, SamplesDuringAFlushGoToTheNextOne) {
  add(SampleType::counter, "a", {1}, 1'000);
  add(SampleType::counter, "b", {1}, 1'000);
  Collected first;
  sampler_->begin_flush(1'010, false);
  ASSERT_TRUE(sampler_->flush_some(first, origins_, 1));
  add(SampleType::counter, "a", {2}, 1'010);
  add(SampleType::counter, "b", {2}, 1'010);
  while (sampler_->flush_some(first, origins_, 1)) {
  }
  EXPECT_THAT(first.series, UnorderedElementsAre(Pair("a", ElementsAre(Pair(1'000, 0.1))),
                                                 Pair("b", ElementsAre(Pair(1'000, 0.1)))));
  EXPECT_THAT(flush(1'020).series, UnorderedElementsAre(Pair("a", ElementsAre(Pair(1'010, 0.2))),
                                                        Pair("b", ElementsAre(Pair(1'010, 0.2)))));
}

TEST_F(TimeSamplerTest, TimestampedPointsAreNotAggregated) {
  const ContextId gauge = context(SampleType::timestamped_gauge, "g");
  const ContextId count = context(SampleType::timestamped_count, "c");
  sampler_->add_points(gauge, std::vector<double>{1}, 1'600, 1'000);
  sampler_->add_points(gauge, std::vector<double>{2}, 1'600, 1'000);
  sampler_->add_points(count, std::vector<double>{30}, 1'600, 1'000);
  const Collected collected = flush(1'001);  // no bucket to wait for
  EXPECT_THAT(collected.series,
              UnorderedElementsAre(Pair("g", ElementsAre(Pair(1'600, 1.0), Pair(1'600, 2.0))),
                                   Pair("c", ElementsAre(Pair(1'600, 3.0)))));
  EXPECT_EQ(collected.kinds.at("c"), "rate");
  EXPECT_EQ(collected.kinds.at("g"), "gauge");
}

TEST_F(TimeSamplerTest, ManyTimestampedPointsBecomeSeveralSeries) {
  const ContextId gauge = context(SampleType::timestamped_gauge, "g");
  for (int i = 0; i < 2'500; ++i) sampler_->add_points(gauge, std::vector<double>{1}, i + 1, 1'000);
  EXPECT_EQ(flush(1'001).series.at("g").size(), 2'500u);
  EXPECT_EQ(counters_.series.value, 3u);
}

TEST_F(TimeSamplerTest, OneNameWithTwoTypesKeepsBothApart) {
  add(SampleType::counter, "x", {10}, 1'000);
  const ContextId gauge = context(SampleType::gauge, "x", {"t:1"});
  sampler_->add(gauge, std::vector<double>{7}, 1, 1'000);
  add(SampleType::distribution, "x", {1}, 1'000);
  const Collected collected = flush(1'010);
  EXPECT_THAT(collected.series, UnorderedElementsAre(Pair("x", ElementsAre(Pair(1'000, 1.0))),
                                                     Pair("x,t:1", ElementsAre(Pair(1'000, 7.0)))));
  EXPECT_EQ(collected.sketches.size(), 1u);
}

TEST_F(TimeSamplerTest, HostAndTagsReachTheSeries) {
  const ContextId id = context(SampleType::gauge, "g", {"a:b", "c"}, "web-1");
  sampler_->add(id, std::vector<double>{1}, 1, 1'000);
  EXPECT_EQ(flush(1'010).series.begin()->first, "g@web-1,a:b,c");
}

TEST_F(TimeSamplerTest, OverTheContextLimitNewOnesAreRefusedAndOldOnesStayRight) {
  TimeSamplerOptions options;
  options.max_contexts = 2;
  make(options);
  add(SampleType::counter, "a", {1}, 1'000);
  add(SampleType::counter, "b", {1}, 1'000);
  EXPECT_EQ(context(SampleType::counter, "c", {"user:1"}), kUnknownContext);
  EXPECT_EQ(context(SampleType::counter, "c", {"user:2"}), kUnknownContext);
  add(SampleType::counter, "a", {2}, 1'001);
  EXPECT_THAT(flush(1'010).series, UnorderedElementsAre(Pair("a", ElementsAre(Pair(1'000, 0.3))),
                                                        Pair("b", ElementsAre(Pair(1'000, 0.1)))));
  EXPECT_EQ(counters_.refused_contexts.value, 2u);
  const auto top = sampler_->top(1);
  ASSERT_EQ(top.size(), 1u);
  EXPECT_EQ(top[0].name, "c");
  EXPECT_EQ(top[0].refused, 2u);
}

TEST_F(TimeSamplerTest, TheByteBudgetHoldsUnderATagExplosion) {
  TimeSamplerOptions options;
  options.max_bytes = 4u << 20;
  make(options);
  std::string tag = "id:";
  for (int i = 0; i < 200'000; ++i) {
    tag.resize(3);
    tag += std::to_string(i);
    const ContextId id = context(SampleType::counter, "exploding", {tag});
    if (id != kUnknownContext) sampler_->add(id, std::vector<double>{1}, 1, 1'000);
    ASSERT_LE(sampler_->bytes(), options.max_bytes);
  }
  EXPECT_GT(sampler_->contexts(), 10'000u);
  EXPECT_EQ(counters_.refused_contexts.value, 200'000 - sampler_->contexts());
  const auto top = sampler_->top(3);
  ASSERT_FALSE(top.empty());
  EXPECT_EQ(top[0].name, "exploding");
  EXPECT_EQ(top[0].top_tag_key, "id");
  EXPECT_EQ(top[0].top_tag_values, std::min<std::size_t>(20'000, sampler_->contexts()));
  EXPECT_EQ(top[0].sampled, sampler_->contexts() > 20'000);
}

// New contexts stop early enough that the values of the known ones always find room.
TEST_F(TimeSamplerTest, AnExplosionOfEveryTypeLeavesRoomForTheValuesOfOldContexts) {
  TimeSamplerOptions options;
  options.max_bytes = 4u << 20;
  make(options);
  constexpr SampleType kTypes[] = {SampleType::histogram, SampleType::timing,
                                   SampleType::distribution, SampleType::gauge};
  std::int64_t now = 1'000;
  std::size_t old_samples = 0;
  for (int round = 0; round < 8; ++round) {
    for (int i = 0; i < 5'000; ++i) {
      for (const SampleType type : kTypes) {
        const std::string tag = "id:" + std::to_string(round) + "." + std::to_string(i);
        const ContextId id = context(type, "exploding", {tag});
        if (id != kUnknownContext) sampler_->add(id, std::vector<double>{1, 2}, 1, now);
      }
      if (i % 10 == 0) {
        add(SampleType::histogram, "old", {static_cast<double>(i)}, now);
        add(SampleType::distribution, "old", {static_cast<double>(i)}, now);
        old_samples += 2;
      }
    }
    now += 10;
    if (round % 2 == 1) (void)flush(now);
  }
  EXPECT_GT(old_samples, 0u);
  EXPECT_GT(counters_.refused_contexts.value, 0u);
  EXPECT_EQ(counters_.refused_values.value, 0u);
  EXPECT_LE(sampler_->bytes(), options.max_bytes);
}

TEST_F(TimeSamplerTest, ALookAtTheTopIsBoundedWhereEveryTagHasAKeyOfItsOwn) {
  for (int i = 0; i < 3'000; ++i) {
    const std::string key = "key" + std::to_string(i);
    sampler_->add(context(SampleType::gauge, "g", {"common:x", key}), std::vector<double>{1}, 1,
                  1'000);
  }
  const auto top = sampler_->top(1);
  ASSERT_EQ(top.size(), 1u);
  EXPECT_EQ(top[0].top_tag_values, 1u);
  EXPECT_FALSE(top[0].sampled);
}

TEST_F(TimeSamplerTest, MembersOfASetAreBoundedByTheBudget) {
  TimeSamplerOptions options;
  options.max_bytes = 1u << 20;
  make(options);
  const ContextId id = context(SampleType::set, "s");
  for (int i = 0; i < 200'000; ++i) sampler_->add_member(id, std::to_string(i), 1'000);
  EXPECT_LE(sampler_->bytes(), 2u * options.max_bytes);
  EXPECT_GT(counters_.refused_values.value, 0u);
}

TEST_F(TimeSamplerTest, AllBytesAreGivenBackOnceEverythingExpired) {
  const std::size_t before = sampler_->bytes();
  for (int i = 0; i < 5'000; ++i) {
    const std::string tag = "i:" + std::to_string(i);
    for (const SampleType type :
         {SampleType::gauge, SampleType::histogram, SampleType::distribution}) {
      const ContextId id = context(type, "m", {tag});
      sampler_->add(id, std::vector<double>{1, 2, 3}, 1, 1'000 + i % 30);
    }
    sampler_->add_member(context(SampleType::set, "m", {tag}), "x", 1'000);
    sampler_->add_points(context(SampleType::timestamped_gauge, "m", {tag}), std::vector<double>{1},
                         5, 1'000);
  }
  (void)flush(1'100);
  (void)flush(1'200);
  EXPECT_EQ(sampler_->contexts(), 0u);
  EXPECT_FALSE(sampler_->has_data());
  EXPECT_LE(sampler_->bytes(), before + 128 * 1024);
}

TEST_F(TimeSamplerTest, FilteredLinesAreRemembered) {
  sampler_->remember_filtered(77);
  EXPECT_EQ(sampler_->find(77), kFilteredContext);
}

TEST_F(TimeSamplerTest, ACopyIsFoundUntilItExpires) {
  const ContextId histogram = context(SampleType::histogram, "h");
  const ContextId copy = context(SampleType::distribution, "h");
  EXPECT_EQ(sampler_->copy_of(histogram), kUnknownContext);
  sampler_->link_copy(histogram, copy);
  EXPECT_EQ(sampler_->copy_of(histogram), copy);
  sampler_->add(histogram, std::vector<double>{1}, 1, 1'020);
  sampler_->add(copy, std::vector<double>{1}, 1, 1'000);
  (void)flush(1'035);
  EXPECT_EQ(sampler_->copy_of(histogram), kUnknownContext);
}

}  // namespace
}  // namespace remora::metrics
