#include "remora/telemetry/health.hpp"

#include <gtest/gtest.h>

#include "fakes/fake_clock.hpp"

namespace remora::telemetry {
namespace {

using std::chrono::seconds;

TEST(Health, IsUnhealthyUntilTheFirstBeat) {
  fakes::FakeClock clock;
  HealthRegistry registry(clock);
  HealthComponent& forwarder = registry.add("forwarder", seconds(30));
  ASSERT_EQ(registry.report().unhealthy.size(), 1u);
  forwarder.beat();
  EXPECT_TRUE(registry.report().ok());
  EXPECT_EQ(registry.report().healthy, std::vector<std::string>{"forwarder"});
}

TEST(Health, AComponentThatFallsSilentIsUnhealthyOnlyPastItsLimit) {
  fakes::FakeClock clock;
  HealthRegistry registry(clock);
  registry.add("puller", seconds(30)).beat();
  clock.advance(seconds(30));
  EXPECT_TRUE(registry.report().ok());
  clock.advance(seconds(1));
  const auto report = registry.report();
  ASSERT_EQ(report.unhealthy.size(), 1u);
  EXPECT_EQ(report.unhealthy[0].reason, "no sign of life for 31 s");
}

TEST(Health, DegradedIsShownButStaysHealthy) {
  fakes::FakeClock clock;
  HealthRegistry registry(clock);
  HealthComponent& forwarder = registry.add("forwarder", seconds(0));
  forwarder.beat();
  forwarder.degrade("intake unreachable");
  auto report = registry.report();
  EXPECT_TRUE(report.ok());
  ASSERT_EQ(report.degraded.size(), 1u);
  EXPECT_EQ(report.degraded[0].reason, "intake unreachable");
  forwarder.recover();
  EXPECT_TRUE(registry.report().degraded.empty());
}

TEST(Health, DeathOutlivesLaterBeats) {
  fakes::FakeClock clock;
  HealthRegistry registry(clock);
  HealthComponent& c = registry.add("scheduler", seconds(0));
  c.beat();
  c.died("exception: x");
  c.beat();
  EXPECT_FALSE(registry.report().ok());
}

TEST(Health, NamesAreSorted) {
  fakes::FakeClock clock;
  HealthRegistry registry(clock);
  registry.add("b", seconds(0)).beat();
  registry.add("a", seconds(0)).beat();
  EXPECT_EQ(registry.report().healthy, (std::vector<std::string>{"a", "b"}));
}

}  // namespace
}  // namespace remora::telemetry
