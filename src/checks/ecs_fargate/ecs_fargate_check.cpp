#include "remora/checks/ecs_fargate/ecs_fargate_check.hpp"

#include <chrono>
#include <map>
#include <string>
#include <utility>

#include "checks/ecs_fargate/ecs_fargate_samples.hpp"
#include "remora/core/log.hpp"

namespace remora::checks {
namespace {

const core::Logger kLog("checks");

// One check interval without a good answer of the metadata endpoint. The source polls every 5 s
// and keeps the last good task, so a single lost answer is not a failure yet.
constexpr std::chrono::seconds kStaleTask(15);

constexpr std::string_view kServiceCheck = "fargate_check";

class EcsFargateCheck final : public Check {
 public:
  EcsFargateCheck(ecs::TaskSource& source, const tagger::Tagger& tagger, const core::Clock& clock,
                  ecs::ContainerFilter filter)
      : source_(source), tagger_(tagger), clock_(clock), filter_(std::move(filter)) {}

  [[nodiscard]] std::string_view name() const override { return "ecs_fargate"; }

  [[nodiscard]] asio::awaitable<Result<void>> run(Sender& sender) override {
    const ecs::TaskPtr task = source_.task();
    if (Result<void> usable = check_task(task.get(), sender); !usable) co_return usable;
    update_entities(*task, sender);
    submit_limits(*task, sender);

    const Result<ecs::StatsPtr> stats = co_await source_.stats();
    if (!stats) {
      Error error = fail(stats.error(), "task stats");
      report(sender, model::CheckStatus::warning, error.message());
      // Stats that do not parse count as empty: the run itself is complete.
      if (error.code() == Errc::malformed_payload) report(sender, model::CheckStatus::ok, {});
      co_return error;
    }
    submit_stats(*task, *stats, sender);
    report(sender, model::CheckStatus::ok, {});
    co_return Result<void>();
  }

 private:
  struct Entity {
    EntityTags tags;
    bool seen = false;  ///< in the run that goes on
  };
  using Level = tagger::Cardinality;

  Result<void> check_task(const ecs::TaskMetadata* task, Sender& sender) {
    const auto failed = [&](model::CheckStatus status, Errc code, std::string message) {
      report(sender, status, message);
      return fail(code, std::move(message));
    };
    using enum model::CheckStatus;
    if (task == nullptr) return failed(critical, Errc::not_found, "no task metadata yet");
    if (source_.task_age() > kStaleTask) {
      return failed(critical, Errc::timeout, "no good answer of the metadata endpoint for 15 s");
    }
    if (task->cluster.empty()) {
      return failed(warning, Errc::malformed_payload, "Cluster is missing in the task metadata");
    }
    if (task->containers.empty()) {
      return failed(warning, Errc::malformed_payload, "Containers is missing in the task metadata");
    }
    return Result<void>();
  }

  // The service check carries no tags but those of an instance configuration, of which there is
  // none: so does the reference.
  void report(Sender& sender, model::CheckStatus status, std::string message) const {
    model::ServiceCheck check;
    check.check = kServiceCheck;
    check.status = status;
    check.timestamp = core::unix_seconds(clock_.wall());
    check.message = std::move(message);
    sender.submit(std::move(check));
  }

  void update_entities(const ecs::TaskMetadata& task, Sender& sender) {
    const model::Tags global = tagger_.global_tags(Level::high);
    task_tags_.update(global, sender, fargate_compatibility_tags);
    for (auto& [id, entity] : containers_) entity.seen = false;
    for (const ecs::ContainerMetadata& container : task.containers) {
      // Without an id the tags would be those of every such container.
      if (container.docker_id.empty() || filter_.excluded(container)) continue;
      const model::Tags tags = tagger_.container_tags(container.docker_id, Level::high);
      if (*tags == *global) continue;  // not known to the tagger yet
      Entity& entity = containers_[container.docker_id];
      entity.seen = true;
      entity.tags.update(tags, sender, fargate_compatibility_tags);
    }
    for (auto it = containers_.begin(); it != containers_.end();) {
      if (it->second.seen) {
        ++it;
        continue;
      }
      it->second.tags.forget(sender);
      it = containers_.erase(it);
    }
  }

  void submit_limits(const ecs::TaskMetadata& task, Sender& sender) {
    add_fargate_task_samples(task, task_tags_.base(), samples_);
    for (const ecs::ContainerMetadata& container : task.containers) {
      const auto known = containers_.find(container.docker_id);
      if (known == containers_.end()) continue;
      add_fargate_limit_samples(container, known->second.tags.base(), samples_);
    }
    samples_.submit_to(sender);
  }

  void submit_stats(const ecs::TaskMetadata& task, const ecs::StatsPtr& stats, Sender& sender) {
    samples_.skip_counters(stats == last_stats_);
    last_stats_ = stats;
    for (const ecs::ContainerMetadata& container : task.containers) {
      const auto known = containers_.find(container.docker_id);
      if (known == containers_.end()) continue;
      const ecs::ContainerStats* own = stats->find(container.docker_id);
      if (own == nullptr) continue;
      if (!add_fargate_container_samples(*own, known->second.tags, sender, samples_)) {
        bad_reading(container);
      }
    }
    samples_.submit_to(sender);
  }

  void bad_reading(const ecs::ContainerMetadata& container) {
    ++bad_readings_;
    if (!bad_reading_throttle_.allow(clock_.now())) return;
    kLog.warn("CPU readings make no percentage, left out",
              {{"container", container.name}, {"total", bad_readings_}});
  }

  ecs::TaskSource& source_;
  const tagger::Tagger& tagger_;
  const core::Clock& clock_;
  ecs::ContainerFilter filter_;
  EntityTags task_tags_;
  std::map<std::string, Entity, std::less<>> containers_;  ///< by DockerId
  ecs::StatsPtr last_stats_;
  SampleList samples_{model::kOriginEcsFargateCheck};
  std::uint64_t bad_readings_ = 0;
  core::LogThrottle bad_reading_throttle_{std::chrono::minutes(5)};
};

}  // namespace

std::unique_ptr<Check> make_ecs_fargate_check(ecs::TaskSource& source, const tagger::Tagger& tagger,
                                              const core::Clock& clock,
                                              ecs::ContainerFilter filter) {
  return std::make_unique<EcsFargateCheck>(source, tagger, clock, std::move(filter));
}

}  // namespace remora::checks
