#include "remora/metrics/check_aggregator.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <optional>

#include "fakes/fake_clock.hpp"

namespace remora::metrics {
namespace {

using model::SampleKind;
using std::chrono::seconds;

class CheckAggregatorTest : public testing::Test {
 protected:
  void submit(std::string_view metric, double value, const model::Tags& tags,
              SampleKind kind = SampleKind::gauge) {
    aggregator_->submit(model::Sample{metric, kind, value, tags, model::kOriginContainerCheck});
  }
  void use(CheckAggregatorOptions options) { aggregator_.emplace(clock_, counters_, options); }

  fakes::FakeClock clock_;
  telemetry::AggregatorCounters counters_;
  std::optional<CheckAggregator> aggregator_{std::in_place, clock_, counters_,
                                             CheckAggregatorOptions()};
  const model::Tags a_ = model::make_tags({"container_id:a"});
  const model::Tags b_ = model::make_tags({"container_id:b"});
};

TEST_F(CheckAggregatorTest, FillsEveryFieldOfASeries) {
  submit("m.gauge", 2.5, a_);
  clock_.advance(seconds(7));
  const auto flushed = aggregator_->flush();
  ASSERT_EQ(flushed.series.size(), 1u);
  const model::Series& s = flushed.series[0];
  EXPECT_EQ(s.metric, "m.gauge");
  EXPECT_EQ(s.type, model::SeriesType::gauge);
  EXPECT_EQ(s.tags, a_);
  ASSERT_EQ(s.points.size(), 1u);
  EXPECT_EQ(s.points[0].timestamp, 1'700'000'007);  // of the flush, not of the sample
  EXPECT_EQ(s.points[0].value, 2.5);
  EXPECT_EQ(s.interval, 0);
  EXPECT_EQ(s.source_type_name, "System");
  EXPECT_EQ(s.origin, model::kOriginContainerCheck);
  EXPECT_EQ(s.host, "");
}

TEST_F(CheckAggregatorTest, RatesTravelAsGaugesAndCountsWithTheirInterval) {
  for (int i = 0; i < 2; ++i) {
    submit("m.rate", 30.0 * i, a_, SampleKind::rate);
    submit("m.mono", 30.0 * i, a_, SampleKind::monotonic_count);
    submit("m.count", 1, a_, SampleKind::count);
    clock_.advance(seconds(15));
  }
  const auto series = aggregator_->flush().series;
  ASSERT_EQ(series.size(), 3u);  // in the order of their names
  EXPECT_EQ(series[0].metric, "m.count");
  EXPECT_EQ(series[0].type, model::SeriesType::count);
  EXPECT_EQ(series[0].interval, 15);
  EXPECT_EQ(series[0].points[0].value, 2);
  EXPECT_EQ(series[1].metric, "m.mono");
  EXPECT_EQ(series[1].type, model::SeriesType::count);
  EXPECT_EQ(series[1].points[0].value, 30);
  EXPECT_EQ(series[2].metric, "m.rate");
  EXPECT_EQ(series[2].type, model::SeriesType::gauge);
  EXPECT_EQ(series[2].interval, 0);
  EXPECT_EQ(series[2].points[0].value, 2);
}

TEST_F(CheckAggregatorTest, EqualTagsOfANewListAreTheSameContext) {
  for (int i = 0; i < 8; ++i) {  // more lists than are remembered by address
    submit("m", 10.0 * i, model::make_tags({"container_id:a"}), SampleKind::rate);
    clock_.advance(seconds(10));
  }
  const auto series = aggregator_->flush().series;
  ASSERT_EQ(series.size(), 1u);
  EXPECT_EQ(series[0].points[0].value, 1);
}

TEST_F(CheckAggregatorTest, ARestartedContainerStartsANewContext) {
  submit("m", 9000, a_, SampleKind::rate);
  clock_.advance(seconds(15));
  (void)aggregator_->flush();
  submit("m", 9500, b_, SampleKind::rate);
  EXPECT_TRUE(aggregator_->flush().series.empty());
}

TEST_F(CheckAggregatorTest, ForgettingKeepsWhatWasSubmittedButNoBaseline) {
  submit("m.rate", 100, a_, SampleKind::rate);
  submit("m.gauge", 7, a_);
  aggregator_->forget(model::make_tags({"container_id:a"}));
  clock_.advance(seconds(15));
  submit("m.rate", 400, a_, SampleKind::rate);
  const auto series = aggregator_->flush().series;
  ASSERT_EQ(series.size(), 1u);
  EXPECT_EQ(series[0].metric, "m.gauge");
  EXPECT_EQ(series[0].points[0].timestamp, 1'700'000'015);
}

TEST_F(CheckAggregatorTest, ForgettingOneListLeavesTheOthers) {
  submit("m", 1, a_);
  submit("m", 2, b_);
  (void)aggregator_->flush();
  aggregator_->forget(a_);
  submit("m", 3, b_);
  const auto series = aggregator_->flush().series;
  ASSERT_EQ(series.size(), 1u);
  EXPECT_EQ(series[0].tags, b_);
}

TEST_F(CheckAggregatorTest, DropsAndCountsWhatIsNotFinite) {
  submit("m", std::nan(""), a_);
  submit("m", std::numeric_limits<double>::infinity(), a_);
  EXPECT_TRUE(aggregator_->flush().series.empty());
  EXPECT_EQ(counters_.non_finite.value, 2u);
}

TEST_F(CheckAggregatorTest, RefusesNewContextsOverTheLimitAndKeepsTheOldOnes) {
  use({.max_contexts = 2});
  submit("one", 1, a_);
  submit("two", 2, a_);
  submit("three", 3, a_);  // known tags
  submit("one", 4, b_);    // new tags
  submit("one", 5, a_);    // known context
  const auto series = aggregator_->flush().series;
  ASSERT_EQ(series.size(), 2u);
  EXPECT_EQ(series[0].points[0].value, 5);
  EXPECT_EQ(counters_.contexts_refused.value, 2u);
}

TEST_F(CheckAggregatorTest, ExpiryMakesRoomForNewContexts) {
  use({.max_contexts = 1, .context_expiry = seconds(300)});
  submit("m", 1, a_);
  clock_.advance(seconds(300));
  (void)aggregator_->flush();
  submit("m", 1, b_);
  EXPECT_EQ(counters_.contexts_refused.value, 1u);
  clock_.advance(seconds(1));
  (void)aggregator_->flush();
  submit("m", 2, b_);
  EXPECT_EQ(aggregator_->flush().series.size(), 1u);
}

TEST_F(CheckAggregatorTest, TheOrderOfAFlushDoesNotDependOnTheOrderOfSubmission) {
  submit("b", 1, b_);
  submit("b", 1, a_);
  submit("a", 1, b_);
  std::vector<std::string> order;
  for (const auto& s : aggregator_->flush().series)
    order.push_back(s.tags->front() + " " + s.metric);
  EXPECT_EQ(order,
            (std::vector<std::string>{"container_id:a b", "container_id:b a", "container_id:b b"}));
}

TEST_F(CheckAggregatorTest, ServiceChecksGetTheTimeOfSubmissionAndLeaveOnce) {
  model::ServiceCheck check;
  check.check = "datadog.agent.up";
  aggregator_->submit(check);
  clock_.advance(seconds(5));
  check.timestamp = 42;
  aggregator_->submit(check);
  const auto checks = aggregator_->flush().service_checks;
  ASSERT_EQ(checks.size(), 2u);
  EXPECT_EQ(checks[0].timestamp, 1'700'000'000);
  EXPECT_EQ(checks[1].timestamp, 42);
  EXPECT_TRUE(aggregator_->flush().service_checks.empty());
}

TEST_F(CheckAggregatorTest, StatusShowsTheCounters) {
  submit("m", 1, a_);
  (void)aggregator_->flush();
  const auto node = aggregator_->status();
  EXPECT_EQ(node.title, "Aggregator");
  ASSERT_GE(node.fields.size(), 4u);
  EXPECT_EQ(node.fields[0].first, "Checks Metric Sample");
  EXPECT_EQ(std::get<std::uint64_t>(node.fields[0].second), 1u);
  EXPECT_EQ(node.fields[3].first, "Series Flushed");
  EXPECT_EQ(std::get<std::uint64_t>(node.fields[3].second), 1u);
}

}  // namespace
}  // namespace remora::metrics
