#include "remora/metrics/check_sampler.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "metrics/monotonic_count.hpp"

namespace remora::metrics {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;
using Type = CheckSampleType;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Keeps what a flush gives, as text: "name{tags}@host type value time".
class Lines final : public FlushSink {
 public:
  void on_series(const model::SeriesView& series) override {
    EXPECT_EQ(series.points.size(), 1u);
    EXPECT_EQ(series.interval, 0);
    EXPECT_EQ(series.source_type_name, "System");
    EXPECT_EQ(series.origin, (model::Origin{10, 11, 75}));
    std::string line(series.name);
    line.append(series.suffix).append(tags_text(series.tags, series.shared_tags));
    if (!series.host.empty()) line.append("@").append(series.host);
    static constexpr const char* kTypes[] = {"?", "count", "rate", "gauge"};
    line.append(" ").append(kTypes[static_cast<int>(series.type)]);
    line.append(" ").append(number(series.points[0].value));
    lines.push_back(line + " " + std::to_string(series.points[0].timestamp));
  }
  void on_sketch(const model::SketchView& sketch) override {
    ASSERT_EQ(sketch.points.size(), 1u);
    const model::SketchPoint& point = sketch.points[0];
    std::string line(sketch.name);
    line.append(tags_text(sketch.tags, sketch.shared_tags));
    if (!sketch.host.empty()) line.append("@").append(sketch.host);
    line.append(" sketch n=").append(std::to_string(point.count));
    line.append(" min=").append(number(point.min)).append(" max=").append(number(point.max));
    lines.push_back(line + " " + std::to_string(point.timestamp));
  }

  std::vector<std::string> lines;

 private:
  static std::string tags_text(model::PackedTags tags, const model::TagList* shared) {
    std::string text;
    std::string_view tag;
    while (tags.next(tag)) text.append(text.empty() ? "" : ",").append(tag);
    if (shared != nullptr) {
      for (const std::string& more : *shared) text.append(text.empty() ? "" : ",").append(more);
    }
    return text.empty() ? text : "{" + text + "}";
  }
  static std::string number(double value) {
    std::string text = std::to_string(value);
    text.erase(text.find_last_not_of('0') + 1);
    if (text.ends_with('.')) text.pop_back();
    return text;
  }
};

class CheckSamplerTest : public testing::Test {
 protected:
  static CheckSamplerOptions default_options() {
    CheckSamplerOptions options;
    options.origin = {10, 11, 75};
    return options;
  }
  void remake(CheckSamplerOptions options) {
    sampler_.emplace(std::move(options), counters_, budget_);
  }
  void add(Type type, std::string_view name, double value,
           std::vector<std::string_view> tags = {}) {
    CheckSample sample;
    sample.type = type;
    sample.name = name;
    sample.value = value;
    sample.tags = tags;
    sampler_->add(sample, now_);
  }
  void add_first(Type type, std::string_view name, double value) {
    CheckSample sample;
    sample.type = type;
    sample.name = name;
    sample.value = value;
    sample.flush_first = true;
    sampler_->add(sample, now_);
  }
  void add_bucket(double lower, double upper, double value, bool flush_first = false) {
    CheckSample sample;
    sample.type = Type::bucket;
    sample.name = "b";
    sample.value = value;
    sample.lower = lower;
    sample.upper = upper;
    sample.flush_first = flush_first;
    sampler_->add(sample, now_);
  }
  void pass(std::chrono::seconds time) {
    now_ += time;
    timestamp_ += time.count();
  }
  void commit() { sampler_->commit(now_, timestamp_); }
  std::vector<std::string> flush() {
    Lines sink;
    sampler_->flush(sink);
    return sink.lines;
  }
  // Ends a run and flushes it; the next one is 10 s later.
  std::vector<std::string> end_run() {
    commit();
    auto lines = flush();
    pass(seconds(10));
    return lines;
  }

