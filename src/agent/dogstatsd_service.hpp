// DogStatsD as one part of the agent: its sockets, parser, names and tags, contexts, and what
// operators can ask it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "agent/dogstatsd_answers.hpp"
#include "agent/dogstatsd_options.hpp"
#include "agent/pipeline.hpp"
#include "remora/core/async.hpp"
#include "remora/core/clock.hpp"
#include "remora/dogstatsd/capture.hpp"
#include "remora/dogstatsd/enricher.hpp"
#include "remora/dogstatsd/listener.hpp"
#include "remora/dogstatsd/metric_stats.hpp"
#include "remora/dogstatsd/origins.hpp"
#include "remora/dogstatsd/packet_forward.hpp"
#include "remora/dogstatsd/process_containers.hpp"
#include "remora/dogstatsd/server.hpp"
#include "remora/metrics/time_sampler.hpp"
#include "remora/tagger/tagger.hpp"
#include "remora/telemetry/counters.hpp"
#include "remora/telemetry/health.hpp"
#include "remora/telemetry/status.hpp"

namespace remora::agent {

/// Threading: the loop. Lifetime: the references outlive it.
class DogstatsdService {
 public:
  /// Binds the sockets: the first thing the agent does, so that nothing sent meanwhile is lost.
  DogstatsdService(DogstatsdOptions options, telemetry::Counters& counters,
                   std::vector<std::string>& warnings);
  ~DogstatsdService();

  /// What packets are turned into; to be called before `run`.
  void build(const tagger::Tagger& tagger, core::Clock& clock, std::vector<std::string>& warnings);
  /// The task's tags changed.
  void tags_changed();
  /// Receives until cancelled.
  [[nodiscard]] asio::awaitable<void> run(core::Clock& clock, telemetry::HealthComponent& health);
  /// Waits until nothing has come for a moment, at most as long as the options say and not past
  /// `deadline`. Returns at once where nothing ever came.
  [[nodiscard]] asio::awaitable<void> wait_for_quiet(core::Clock& clock, core::SteadyTime deadline);
  /// Takes what the sockets still hold. True when a flush would give something.
  [[nodiscard]] bool take_rest();

  [[nodiscard]] DogstatsdSource source() noexcept;
  [[nodiscard]] const DogstatsdOptions& options() const noexcept { return options_; }
  [[nodiscard]] std::vector<const telemetry::StatusSource*> status_sources() const;

  /// What the command line can ask about.
  [[nodiscard]] DogstatsdInspected& inspected() noexcept { return *inspected_; }
  /// Every few seconds: ends a capture whose time is over.
  void tick();
  /// Ends a running capture properly: the process is about to end.
  void stop_capture();

 private:
  DogstatsdOptions options_;
  telemetry::Counters& counters_;
  std::unique_ptr<dogstatsd::Listeners> listeners_;
  std::unique_ptr<dogstatsd::ProcessContainers> processes_;
  std::unique_ptr<dogstatsd::Origins> origins_;
  std::unique_ptr<dogstatsd::Enricher> enricher_;
  std::unique_ptr<metrics::TimeSampler> sampler_;
  std::unique_ptr<dogstatsd::MetricStats> stats_;
  std::unique_ptr<dogstatsd::PacketForward> forward_;
  std::unique_ptr<dogstatsd::Capture> capture_;
  std::unique_ptr<dogstatsd::Server> server_;
  std::unique_ptr<DogstatsdInspected> inspected_;
};

}  // namespace remora::agent
