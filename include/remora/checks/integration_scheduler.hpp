// Runs the instances of integrations, each on its own interval, and keeps what `agent status`
// shows.
//
// One slow or hanging server never delays another: a run that takes longer than a moment gives its
// place to the next, and from then on its instance waits among the slow ones.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "remora/checks/integration.hpp"
#include "remora/checks/integration_instance.hpp"
#include "remora/core/hash.hpp"
#include "remora/model/tags.hpp"
#include "remora/telemetry/status.hpp"

namespace remora::checks {

struct IntegrationSchedulerOptions {
  std::size_t max_running = 4;                ///< at once; the rest waits in turn
  std::size_t max_slow_running = 16;          ///< besides, of instances whose last run was slow
  std::chrono::milliseconds slow_after{500};  ///< a run waiting for a server costs no CPU
  /// A run may take its interval, and at least that long; then it is cancelled.
  std::chrono::seconds min_timeout{10};
  std::chrono::seconds cancel_grace{5};  ///< after that a run that does not end counts as lost
  std::size_t max_instances = 1'000;
  std::size_t max_bytes = 64u << 20;  ///< of the values of all instances
  InstanceOptions instance;
  /// Where set, every run gives the service check `datadog.agent.check_status`, with these tags.
  std::function<model::Tags()> check_status_tags;
  /// Agents that a deployment starts together spread their runs differently.
  std::uint64_t seed = core::hash_seed();
};

/// Threading: the loop. Lifetime: services, counters and the sink outlive it and the runs it leaves
/// behind on the executor; `stop` waits for those.
class IntegrationScheduler final : public telemetry::StatusSource {
 public:
  using ServiceCheckSink = std::function<void(model::ServiceCheck)>;

  IntegrationScheduler(const CheckServices& services, telemetry::AggregatorCounters& aggregator,
                       telemetry::CheckCounters& checks, ServiceCheckSink service_checks,
                       IntegrationSchedulerOptions options);
  ~IntegrationScheduler() override;

  /// Schedules an instance: its first run is at a time within the first interval that depends on
  /// its id, at most a minute from now. Errors, shown in `status` until `remove`: not_found (no
  /// such integration), invalid_config, unsupported, too_large (too many instances). An id that is
  /// there already is replaced.
  [[nodiscard]] Result<void> add(InstanceConfig config);
  [[nodiscard]] Result<void> add(const IntegrationInfo& info, InstanceConfig config);
  /// Tries again to make the instances whose options were at fault: a certificate file may be there
  /// by now. Says nothing of those that fail once more.
  void retry_rejected();
  /// Why the instance could not be made; empty where it could, and for an unknown id.
  [[nodiscard]] std::string_view rejection(std::string_view id) const noexcept;
  /// No further run begins. A run in flight ends first; what it gave is flushed, then forgotten.
  void remove(std::string_view id);

  /// Nothing begins any more, runs in flight are cancelled; waits for their ends, at most until
  /// `deadline`. What they gave so far is committed, for a last flush.
  [[nodiscard]] asio::awaitable<void> stop(core::SteadyTime deadline);

  /// Gives what was committed since the last flush: whole instances, until that made at least
  /// `max_series`. True when there are more: call again.
  [[nodiscard]] bool flush_some(metrics::FlushSink& sink, std::size_t max_series);

  [[nodiscard]] std::size_t instances() const noexcept;
  [[nodiscard]] std::size_t running() const noexcept;  ///< runs in flight, slow and lost ones too
  [[nodiscard]] std::size_t bytes() const noexcept;    ///< of the values of all instances

  /// "Collector" with "Running Checks" (one child per instance) and "Check Initialization Errors".
  [[nodiscard]] telemetry::StatusNode status() const override;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace remora::checks
