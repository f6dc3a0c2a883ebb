#include "remora/checks/dogstatsd_metrics.hpp"

#include <algorithm>
#include <string>

namespace remora::checks {
namespace {

using telemetry::Counter;
using telemetry::DogstatsdCounters;
using telemetry::SamplerCounters;

// The place of a transport and a message kind in the arrays of the counters.
constexpr std::size_t kUdp = 0, kDatagram = 1, kStream = 2;

constexpr MetricInfo kProcessed{"datadog.dogstatsd.processed", "count", ""};
constexpr MetricInfo kMetricTypeCount{"datadog.dogstatsd.metric_type_count", "count", ""};
constexpr MetricInfo kFilteredPoints{"datadog.dogstatsd.listener_filtered_points", "count", ""};
constexpr MetricInfo kUdpPackets{"datadog.dogstatsd.udp_packets", "count", ""};
constexpr MetricInfo kUdpBytes{"datadog.dogstatsd.udp_packets_bytes", "count", "byte"};
constexpr MetricInfo kUdpKernelDrops{"datadog.dogstatsd.udp_kernel_drops", "count", ""};
constexpr MetricInfo kUdsPackets{"datadog.dogstatsd.uds_packets", "count", ""};
constexpr MetricInfo kUdsBytes{"datadog.dogstatsd.uds_packets_bytes", "count", "byte"};
constexpr MetricInfo kUdsConnections{"datadog.dogstatsd.uds_connections", "gauge", ""};
constexpr MetricInfo kUdsRefused{"datadog.dogstatsd.uds_connections_refused", "count", ""};
constexpr MetricInfo kUdsBadFrames{"datadog.dogstatsd.uds_bad_frames", "count", ""};
constexpr MetricInfo kOriginErrors{"datadog.dogstatsd.uds_origin_detection_error", "count", ""};
constexpr MetricInfo kTruncated{"datadog.dogstatsd.truncated_packets", "count", ""};
constexpr MetricInfo kRefused{"datadog.dogstatsd.refused", "count", ""};
constexpr MetricInfo kUnterminated{"datadog.dogstatsd.unterminated", "count", ""};
constexpr MetricInfo kBadFields{"datadog.dogstatsd.bad_fields", "count", ""};
constexpr MetricInfo kNoAggregation{"datadog.dogstatsd.no_aggregation.processed", "count", ""};
constexpr MetricInfo kContexts{"datadog.dogstatsd.contexts", "gauge", ""};
constexpr MetricInfo kContextsBytes{"datadog.dogstatsd.contexts_bytes", "gauge", "byte"};
constexpr MetricInfo kContextsRefused{"datadog.dogstatsd.contexts_refused", "count", ""};
constexpr MetricInfo kValuesRefused{"datadog.dogstatsd.values_refused", "count", ""};
constexpr MetricInfo kNonFinite{"datadog.dogstatsd.values_not_finite", "count", ""};
constexpr MetricInfo kOriginsRefused{"datadog.dogstatsd.origins_refused", "count", ""};
constexpr MetricInfo kDropped{"datadog.dogstatsd.dropped", "count", ""};
constexpr MetricInfo kForwardErrors{"datadog.dogstatsd.forward_errors", "count", ""};

constexpr std::array kMetrics{
    kProcessed,      kMetricTypeCount, kFilteredPoints, kUdpPackets,     kUdpBytes,
    kUdpKernelDrops, kUdsPackets,      kUdsBytes,       kUdsConnections, kUdsRefused,
    kUdsBadFrames,   kOriginErrors,    kTruncated,      kRefused,        kUnterminated,
    kBadFields,      kNoAggregation,   kContexts,       kContextsBytes,  kContextsRefused,
    kValuesRefused,  kNonFinite,       kOriginsRefused, kDropped,        kForwardErrors};

// One flush of them.
class Submission {
 public:
  Submission(Sender& sender, const model::Tags& global_tags)
      : sender_(sender), global_tags_(global_tags) {}

  void gauge(const MetricInfo& metric, std::uint64_t value, model::TagList extra = {}) {
    send(metric, model::SampleKind::gauge, value, extra);
  }
  void count(const MetricInfo& metric, std::uint64_t now, std::uint64_t before,
             model::TagList extra = {}) {
    if (now > before) send(metric, model::SampleKind::count, now - before, extra);
  }
  void count(const MetricInfo& metric, Counter now, Counter before, model::TagList extra = {}) {
    count(metric, now.value, before.value, std::move(extra));
  }

 private:
  void send(const MetricInfo& metric, model::SampleKind kind, std::uint64_t value,
            const model::TagList& extra) {
    sender_.submit({metric.name, kind, static_cast<double>(value),
                    model::with_tags(global_tags_, extra), model::kOriginAgentInternal});
  }

