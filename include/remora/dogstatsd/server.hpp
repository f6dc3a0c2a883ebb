// Packets -> samples, events and service checks: parser, enricher and sampler put together.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "remora/core/clock.hpp"
#include "remora/dogstatsd/enricher.hpp"
#include "remora/dogstatsd/origins.hpp"
#include "remora/dogstatsd/packet.hpp"
#include "remora/dogstatsd/parser.hpp"
#include "remora/dogstatsd/process_containers.hpp"
#include "remora/metrics/time_sampler.hpp"
#include "remora/telemetry/counters.hpp"
#include "remora/telemetry/status.hpp"

namespace remora::dogstatsd {

class MetricStats;

struct ServerOptions {
  ParserOptions parser;
  bool eol_required_udp = false, eol_required_uds = false;
  bool verbose_logs = true;                ///< refused lines at level error, else debug
  bool histogram_copy = false;             ///< DD_HISTOGRAM_COPY_TO_DISTRIBUTION
  std::string hostname;                    ///< of metrics without a tag `host:`
  std::size_t max_events = 10'000;         ///< between two flushes; as many service checks
  std::size_t max_event_bytes = 4u << 20;  ///< of events and service checks together
};

/// Threading: the loop. Lifetime: everything referenced outlives it.
class Server final : public PacketSink, public telemetry::StatusSource {
 public:
  Server(ServerOptions options, Enricher& enricher, Origins& origins, ProcessContainers& processes,
         metrics::TimeSampler& sampler, const core::Clock& clock,
         telemetry::DogstatsdCounters& counters);
  ~Server() override;

  void on_packets(std::span<const Packet> packets) override;

  /// Sees every batch before it is parsed (capture, forwarding), until it is removed. Not null.
  void add_tap(PacketSink* tap);
  void remove_tap(PacketSink* tap);
  /// Counts per metric while set (DD_DOGSTATSD_METRICS_STATS_ENABLE). May be null.
  void count_into(MetricStats* stats);

  [[nodiscard]] std::vector<model::Event> take_events();
  [[nodiscard]] std::vector<model::ServiceCheck> take_service_checks();
  [[nodiscard]] bool has_data() const noexcept;

  /// Counters, and refusals by reason with the last line of each (scrubbed).
  [[nodiscard]] telemetry::StatusNode status() const override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace remora::dogstatsd
