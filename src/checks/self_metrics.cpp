#include "remora/checks/self_metrics.hpp"

#include <array>
#include <string>
#include <utility>

namespace remora::checks {
namespace {

constexpr MetricInfo kRunning{"datadog.agent.running", "gauge", ""};
constexpr MetricInfo kStarted{"datadog.agent.started", "count", ""};
// The prefix tells the intake not to index it.
constexpr MetricInfo kPayloadDropped{"n_o_i_n_d_e_x.datadog.agent.payload.dropped", "gauge", ""};
constexpr std::array kMetrics{kRunning, kStarted, kPayloadDropped};

}  // namespace

std::span<const MetricInfo> agent_self_metrics() { return kMetrics; }

void submit_self_metrics(Sender& sender, const model::Tags& global_tags, std::string_view version,
                         std::uint64_t payloads_dropped, bool first) {
  const model::TagList extra(1, "version:" + std::string(version));
  const model::Tags tags = model::with_tags(global_tags, extra);
  model::Sample sample{kRunning.name, model::SampleKind::gauge, 1, tags,
                       model::kOriginAgentInternal};
  sender.submit(sample);
  if (first) {
    sample.metric = kStarted.name;
    sample.kind = model::SampleKind::count;
    sender.submit(sample);
  }
  sample.metric = kPayloadDropped.name;
  sample.kind = model::SampleKind::gauge;
  sample.value = static_cast<double>(payloads_dropped);
  sample.tags = global_tags;
  sender.submit(sample);

  model::ServiceCheck up;
  up.check = "datadog.agent.up";
  up.tags = global_tags;
  sender.submit(std::move(up));
}

}  // namespace remora::checks