  Sender& sender_;
  const model::Tags& global_tags_;
};

std::string tag(std::string_view key, std::string_view value) {
  return std::string(key) + ':' + std::string(value);
}

void submit_messages(Submission& out, const DogstatsdCounters& now, const DogstatsdCounters& before,
                     const DogstatsdNames& names) {
  const auto processed = [&](std::string_view kind, const telemetry::MessageCounters& n,
                             const telemetry::MessageCounters& b) {
    out.count(kProcessed, n.ok, b.ok, {tag("message_type", kind), "state:ok"});
    out.count(kProcessed, n.error, b.error, {tag("message_type", kind), "state:error"});
  };
  processed("metrics", now.metrics, before.metrics);
  processed("events", now.events, before.events);
  processed("service_checks", now.service_checks, before.service_checks);
  for (std::size_t i = 0; i < names.types.size(); ++i) {
    out.count(kMetricTypeCount, now.by_type[i], before.by_type[i],
              {tag("metric_type", names.types[i])});
  }
  out.count(kFilteredPoints, now.filtered, before.filtered);
  for (std::size_t i = 0; i < names.rejects.size(); ++i) {
    if (names.rejects[i].empty()) continue;
    out.count(kRefused, now.by_reject[i], before.by_reject[i], {tag("reason", names.rejects[i])});
  }
  out.count(kUnterminated, now.unterminated, before.unterminated);
  out.count(kBadFields, now.bad_fields, before.bad_fields);
  out.count(kNoAggregation, now.unsupported_timestamped, before.unsupported_timestamped,
            {"state:unsupported_type"});
  out.count(kOriginsRefused, now.origins_refused, before.origins_refused);
  out.count(kDropped, now.dropped_events, before.dropped_events, {"message_type:events"});
  out.count(kDropped, now.dropped_service_checks, before.dropped_service_checks,
            {"message_type:service_checks"});
  out.count(kForwardErrors, now.forward_errors, before.forward_errors);
}

void submit_packets(Submission& out, const DogstatsdCounters& now, const DogstatsdCounters& before,
                    const DogstatsdNames& names) {
  out.count(kUdpPackets, now.packets[kUdp], before.packets[kUdp], {"state:ok"});
  out.count(kUdpPackets, now.read_errors[kUdp], before.read_errors[kUdp], {"state:error"});
  out.count(kUdpBytes, now.bytes[kUdp], before.bytes[kUdp]);
  for (const std::size_t i : {kDatagram, kStream}) {
    const std::string transport = tag("transport", names.transports[i]);
    out.count(kUdsPackets, now.packets[i], before.packets[i], {transport, "state:ok"});
    out.count(kUdsPackets, now.read_errors[i], before.read_errors[i], {transport, "state:error"});
    out.count(kUdsBytes, now.bytes[i], before.bytes[i], {transport});
  }
  for (std::size_t i = 0; i < names.transports.size(); ++i) {
    out.count(kTruncated, now.truncated[i], before.truncated[i],
              {tag("transport", names.transports[i])});
  }
  out.count(kUdsRefused, now.stream_connections_refused, before.stream_connections_refused);
  out.count(kUdsBadFrames, now.stream_too_long, before.stream_too_long, {"reason:too_long"});
  out.count(kUdsBadFrames, now.stream_cut_short, before.stream_cut_short, {"reason:cut_short"});
  out.count(kOriginErrors, now.origin_errors, before.origin_errors);
}

}  // namespace

std::span<const MetricInfo> dogstatsd_metrics() { return kMetrics; }

DogstatsdMetrics::DogstatsdMetrics(const DogstatsdNames& names, const DogstatsdCounters& server,
                                   const SamplerCounters& sampler)
    : names_(names), server_(server), sampler_(sampler) {}

void DogstatsdMetrics::submit(Sender& sender, const model::Tags& global_tags,
                              const DogstatsdReading& reading) {
  Submission out(sender, global_tags);
  submit_messages(out, server_, last_server_, names_);
  submit_packets(out, server_, last_server_, names_);
  out.count(kUdpKernelDrops, reading.kernel_drops, last_kernel_drops_);
  out.count(kContextsRefused, sampler_.refused_contexts, last_sampler_.refused_contexts);
  out.count(kValuesRefused, sampler_.refused_values, last_sampler_.refused_values);
  out.count(kNonFinite, sampler_.non_finite, last_sampler_.non_finite);
  const auto& packets = server_.packets;
  if (std::any_of(packets.begin(), packets.end(), [](Counter c) { return c.value > 0; })) {
    out.gauge(kContexts, reading.contexts);
    out.gauge(kContextsBytes, reading.contexts_bytes);
  }
  if (server_.stream_connections_opened.value > 0) {
    out.gauge(kUdsConnections, reading.stream_connections,
              {tag("transport", names_.transports[kStream])});
  }
  last_server_ = server_;
  last_sampler_ = sampler_;
  last_kernel_drops_ = reading.kernel_drops;
}

}  // namespace remora::checks
