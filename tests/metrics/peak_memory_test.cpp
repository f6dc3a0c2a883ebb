// What applications and checks can make the aggregators hold: see "Waiting places" in
// docs/architecture.md.
#include <gtest/gtest.h>

#include <array>
#include <string>

#include "fakes/allocation_counter.hpp"
#include "fakes/fake_clock.hpp"
#include "remora/metrics/check_aggregator.hpp"
#include "remora/metrics/time_sampler.hpp"

namespace remora::metrics {
namespace {

TEST(PeakMemory, ContextsOfTheAggregator) {
  fakes::FakeClock clock;
  telemetry::AggregatorCounters counters;
  CheckAggregator aggregator(clock, counters, {});
  const model::Tags tags = model::make_tags({"container_id:a"});
  const fakes::PeakMemory memory;
  for (int i = 0; i < 150'000; ++i) {
    const std::string name = "metric." + std::to_string(i);
    aggregator.submit(
        model::Sample{name, model::SampleKind::gauge, 1, tags, model::kOriginContainerCheck});
  }
  EXPECT_LT(memory.peak(), 48 << 20);
}

constexpr std::size_t kBudget = 8u << 20;
TimeSamplerOptions within_budget() {
  TimeSamplerOptions options;
  options.max_bytes = kBudget;
  return options;
}

TEST(PeakMemory, ContextsOfDogStatsD) {
  telemetry::SamplerCounters counters;
  TimeSampler sampler(within_budget(), counters);
  const fakes::PeakMemory memory;
  for (std::uint64_t i = 0; i < 200'000; ++i) {
    const std::string tag = "user:" + std::to_string(i) + std::string(i % 200, 'x');
    const std::array<std::string_view, 1> tags{tag};
    ContextDescription description;
    description.name = "requests";
    description.tags = tags;
    const ContextId context = sampler.intern(description, i + 1);
    if (context != kUnknownContext) sampler.add(context, std::array{1.0}, 1, 1'000);
  }
  EXPECT_GT(counters.refused_contexts.value, 0u);
  EXPECT_LT(memory.peak(), kBudget + kBudget / 2);
}

TEST(PeakMemory, ValuesOfDogStatsDBetweenTwoFlushes) {
  telemetry::SamplerCounters counters;
  TimeSampler sampler(within_budget(), counters);
  const fakes::PeakMemory memory;
  std::uint64_t alias = 0;
  const auto context = [&](std::string_view name, SampleType type) {
    ContextDescription description;
    description.name = name;
    description.type = type;
    return sampler.intern(description, ++alias);
  };
  const ContextId set = context("set", SampleType::set);
  const ContextId histogram = context("histogram", SampleType::histogram);
  const ContextId distribution = context("distribution", SampleType::distribution);
  for (int i = 0; i < 400'000; ++i) {
    sampler.add_member(set, std::to_string(i) + std::string(64, 'm'), 1'000);
    sampler.add(histogram, std::array{i * 1.5}, 1, 1'000);
    sampler.add(distribution, std::array{i * 1e3}, 1, 1'000 + i % 600);
  }
  EXPECT_GT(counters.refused_values.value, 0u);
  // What samples lie in doubles when it grows, and is there twice for that moment.
  EXPECT_LT(memory.peak(), 2 * kBudget);
}

}  // namespace
}  // namespace remora::metrics
