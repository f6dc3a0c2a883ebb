// DogStatsD's own metrics, `datadog.dogstatsd.*`: what came in, what was refused and why, how much
// is kept.
//
// Source of the names: DataDog/datadog-agent comp/dogstatsd/server/impl/server.go and
// comp/dogstatsd/listeners/telemetry.go; those of remora alone are marked in docs/metrics.md.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "remora/checks/check.hpp"
#include "remora/checks/metric_info.hpp"
#include "remora/model/tags.hpp"
#include "remora/telemetry/counters.hpp"

namespace remora::checks {

/// Every metric `DogstatsdMetrics` can send, in the order of docs/metrics.md.
[[nodiscard]] std::span<const MetricInfo> dogstatsd_metrics();

/// How DogStatsD calls what its counters are indexed by. Literals.
struct DogstatsdNames {
  std::array<std::string_view, 3> transports;
  std::array<std::string_view, 6> types;
  std::array<std::string_view, 24> rejects;  ///< an empty one is never sent
};

/// What is read when it is asked for, in place of being counted.
struct DogstatsdReading {
  std::uint64_t contexts = 0;
  std::uint64_t contexts_bytes = 0;
  std::uint64_t stream_connections = 0;  ///< open now
  std::uint64_t kernel_drops = 0;        ///< UDP datagrams, since the sockets were opened
};

/// Threading: the loop. Lifetime: the counters outlive it.
class DogstatsdMetrics {
 public:
  DogstatsdMetrics(const DogstatsdNames& names, const telemetry::DogstatsdCounters& server,
                   const telemetry::SamplerCounters& sampler);

  /// To be called right before every flush: each counter's growth since the last call where there
  /// is any, and the gauges once a packet has come. An idle server sends nothing.
  void submit(Sender& sender, const model::Tags& global_tags, const DogstatsdReading& reading);

 private:
  DogstatsdNames names_;
  const telemetry::DogstatsdCounters& server_;
  const telemetry::SamplerCounters& sampler_;
  telemetry::DogstatsdCounters last_server_;
  telemetry::SamplerCounters last_sampler_;
  std::uint64_t last_kernel_drops_ = 0;
};

}  // namespace remora::checks