  telemetry::AggregatorCounters counters_;
  SamplerBudget budget_;
  core::SteadyTime now_{hours(1)};
  std::int64_t timestamp_ = 1000;
  std::optional<CheckSampler> sampler_{std::in_place, default_options(), counters_, budget_};
};

TEST_F(CheckSamplerTest, AGaugeKeepsItsLastValueAndACountItsSum) {
  for (const double value : {4.0, 7.0}) {
    add(Type::gauge, "g", value);
    add(Type::count, "c", value);
  }
  EXPECT_THAT(end_run(), ElementsAre("g gauge 7 1000", "c count 11 1000"));
  EXPECT_THAT(end_run(), IsEmpty());
}

TEST_F(CheckSamplerTest, ARateNeedsTwoRunsAndDropsADecrease) {
  add(Type::rate, "r", 100);
  EXPECT_THAT(end_run(), IsEmpty());
  add(Type::rate, "r", 150);
  EXPECT_THAT(end_run(), ElementsAre("r gauge 5 1010"));
  add(Type::rate, "r", 20);
  EXPECT_THAT(end_run(), IsEmpty());
  add(Type::rate, "r", 50);
  EXPECT_THAT(end_run(), ElementsAre("r gauge 3 1030"));
}

struct MonotonicCase {
  int line;
  std::vector<std::pair<double, bool>> samples;  ///< value, flush_first; NaN: the end of a run
  std::vector<double> sums;                      ///< -1: nothing
};

TEST(MonotonicCountTest, FollowsTheRules) {
  const double end = std::nan("");
  const MonotonicCase cases[] = {
      {__LINE__, {{2, false}, {end, false}}, {-1}},
      {__LINE__, {{2, true}, {end, false}}, {2}},
      {__LINE__,
       {{2, false},
        {3, false},
        {6, false},
        {7, false},
        {end, false},
        {10, false},
        {11, false},
        {end, false}},
       {5, 4}},
      // The first run gives nothing, and is the start of the second.
      {__LINE__, {{2, false}, {end, false}, {5, false}, {end, false}}, {-1, 3}},
      // A counter that began again: nothing, or all of it when the check says so.
      {__LINE__,
       {{99, false},
        {100, false},
        {end, false},
        {3, false},
        {end, false},
        {5, false},
        {end, false}},
       {1, 0, 2}},
      {__LINE__, {{99, false}, {100, false}, {end, false}, {3, true}, {end, false}}, {1, 3}},
      // Runs without a sample change nothing.
      {__LINE__, {{1, true}, {end, false}, {end, false}, {4, false}, {end, false}}, {1, -1, 3}},
      // An unchanged counter is a zero.
      {__LINE__, {{8, true}, {end, false}, {8, false}, {end, false}}, {8, 0}},
  };
  for (const MonotonicCase& c : cases) {
    MonotonicCount count;
    std::vector<double> sums;
    for (const auto& [value, flush_first] : c.samples) {
      if (std::isnan(value)) {
        sums.push_back(count.flush().value_or(-1));
      } else {
        count.add(value, flush_first);
      }
    }
    EXPECT_EQ(sums, c.sums) << "line " << c.line;
  }
}

TEST_F(CheckSamplerTest, AMonotonicCountIsSentAsACount) {
  add_first(Type::monotonic_count, "m", 12);
  EXPECT_THAT(end_run(), ElementsAre("m count 12 1000"));
  add(Type::monotonic_count, "m", 15);
  EXPECT_THAT(end_run(), ElementsAre("m count 3 1010"));
}

TEST_F(CheckSamplerTest, AHistogramCountsPerSecondOfOne) {
  for (const double value : {10.0, 20.0, 30.0, 40.0, 50.0}) add(Type::histogram, "h", value);
  EXPECT_THAT(end_run(),
              ElementsAre("h.max gauge 50 1000", "h.median gauge 30 1000", "h.avg gauge 30 1000",
                          "h.count rate 5 1000", "h.95percentile gauge 50 1000"));
  add(Type::histogram, "h", 1);
  EXPECT_EQ(end_run().at(0), "h.max gauge 1 1010");
}

TEST_F(CheckSamplerTest, AHistorateIsAHistogramOfRates) {
  add(Type::historate, "h", 10);
  EXPECT_THAT(end_run(), IsEmpty());
  add(Type::historate, "h", 60);
  EXPECT_THAT(end_run(),
              ElementsAre("h.max gauge 5 1010", "h.median gauge 5 1010", "h.avg gauge 5 1010",
                          "h.count rate 1 1010", "h.95percentile gauge 5 1010"));
}

TEST_F(CheckSamplerTest, ADistributionIsASketchPerRun) {
  add(Type::distribution, "d", 1);
  add(Type::distribution, "d", 3);
  EXPECT_THAT(end_run(), ElementsAre("d sketch n=2 min=1 max=3 1000"));
  add(Type::distribution, "d", 3);
  EXPECT_THAT(end_run(), ElementsAre("d sketch n=1 min=3 max=3 1010"));
}

TEST_F(CheckSamplerTest, BucketsAreIncreasesPerBounds) {
  add_bucket(0, 1, 10);
  add_bucket(1, 2, 100);
  EXPECT_THAT(end_run(), IsEmpty());  // nobody knows since when they count
  add_bucket(0, 1, 12);
  add_bucket(1, 2, 101);
  const auto lines = end_run();
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_TRUE(lines[0].starts_with("b sketch n=3 ")) << lines[0];
  add_bucket(0, 1, 12);
  EXPECT_THAT(end_run(), IsEmpty());
}

TEST_F(CheckSamplerTest, AFirstOrRestartedBucketCountsInFullOnlyWhenTheCheckSaysSo) {
  add_bucket(1, 1, 5, true);
  EXPECT_THAT(end_run(), ElementsAre("b sketch n=5 min=1 max=1 1000"));
  add_bucket(1, 1, 2, false);
  EXPECT_THAT(end_run(), IsEmpty());
  add_bucket(1, 1, 6, false);
  EXPECT_THAT(end_run(), ElementsAre("b sketch n=4 min=1 max=1 1020"));
  add_bucket(1, 1, 3, true);
  EXPECT_THAT(end_run(), ElementsAre("b sketch n=3 min=1 max=1 1030"));
}

TEST_F(CheckSamplerTest, ABucketWithoutEndIsItsLowerBound) {
  add_bucket(4, kInfinity, 5, true);
  // The sketch tells values by their bins: 3.97 is where that of 4 begins.
  EXPECT_THAT(end_run(), ElementsAre("b sketch n=5 min=3.974395 max=3.974395 1000"));
}

TEST_F(CheckSamplerTest, ImpossibleBucketsAreDroppedAndCounted) {
  add_bucket(0, 1, -1, true);
  add_bucket(2, 1, 5, true);
  add_bucket(-kInfinity, 1, 5, true);
  add_bucket(0, std::nan(""), 5, true);
  add_bucket(0, 1, 1e300, true);
  EXPECT_EQ(counters_.bad_buckets.value, 5u);
  add_bucket(0, 1, 0, true);  // nothing in it: no fault
  EXPECT_EQ(counters_.bad_buckets.value, 5u);
  EXPECT_THAT(end_run(), IsEmpty());
}

TEST_F(CheckSamplerTest, ValuesThatAreNoNumbersAreDroppedAndCounted) {
  add(Type::gauge, "g", std::nan(""));
  add(Type::rate, "r", kInfinity);
  EXPECT_EQ(counters_.non_finite.value, 2u);
  EXPECT_EQ(sampler_->contexts(), 0u);
  for (const double value : {1e308, 1e308}) add(Type::count, "c", value);
  EXPECT_THAT(end_run(), IsEmpty());  // their sum is none either
}

TEST_F(CheckSamplerTest, TypeTagsAndHostTellContextsApart) {
  add(Type::gauge, "x", 1);
  add(Type::count, "x", 2);
  add(Type::gauge, "x", 3, {"a:1"});
  add(Type::gauge, "x", 4, {"a:1", "b"});
  CheckSample sample;
  sample.name = "x";
  sample.value = 5;
  sample.host = "elsewhere";
  sampler_->add(sample, now_);
  EXPECT_THAT(end_run(), ElementsAre("x gauge 1 1000", "x count 2 1000", "x{a:1} gauge 3 1000",
                                     "x{a:1,b} gauge 4 1000", "x@elsewhere gauge 5 1000"));
}

TEST_F(CheckSamplerTest, TagsOfTheInstanceAndItsHostAreOnEverything) {
  auto options = default_options();
  options.tags = model::make_tags({"env:x"});
  options.hostname = "here";
  remake(options);
  add(Type::gauge, "g", 1, {"a"});
  add(Type::distribution, "d", 1);
  EXPECT_THAT(end_run(), ElementsAre("g{a,env:x}@here gauge 1 1000",
                                     "d{env:x}@here sketch n=1 min=1 max=1 1000"));
}

TEST_F(CheckSamplerTest, RunsWaitForTheFlushWithTheirOwnTimes) {
  add(Type::gauge, "g", 1);
  add(Type::distribution, "d", 1);
  commit();
  pass(seconds(5));
  add(Type::gauge, "g", 2);
  commit();
  add(Type::gauge, "g", 3);  // of a run that has not ended
  EXPECT_TRUE(sampler_->has_data());
  EXPECT_THAT(flush(),
              ElementsAre("g gauge 1 1000", "g gauge 2 1005", "d sketch n=1 min=1 max=1 1000"));
  EXPECT_FALSE(sampler_->has_data());
  EXPECT_EQ(counters_.series.value, 2u);
  EXPECT_EQ(counters_.sketches.value, 1u);
}

TEST_F(CheckSamplerTest, AContextIsForgottenAfterTwoRunsWithoutIt) {
  add(Type::gauge, "g", 1);
  add(Type::monotonic_count, "m", 1);
  (void)end_run();
  (void)end_run();
  EXPECT_EQ(sampler_->contexts(), 2u);
  (void)end_run();
  EXPECT_EQ(sampler_->contexts(), 1u);  // the counter's last value is still good
  add(Type::monotonic_count, "m", 4);
  EXPECT_THAT(end_run(), ElementsAre("m count 3 1030"));
}

TEST_F(CheckSamplerTest, ACounterIsForgottenAfterADayAndAnHour) {
  add(Type::rate, "r", 1);
  commit();
  pass(hours(25) - seconds(1));
  for (int i = 0; i < 3; ++i) commit();
  EXPECT_EQ(sampler_->contexts(), 1u);
  pass(seconds(1));
  commit();
  EXPECT_EQ(sampler_->contexts(), 0u);
  EXPECT_EQ(sampler_->bytes(), 0u);
}

TEST_F(CheckSamplerTest, NoContextGoesWhileAValueOfItWaits) {
  add(Type::gauge, "g", 1);
  for (int i = 0; i < 5; ++i) {
    commit();
    pass(seconds(10));
  }
  EXPECT_EQ(sampler_->contexts(), 1u);
  EXPECT_THAT(flush(), ElementsAre("g gauge 1 1000"));
  EXPECT_EQ(sampler_->contexts(), 0u);
}

TEST_F(CheckSamplerTest, NewContextsOverTheLimitAreRefusedAndKnownOnesGoOn) {
  auto options = default_options();
  options.max_contexts = 2;
  remake(options);
  add(Type::gauge, "a", 1);
  add(Type::monotonic_count, "b", 1);
  add(Type::gauge, "c", 1);
  add(Type::gauge, "a", 2);
  EXPECT_EQ(counters_.contexts_refused.value, 1u);
  EXPECT_THAT(end_run(), ElementsAre("a gauge 2 1000"));
  // An idle counter makes room before anything new is refused.
  for (int i = 0; i < 3; ++i) {
    add(Type::gauge, "a", 2);
    (void)end_run();
  }
  add(Type::gauge, "c", 1);
  EXPECT_EQ(counters_.contexts_refused.value, 1u);
  EXPECT_EQ(end_run().size(), 1u);
}

TEST_F(CheckSamplerTest, BytesAreLimitedAndGivenBack) {
  auto options = default_options();
  options.max_bytes = 20'000;
  remake(options);
  for (int i = 0; i < 100'000; ++i) add(Type::histogram, "h", i);
  EXPECT_GT(counters_.contexts_refused.value, 0u);
  EXPECT_LT(sampler_->bytes(), 40'000u);  // one doubling of a vector over
  EXPECT_EQ(budget_.used, sampler_->bytes());
  (void)end_run();
  EXPECT_LT(sampler_->bytes(), 1'000u);
  sampler_.reset();
  EXPECT_EQ(budget_.used, 0u);
}

TEST_F(CheckSamplerTest, OneBudgetHoldsForAllSamplers) {
  budget_.max_bytes = 2'000;
  CheckSampler other(default_options(), counters_, budget_);
  for (int i = 0; i < 100; ++i) add(Type::gauge, "g" + std::to_string(i), 1);
  const auto before = counters_.contexts_refused.value;
  EXPECT_GT(before, 0u);
  CheckSample sample;
  sample.name = "x";
  other.add(sample, now_);
  EXPECT_EQ(counters_.contexts_refused.value, before + 1);
  EXPECT_LE(budget_.used, 2'000u);
}

TEST_F(CheckSamplerTest, AnOversizedContextIsRefused) {
  const std::string tag(20'000, 'x');
  add(Type::gauge, "g", 1, {tag});
  EXPECT_EQ(counters_.contexts_refused.value, 1u);
  EXPECT_EQ(sampler_->contexts(), 0u);
}

}  // namespace
}  // namespace remora::metrics
