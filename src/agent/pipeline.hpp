// What checks and DogStatsD produced, on its way out: aggregators -> serializers -> forwarder.
#pragma once

#include <chrono>
#include <string>

#include "remora/checks/dogstatsd_metrics.hpp"
#include "remora/checks/integration_scheduler.hpp"
#include "remora/checks/scheduler.hpp"
#include "remora/core/async.hpp"
#include "remora/core/clock.hpp"
#include "remora/dogstatsd/enricher.hpp"
#include "remora/dogstatsd/listener.hpp"
#include "remora/dogstatsd/server.hpp"
#include "remora/forwarder/intake.hpp"
#include "remora/metrics/check_aggregator.hpp"
#include "remora/metrics/time_sampler.hpp"
#include "remora/serializer/event_encoder.hpp"
#include "remora/serializer/series_encoder.hpp"
#include "remora/serializer/service_check_encoder.hpp"
#include "remora/serializer/sketch_encoder.hpp"
#include "remora/tagger/tagger.hpp"
#include "remora/telemetry/counters.hpp"
#include "remora/telemetry/health.hpp"

namespace remora::agent {

struct PipelineOptions {
  std::string agent_version;
  std::string hostname;  ///< DD_HOSTNAME; empty: the task is the identity
  tagger::Cardinality self_cardinality = tagger::Cardinality::low;
  bool series = true, service_checks = true, sketches = true,
       events = true;                 ///< DD_ENABLE_PAYLOADS_*
  std::size_t queue_room = 8u << 20;  ///< bytes free at the intake below which a flush pauses
};

/// The serializers of one agent. Their payloads go to the forwarder.
struct Serializers {
  serializer::SeriesSerializer series;
  serializer::SketchSerializer sketches;
  serializer::ServiceCheckSerializer service_checks;
  serializer::EventSerializer events;
};

/// The DogStatsD side of a flush; all null where it is off.
struct DogstatsdSource {
  const dogstatsd::Listeners* listeners = nullptr;
  dogstatsd::Server* server = nullptr;
  metrics::TimeSampler* sampler = nullptr;
  const dogstatsd::Enricher* enricher = nullptr;
  const metrics::OriginTags* origins = nullptr;
};

/// Threading: the loop. Lifetime: the references outlive it.
class Pipeline final : public checks::Sender {
 public:
  Pipeline(metrics::CheckAggregator& aggregator, checks::IntegrationScheduler& integrations,
           DogstatsdSource dogstatsd, Serializers& serializers, forwarder::Intake& forwarder,
           const tagger::Tagger& tagger, core::Clock& clock, const telemetry::Counters& counters,
           telemetry::HealthComponent& health, PipelineOptions options);

  void submit(const model::Sample& sample) override;
  void submit(model::ServiceCheck check) override;
  void forget(const model::Tags& tags) override;

  /// Adds the agent's own metrics and hands everything since the last flush to the forwarder, in
  /// slices between which the loop does its other work. A flush that finds another one running
  /// waits for its end. `everything`: open buckets too, and without pauses for the intake (at
  /// stop).
  asio::awaitable<void> flush(bool everything);
  [[nodiscard]] bool flushing() const noexcept { return flushing_; }

 private:
  void submit_own_metrics();
  void flush_checks();
  asio::awaitable<void> flush_integrations();
  asio::awaitable<void> flush_dogstatsd(bool everything);

  metrics::CheckAggregator& aggregator_;
  checks::IntegrationScheduler& integrations_;
  DogstatsdSource dogstatsd_;
  Serializers& serializers_;
  forwarder::Intake& forwarder_;
  const tagger::Tagger& tagger_;
  core::Clock& clock_;
  const telemetry::Counters& counters_;
  telemetry::HealthComponent& health_;
  PipelineOptions options_;
  checks::DogstatsdMetrics dogstatsd_metrics_;
  bool first_flush_ = true;
  bool flushing_ = false;
};

}  // namespace remora::agent
