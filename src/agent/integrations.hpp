// From the containers of the task and from files to running checks: finds what should run, puts the
// tags in, starts and stops it.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "agent/discovery_options.hpp"
#include "remora/autodiscovery/reconciler.hpp"
#include "remora/checks/check_http.hpp"
#include "remora/checks/integration_scheduler.hpp"
#include "remora/core/async.hpp"
#include "remora/core/clock.hpp"
#include "remora/ecs/metadata.hpp"
#include "remora/model/tags.hpp"
#include "remora/net/beast_client.hpp"
#include "remora/tagger/tagger.hpp"
#include "remora/telemetry/counters.hpp"
#include "remora/telemetry/health.hpp"
#include "remora/telemetry/status.hpp"

namespace remora::agent {

/// Threading: the loop. Lifetime: the references outlive it.
class Integrations final : public telemetry::StatusSource {
 public:
  using ServiceCheckSink = checks::IntegrationScheduler::ServiceCheckSink;

  /// Reads the files. `http`: what checks over HTTP start from (proxy, roots, agent's user agent).
  Integrations(DiscoveryOptions options, const tagger::Tagger& tagger, core::Clock& clock,
               asio::any_io_executor executor, net::ClientOptions http,
               telemetry::Counters& counters, ServiceCheckSink service_checks);

  /// Starts what needs no container, until the task is known.
  void start();
  /// The task has changed, and the tagger knows it already.
  void update(const ecs::TaskMetadata& task, ecs::LaunchType launch_type);
  /// Now and then: instances that could not be made get another try, files are read again where
  /// DD_AUTOCONF_CONFIG_FILES_POLL asks for it. Until cancelled.
  asio::awaitable<void> run(telemetry::HealthComponent& health);
  /// Ends all runs; what they gave so far waits for a last flush.
  asio::awaitable<void> stop(core::SteadyTime deadline) { return scheduler_.stop(deadline); }

  [[nodiscard]] checks::IntegrationScheduler& scheduler() noexcept { return scheduler_; }
  /// Text of `agent configcheck`.
  [[nodiscard]] std::string config_check(bool verbose) const;
  /// Block "Autodiscovery": what was found, and what labels and files say that cannot run.
  [[nodiscard]] telemetry::StatusNode status() const override;
  /// What belongs to "Collector": the instances, those that could not be made, faults.
  [[nodiscard]] telemetry::StatusNode collector_status() const;

 private:
  void apply(autodiscovery::Changes changes);
  void retag();
  void add(const autodiscovery::CheckConfig& config);

  DiscoveryOptions options_;
  const tagger::Tagger& tagger_;
  core::Clock& clock_;
  autodiscovery::Reconciler reconciler_;
  checks::CheckHttp http_;
  checks::IntegrationScheduler scheduler_;
  std::map<std::string, model::Tags> tags_;  ///< by id: what a running instance was given
  ecs::TaskMetadata task_;                   ///< as of the last update
  ecs::LaunchType launch_type_ = ecs::LaunchType::unknown;
  bool task_known_ = false;
};

}  // namespace remora::agent
