#include "remora/checks/container/container_check.hpp"

#include <map>
#include <string>
#include <utility>

#include "checks/container/container_samples.hpp"
#include "remora/ecs/environment.hpp"

namespace remora::checks {
namespace {

class ContainerCheck final : public Check {
 public:
  ContainerCheck(ecs::TaskSource& source, const tagger::Tagger& tagger, const core::Clock& clock,
                 ecs::ContainerFilter filter, ContainerCheckOptions options)
      : source_(source),
        tagger_(tagger),
        clock_(clock),
        filter_(std::move(filter)),
        options_(options) {}

  [[nodiscard]] std::string_view name() const override { return "container"; }

  [[nodiscard]] asio::awaitable<Result<void>> run(Sender& sender) override {
    const Result<ecs::StatsPtr> stats = co_await source_.stats();
    if (!stats) co_return fail(stats.error(), "container stats");
    // Read after the wait: the task may have changed meanwhile.
    const ecs::TaskPtr task = source_.task();
    if (!task) co_return fail(Errc::not_found, "no task metadata yet");
    submit(*task, *stats, sender);
    co_return Result<void>();
  }

 private:
  void submit(const ecs::TaskMetadata& task, const ecs::StatsPtr& stats, Sender& sender) {
    samples_.skip_counters(stats == last_stats_);
    last_stats_ = stats;
    for (auto& [id, state] : containers_) state.seen = false;
    const auto now = clock_.wall();
    for (const ecs::ContainerMetadata& container : task.containers) {
      ContainerState* state = prepare(task, container, sender);
      if (state == nullptr) continue;
      const ContainerReading reading{task, container, stats->find(container.docker_id), now,
                                     options_.extended_metrics};
      add_container_samples(reading, *state, sender, samples_);
    }
    samples_.submit_to(sender);
    forget_gone(sender);
  }

  // Null for a container that is not reported.
  ContainerState* prepare(const ecs::TaskMetadata& task, const ecs::ContainerMetadata& container,
                          Sender& sender) {
    // Without an id there are no stats, and its tags would be those of every such container.
    if (!container.running() || container.docker_id.empty()) return nullptr;
    if (filter_.excluded(container)) return nullptr;
    const model::Tags tags = tagger_.container_tags(container.docker_id, Level::high);
    // The tagger does not know the container yet and answered with the tags of the task.
    if (*tags == *tagger_.global_tags(Level::high)) return nullptr;
    ContainerState& state = containers_[container.docker_id];
    state.seen = true;
    state.tags.update(tags, sender, [&](const model::TagList&) {
      const auto type = options_.launch_type == ecs::LaunchType::unknown ? task.launch_type
                                                                         : options_.launch_type;
      return model::TagList(1, "runtime:" + std::string(ecs::runtime_name(type)));
    });
    return &state;
  }

  void forget_gone(Sender& sender) {
    for (auto it = containers_.begin(); it != containers_.end();) {
      if (it->second.seen) {
        ++it;
        continue;
      }
      it->second.tags.forget(sender);
      it = containers_.erase(it);
    }
  }

  using Level = tagger::Cardinality;

  ecs::TaskSource& source_;
  const tagger::Tagger& tagger_;
  const core::Clock& clock_;
  ecs::ContainerFilter filter_;
  ContainerCheckOptions options_;
  std::map<std::string, ContainerState, std::less<>> containers_;  ///< by DockerId
  ecs::StatsPtr last_stats_;
  SampleList samples_{model::kOriginContainerCheck};
};

}  // namespace

std::unique_ptr<Check> make_container_check(ecs::TaskSource& source, const tagger::Tagger& tagger,
                                            const core::Clock& clock, ecs::ContainerFilter filter,
                                            ContainerCheckOptions options) {
  return std::make_unique<ContainerCheck>(source, tagger, clock, std::move(filter), options);
}

}  // namespace remora::checks
