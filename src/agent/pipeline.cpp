#include "agent/pipeline.hpp"

#include "remora/checks/self_metrics.hpp"
#include "remora/core/log.hpp"

namespace remora::agent {
namespace {

const core::Logger kLog("aggregator");

}  // namespace

Pipeline::Pipeline(metrics::CheckAggregator& aggregator, serializer::SeriesSerializer& series,
                   serializer::ServiceCheckSerializer& service_checks,
                   forwarder::Forwarder& forwarder, const tagger::Tagger& tagger,
                   const core::Clock& clock, const telemetry::Counters& counters,
                   telemetry::HealthComponent& health, PipelineOptions options)
    : aggregator_(aggregator),
      series_(series),
      service_checks_(service_checks),
      forwarder_(forwarder),
      tagger_(tagger),
      clock_(clock),
      counters_(counters),
      health_(health),
      options_(std::move(options)) {
  health_.beat();
}

void Pipeline::submit(const model::Sample& sample) { aggregator_.submit(sample); }

void Pipeline::submit(model::ServiceCheck check) {
  if (check.timestamp == 0) check.timestamp = core::unix_seconds(clock_.wall());
  check.host = options_.hostname;
  aggregator_.submit(std::move(check));
}

void Pipeline::forget(const model::Tags& tags) { aggregator_.forget(tags); }

void Pipeline::flush() {
  health_.beat();
  checks::submit_self_metrics(*this, tagger_.global_tags(options_.self_cardinality),
                              options_.agent_version, counters_.serializer.dropped_too_large.value,
                              first_flush_);
  first_flush_ = false;
  auto flushed = aggregator_.flush();
  if (!options_.hostname.empty()) {
    for (model::Series& series : flushed.series) series.host = options_.hostname;
  }
  const std::uint64_t before = counters_.serializer.payloads.value;
  if (options_.series) {
    for (const model::Series& series : flushed.series) series_.add(series);
    series_.finish();
  }
  if (options_.service_checks) {
    for (model::Payload& payload : service_checks_.serialize(flushed.service_checks)) {
      forwarder_.submit(std::move(payload));
    }
  }
  kLog.debug("flushed", {{"series", flushed.series.size()},
                         {"service_checks", flushed.service_checks.size()},
                         {"payloads", counters_.serializer.payloads.value - before}});
}

}  // namespace remora::agent
