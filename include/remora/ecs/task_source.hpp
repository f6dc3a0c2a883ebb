// The one place that polls the metadata endpoint and shares what it learned.
//
// /task is fetched every 5 s, /task/stats when a consumer wants it; a second consumer within half a
// check interval gets the same document. /taskWithTags, and who we are ourselves, are fetched once.
// Nobody else talks to the endpoint.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <vector>

#include "remora/core/async.hpp"
#include "remora/core/clock.hpp"
#include "remora/ecs/metadata_client.hpp"
#include "remora/telemetry/health.hpp"
#include "remora/telemetry/status.hpp"

namespace remora::ecs {

struct TaskSourceOptions {
  std::chrono::milliseconds poll_interval{5000};
  std::chrono::milliseconds first_poll_interval{
      250};                                       ///< until the first good answer, then until every
                                                  ///< running container has stats, for 10 s at most
  std::chrono::milliseconds stats_max_age{7500};  ///< half the check interval
  LaunchType launch_type = LaunchType::unknown;   ///< overrides what /task says when known
  bool own_container = false;                     ///< fills TaskMetadata::own_docker_id
  bool resource_tags = false;  ///< the AWS tags of task and instance too; not on Fargate
  std::chrono::milliseconds once_retry{180'000};  ///< what is asked once, after a failure
};

using TaskPtr = std::shared_ptr<const TaskMetadata>;
using StatsPtr = std::shared_ptr<const TaskStats>;

/// Threading: the loop. Lifetime: `client`, `clock`, `health`, `counters` outlive it.
class TaskSource final : public telemetry::StatusSource {
 public:
  TaskSource(MetadataClient& client, core::Clock& clock, telemetry::HealthComponent& health,
             telemetry::EcsCounters& counters, TaskSourceOptions options);

  /// Polls until the coroutine is cancelled. Failures keep the last good task, degrade health after
  /// the retries are spent, and are logged throttled.
  asio::awaitable<void> run();

  /// The last good task, or null before the first.
  [[nodiscard]] TaskPtr task() const { return task_; }
  /// How old the last good task is; max() before the first.
  [[nodiscard]] std::chrono::milliseconds task_age() const;

  /// Stats no older than `max_age` (fetched now when older). Concurrent callers share one fetch.
  /// Errors: those of MetadataClient::stats.
  asio::awaitable<Result<StatsPtr>> stats(std::chrono::milliseconds max_age);
  asio::awaitable<Result<StatsPtr>> stats() { return stats(options_.stats_max_age); }
  /// Fetches /task once, now; used for the last sample at stop. Errors leave the old task.
  asio::awaitable<Result<TaskPtr>> refresh();

  /// Called after every change of the task (a container came, went, or changed its status).
  void on_change(std::function<void(const TaskPtr&)> listener);
  /// Called when a running container got its first usable stats: time for an early sample.
  void on_first_stats(std::function<void()> listener);

  [[nodiscard]] telemetry::StatusNode status() const override;

 private:
  asio::awaitable<bool> fetch_resource_tags();
  asio::awaitable<bool> find_own_container(const TaskMetadata& task);
  MetadataClient& client_;
  core::Clock& clock_;
  telemetry::HealthComponent& health_;
  telemetry::EcsCounters& counters_;
  TaskSourceOptions options_;
  TaskPtr task_;
  // further members belong to the implementation
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace remora::ecs
