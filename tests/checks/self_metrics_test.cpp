#include "remora/checks/self_metrics.hpp"

#include <gtest/gtest.h>

#include "fakes/fake_sender.hpp"

namespace remora::checks {
namespace {

const model::Tags kTask = model::make_tags({"task_family:shop"});

TEST(SelfMetrics, EveryFlushSaysThatTheAgentRuns) {
  fakes::FakeSender sender;
  submit_self_metrics(sender, kTask, "0.1.0", 3, false);
  ASSERT_EQ(sender.samples.size(), 2u);
  const model::Sample& running = sender.samples[0];
  EXPECT_EQ(running.metric, "datadog.agent.running");
  EXPECT_EQ(running.kind, model::SampleKind::gauge);
  EXPECT_EQ(running.value, 1);
  EXPECT_EQ(*running.tags, (model::TagList{"task_family:shop", "version:0.1.0"}));
  EXPECT_EQ(running.origin, model::kOriginAgentInternal);
  const model::Sample& dropped = sender.samples[1];
  EXPECT_EQ(dropped.metric, "n_o_i_n_d_e_x.datadog.agent.payload.dropped");
  EXPECT_EQ(dropped.kind, model::SampleKind::gauge);
  EXPECT_EQ(dropped.value, 3);
  EXPECT_EQ(*dropped.tags, *kTask);
  ASSERT_EQ(sender.service_checks.size(), 1u);
  EXPECT_EQ(sender.service_checks[0].check, "datadog.agent.up");
  EXPECT_EQ(sender.service_checks[0].status, model::CheckStatus::ok);
  EXPECT_EQ(sender.service_checks[0].message, "");
  EXPECT_EQ(*sender.service_checks[0].tags, *kTask);
}

TEST(SelfMetrics, OnlyTheFirstFlushCountsTheStart) {
  fakes::FakeSender sender;
  submit_self_metrics(sender, kTask, "0.1.0", 0, true);
  const model::Sample* started = sender.find("datadog.agent.started");
  ASSERT_NE(started, nullptr);
  EXPECT_EQ(started->kind, model::SampleKind::count);
  EXPECT_EQ(started->value, 1);
  EXPECT_TRUE(fakes::FakeSender::has_tag(*started, "version:0.1.0"));
}

}  // namespace
}  // namespace remora::checks
