// Runs every check on its interval, one after the other, and keeps what `agent status` shows.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <vector>

#include "remora/checks/check.hpp"
#include "remora/core/clock.hpp"
#include "remora/model/tags.hpp"
#include "remora/telemetry/counters.hpp"
#include "remora/telemetry/health.hpp"
#include "remora/telemetry/status.hpp"

namespace remora::checks {

struct SchedulerOptions {
  std::chrono::seconds interval{15};
  /// Until the first run; 0 = one interval. Agents that a deployment starts together get different
  /// ones, so that their flushes spread over the interval instead of meeting at the intake.
  std::chrono::milliseconds first_after{0};
  /// Where set, every run gives the service check `datadog.agent.check_status`, with these tags.
  std::function<model::Tags()> check_status_tags;
};

/// Threading: the loop. Lifetime: the references outlive it.
class Scheduler final : public telemetry::StatusSource {
 public:
  Scheduler(core::Clock& clock, Sender& sender, telemetry::CheckCounters& counters,
            telemetry::HealthComponent& health, SchedulerOptions options);
  ~Scheduler() override;

  void add(std::unique_ptr<Check> check);
  /// Runs all checks every interval until cancelled. A tick that is late is not made up for.
  asio::awaitable<void> run();
  /// Called after every run of all checks, whoever asked for it: the moment to flush.
  void after_run(std::function<void()> listener);

  /// Runs all checks once, now (the early sample, the last sample). Runs never overlap: a call
  /// during a run waits for its end, then runs again; callers that wait together share that run.
  /// A check that fails or throws is shown in `status` and never stops the others.
  asio::awaitable<void> run_once();

  [[nodiscard]] telemetry::StatusNode status() const override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace remora::checks
