// The fixed path from a check's values to the forwarder: sender, aggregator, serializers.
#pragma once

#include <cstdint>
#include <string>

#include "remora/checks/check.hpp"
#include "remora/forwarder/forwarder.hpp"
#include "remora/metrics/check_aggregator.hpp"
#include "remora/serializer/series_encoder.hpp"
#include "remora/serializer/service_check_encoder.hpp"
#include "remora/tagger/tagger.hpp"

namespace remora::agent {

struct PipelineOptions {
  std::string agent_version;
  std::string hostname;  ///< empty in sidecar mode
  tagger::Cardinality self_cardinality = tagger::Cardinality::low;
  bool series = true, service_checks = true;  ///< DD_ENABLE_PAYLOADS_*
};

/// Threading: the loop. Lifetime: the references outlive it.
class Pipeline final : public checks::Sender {
 public:
  Pipeline(metrics::CheckAggregator& aggregator, serializer::SeriesSerializer& series,
           serializer::ServiceCheckSerializer& service_checks, forwarder::Forwarder& forwarder,
           const tagger::Tagger& tagger, const core::Clock& clock,
           const telemetry::Counters& counters, telemetry::HealthComponent& health,
           PipelineOptions options);

  void submit(const model::Sample& sample) override;
  void submit(model::ServiceCheck check) override;
  void forget(const model::Tags& tags) override;

  /// Adds the self metrics and hands everything since the last flush to the forwarder.
  void flush();

 private:
  metrics::CheckAggregator& aggregator_;
  serializer::SeriesSerializer& series_;
  serializer::ServiceCheckSerializer& service_checks_;
  forwarder::Forwarder& forwarder_;
  const tagger::Tagger& tagger_;
  const core::Clock& clock_;
  const telemetry::Counters& counters_;
  telemetry::HealthComponent& health_;
  PipelineOptions options_;
  bool first_flush_ = true;
};

}  // namespace remora::agent
