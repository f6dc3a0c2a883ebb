#include "remora/checks/dogstatsd_metrics.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <set>
#include <string>
#include <vector>

#include "fakes/fake_sender.hpp"

namespace remora::checks {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const model::Tags kTask = model::make_tags({"task:t"});

DogstatsdNames names() {
  DogstatsdNames names;
  names.transports = {"udp", "unixgram", "unix"};
  names.types = {"counter", "gauge", "set", "histogram", "timing", "distribution"};
  names.rejects[1] = "no_pipe";
  names.rejects[15] = "check_status";
  return names;
}

class DogstatsdMetricsTest : public testing::Test {
 protected:
  // "name kind value tag tag …" of everything a flush sends.
  std::vector<std::string> flush() {
    fakes::FakeSender sender;
    metrics_.submit(sender, kTask, reading_);
    std::vector<std::string> lines;
    for (const model::Sample& s : sender.samples) {
      EXPECT_EQ(s.origin, model::kOriginAgentInternal) << s.metric;
      EXPECT_TRUE(fakes::FakeSender::has_tag(s, "task:t")) << s.metric;
      char value[32];
      std::snprintf(value, sizeof value, "%.17g", s.value);
      std::string& line = lines.emplace_back(s.metric.substr(sizeof "datadog.dogstatsd." - 1));
      line += s.kind == model::SampleKind::gauge ? " gauge " : " count ";
      line += value;
      for (const std::string& tag : *s.tags) {
        if (tag != "task:t") line += ' ' + tag;
      }
    }
    return lines;
  }

  telemetry::DogstatsdCounters server_;
  telemetry::SamplerCounters sampler_;
  DogstatsdReading reading_;
  DogstatsdMetrics metrics_{names(), server_, sampler_};
};

TEST_F(DogstatsdMetricsTest, AnIdleServerSendsNothing) {
  reading_.contexts_bytes = 4096;
  EXPECT_THAT(flush(), IsEmpty());
}

TEST_F(DogstatsdMetricsTest, SendsEveryCounterUnderItsOwnNameAndTags) {
  // All different, so that no counter can stand in for another one.
  std::uint64_t next = 100;
  const auto fill = [&](auto&... counters) { (counters.add(next++), ...); };
  fill(server_.metrics.ok, server_.metrics.error, server_.events.ok, server_.events.error,
       server_.service_checks.ok, server_.service_checks.error);
  for (auto& c : server_.by_type) fill(c);
  fill(server_.filtered, server_.by_reject[1], server_.by_reject[15], server_.unterminated,
       server_.bad_fields, server_.unsupported_timestamped, server_.origins_refused,
       server_.dropped_events, server_.dropped_service_checks, server_.forward_errors);
  for (std::size_t i = 0; i < 3; ++i) {
    fill(server_.packets[i], server_.read_errors[i], server_.bytes[i], server_.truncated[i]);
  }
  fill(server_.stream_connections_opened, server_.stream_connections_refused,
       server_.stream_too_long, server_.stream_cut_short, server_.origin_errors);
  fill(sampler_.refused_contexts, sampler_.refused_values, sampler_.non_finite);
  reading_ = {1, 2, 3, 4};
  EXPECT_THAT(
      flush(),
      ElementsAre(
          "processed count 100 message_type:metrics state:ok",
          "processed count 101 message_type:metrics state:error",
          "processed count 102 message_type:events state:ok",
          "processed count 103 message_type:events state:error",
          "processed count 104 message_type:service_checks state:ok",
          "processed count 105 message_type:service_checks state:error",
          "metric_type_count count 106 metric_type:counter",
          "metric_type_count count 107 metric_type:gauge",
          "metric_type_count count 108 metric_type:set",
          "metric_type_count count 109 metric_type:histogram",
          "metric_type_count count 110 metric_type:timing",
          "metric_type_count count 111 metric_type:distribution",
          "listener_filtered_points count 112",  //
          "refused count 113 reason:no_pipe",
          "refused count 114 reason:check_status",  //
          "unterminated count 115",                 //
          "bad_fields count 116", "no_aggregation.processed count 117 state:unsupported_type",
          "origins_refused count 118",  //
          "dropped count 119 message_type:events", "dropped count 120 message_type:service_checks",
          "forward_errors count 121",  //
          "udp_packets count 122 state:ok",
          "udp_packets count 123 state:error",  //
          "udp_packets_bytes count 124", "uds_packets count 126 state:ok transport:unixgram",
          "uds_packets count 127 state:error transport:unixgram",
          "uds_packets_bytes count 128 transport:unixgram",
          "uds_packets count 130 state:ok transport:unix",
          "uds_packets count 131 state:error transport:unix",
          "uds_packets_bytes count 132 transport:unix", "truncated_packets count 125 transport:udp",
          "truncated_packets count 129 transport:unixgram",
          "truncated_packets count 133 transport:unix", "uds_connections_refused count 135",
          "uds_bad_frames count 136 reason:too_long", "uds_bad_frames count 137 reason:cut_short",
          "uds_origin_detection_error count 138",  //
          "udp_kernel_drops count 4",              //
          "contexts_refused count 139",            //
          "values_refused count 140",              //
          "values_not_finite count 141",           //
          "contexts gauge 1",                      //
          "contexts_bytes gauge 2",                //
          "uds_connections gauge 3 transport:unix"));
}

TEST_F(DogstatsdMetricsTest, CountsAreWhatCameSinceTheLastFlush) {
  server_.packets[0].add(10);
  server_.by_reject[1].add(1);
  sampler_.refused_contexts.add(5);
  reading_ = {7, 700, 0, 3};
  (void)flush();
  server_.packets[0].add(2);
  sampler_.refused_contexts.add(1);
  reading_ = {8, 800, 0, 4};
  EXPECT_THAT(flush(), ElementsAre("udp_packets count 2 state:ok", "udp_kernel_drops count 1",
                                   "contexts_refused count 1", "contexts gauge 8",
                                   "contexts_bytes gauge 800"));
  EXPECT_THAT(flush(), ElementsAre("contexts gauge 8", "contexts_bytes gauge 800"));
}

TEST_F(DogstatsdMetricsTest, ConnectionsAreShownOnceThereWasOne) {
  server_.stream_connections_opened.add(1);
  EXPECT_THAT(flush(), ElementsAre("uds_connections gauge 0 transport:unix"));
}

}  // namespace
}  // namespace remora::checks
