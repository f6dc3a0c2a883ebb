#include "remora/ecs/task_source.hpp"

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <list>
#include <map>
#include <set>

#include "remora/core/log.hpp"

namespace remora::ecs {
namespace {

const core::Logger kLog("ecs");

// How long we look closely after a container appeared; Managed Instances refresh stats every 10 s.
constexpr std::chrono::seconds kFastPhase{10};

std::chrono::milliseconds milliseconds_since(core::SteadyTime then, core::SteadyTime now) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(now - then);
}

void log_changes(const TaskMetadata* before, const TaskMetadata& after) {
  if (before == nullptr) {
    kLog.info("task found", {{"cluster", after.cluster_name()},
                             {"task", after.task_id()},
                             {"family", after.family},
                             {"revision", after.revision},
                             {"launch_type", to_string(after.launch_type)},
                             {"containers", after.containers.size()}});
  }
  for (const ContainerMetadata& c : after.containers) {
    const ContainerMetadata* old = before == nullptr ? nullptr : before->find(c.docker_id);
    if (old != nullptr && old->known_status == c.known_status) continue;
    if (c.docker_id.empty() && before != nullptr) continue;  // cannot be told from its siblings
    kLog.info(old == nullptr ? "container found" : "container changed its status",
              {{"container", c.name}, {"id", c.docker_id}, {"status", c.known_status}});
  }
  if (before == nullptr) return;
  for (const ContainerMetadata& c : before->containers) {
    if (c.docker_id.empty() || after.find(c.docker_id) != nullptr) continue;
    kLog.info("container gone", {{"container", c.name}, {"id", c.docker_id}});
  }
}

}  // namespace

struct TaskSource::State {
  /// A consumer that waits for the fetch of another one.
  struct Waiter {
    asio::steady_timer* timer;
    bool done = false;
    Result<StatsPtr> result{StatsPtr{}};
  };

  std::vector<std::function<void(const TaskPtr&)>> change_listeners;
  std::vector<std::function<void()>> first_stats_listeners;

  core::SteadyTime task_at{}, stats_at{};
  StatsPtr stats;
  bool fetching = false;
  std::list<Waiter> waiters;

  std::set<std::string, std::less<>> seen_running;  ///< ids that opened a fast phase
  std::set<std::string, std::less<>> with_stats;    ///< ids whose first stats were announced
  core::SteadyTime fast_until{};

  std::map<std::string, std::string> task_tags, instance_tags;  ///< of the last good answer
  bool tags_wanted = true;
  core::SteadyTime tags_due{};
  std::string own_docker_id;  ///< empty: not found yet
  core::SteadyTime own_due{};

  std::string task_problem, stats_problem, tags_problem;  ///< empty: well
  core::LogThrottle task_throttle{std::chrono::minutes(1)}, stats_throttle{std::chrono::minutes(1)};
  std::vector<std::string> task_warnings, stats_warnings, tags_warnings;

  void finish_fetch(const Result<StatsPtr>& result) {
    fetching = false;
    for (Waiter& w : waiters) {
      w.done = true;
      w.result = result;
      w.timer->cancel();
    }
  }
  /// Ends the fetch also when the coroutine that leads it is destroyed half-way.
  struct Lead {
    std::shared_ptr<State> state;
    bool ended = false;
    explicit Lead(std::shared_ptr<State> s) : state(std::move(s)) { state->fetching = true; }
    Lead(const Lead&) = delete;
    Lead& operator=(const Lead&) = delete;
    void end(const Result<StatsPtr>& result) {
      ended = true;
      state->finish_fetch(result);
    }
    ~Lead() {
      if (!ended) state->finish_fetch(fail(Errc::cancelled, "task stats: cancelled"));
    }
  };

  void log_warnings(std::vector<std::string>& before, const std::vector<std::string>& now,
                    std::string_view document) {
    if (before == now) return;
    before = now;
    for (const std::string& warning : now) {
      kLog.warn("part of a metadata document was left out",
                {{"document", document}, {"what", warning}});
    }
  }
  void report(telemetry::HealthComponent& health) const {
    if (task_problem.empty() && stats_problem.empty()) {
      health.recover();
    } else {
      health.degrade(task_problem.empty() ? stats_problem : task_problem);
    }
  }
  [[nodiscard]] bool all_running_have_stats(const TaskMetadata& task) const {
    return std::all_of(task.containers.begin(), task.containers.end(), [&](const auto& c) {
      return !c.running() || c.docker_id.empty() || with_stats.contains(c.docker_id);
    });
  }
};

TaskSource::TaskSource(MetadataClient& client, core::Clock& clock,
                       telemetry::HealthComponent& health, telemetry::EcsCounters& counters,
                       TaskSourceOptions options)
    : client_(client),
      clock_(clock),
      health_(health),
      counters_(counters),
      options_(options),
      state_(std::make_shared<State>()) {}

void TaskSource::on_change(std::function<void(const TaskPtr&)> listener) {
  state_->change_listeners.push_back(std::move(listener));
}
void TaskSource::on_first_stats(std::function<void()> listener) {
  state_->first_stats_listeners.push_back(std::move(listener));
}

std::chrono::milliseconds TaskSource::task_age() const {
  if (!task_) return std::chrono::milliseconds::max();
  return milliseconds_since(state_->task_at, clock_.now());
}

/// Asks for the AWS tags when it is time to. Returns false when cancelled.
asio::awaitable<bool> TaskSource::fetch_resource_tags() {
  auto state = state_;
  if (!state->tags_wanted || clock_.now() < state->tags_due) co_return true;
  state->tags_due = clock_.now() + options_.once_retry;
  const auto answer = co_await client_.task_with_tags();
  if (!answer) {
    if (answer.error().code() == Errc::cancelled) co_return false;
    state->tags_problem = answer.error().message();
    kLog.warn("AWS tags of the task are not available",
              {{"error", state->tags_problem}, {"next_try_in", options_.once_retry}});
    co_return true;
  }
  state->log_warnings(state->tags_warnings, answer->warnings, "task with tags");
  state->tags_wanted = !answer->tags_complete;
  state->tags_problem = answer->tags_complete ? "" : "ECS could not read all of them";
  state->task_tags = answer->task_tags;
  state->instance_tags = answer->container_instance_tags;
  co_return true;
}

/// Returns false when cancelled.
asio::awaitable<bool> TaskSource::find_own_container(const TaskMetadata& task) {
  auto state = state_;
  if (!state->own_docker_id.empty()) co_return true;
  if (task.find(client_.endpoint_id()) != nullptr) {
    state->own_docker_id = client_.endpoint_id();
    co_return true;
  }
  if (clock_.now() < state->own_due) co_return true;
  state->own_due = clock_.now() + options_.once_retry;
  const auto answer = co_await client_.own_docker_id();
  if (answer) {
    state->own_docker_id = *answer;
  } else if (answer.error().code() == Errc::cancelled) {
    co_return false;
  } else {
    kLog.warn(
        "cannot tell which container of the task is the agent's own: no tags of DD_SERVICE "
        "and DD_VERSION",
        {{"error", answer.error().message()}, {"next_try_in", options_.once_retry}});
  }
  co_return true;
}

asio::awaitable<Result<TaskPtr>> TaskSource::refresh() {
  auto state = state_;
  auto answer = co_await client_.task();
  const auto now = clock_.now();
  if (!answer) {
    if (answer.error().code() == Errc::cancelled) co_return answer.error();
    const bool first = state->task_problem.empty();
    state->task_problem =
        answer.error().message() +
        (task_ ? "; using the task as of " + std::to_string(task_age().count() / 1000) + " s ago"
               : "; no container metrics and task tags until it answers");
    state->report(health_);
    if (state->task_throttle.allow(now) || first) {
      kLog.warn("task metadata is not available",
                {{"error", answer.error().message()}, {"code", to_string(answer.error().code())}});
    }
    co_return answer.error();
  }
  if (options_.launch_type != LaunchType::unknown) answer->launch_type = options_.launch_type;
  if (answer->launch_type == LaunchType::unknown) answer->launch_type = LaunchType::ec2;
  if (options_.own_container) {
    const bool went_on = co_await find_own_container(*answer);
    if (!went_on) co_return fail(Errc::cancelled, "metadata of our own container: cancelled");
    answer->own_docker_id = state->own_docker_id;
  }
  if (options_.resource_tags && answer->launch_type != LaunchType::fargate) {
    const bool went_on = co_await fetch_resource_tags();
    if (!went_on) co_return fail(Errc::cancelled, "task with tags: cancelled");
    answer->task_tags = state->task_tags;
    answer->container_instance_tags = state->instance_tags;
  }
  if (!state->task_problem.empty()) {
    kLog.info("task metadata is available again");
    state->task_problem.clear();
    state->task_throttle = core::LogThrottle(std::chrono::minutes(1));
  }
  state->report(health_);
  state->log_warnings(state->task_warnings, answer->warnings, "task");
  state->task_at = now;

  const TaskPtr before = task_;
  const bool changed = !before || !before->same_as(*answer);
  task_ = std::make_shared<const TaskMetadata>(std::move(*answer));
  const TaskPtr current = task_;
  if (changed) {
    log_changes(before.get(), *current);
    std::set<std::string, std::less<>> running;
    for (const ContainerMetadata& c : current->containers) {
      if (!c.running() || c.docker_id.empty()) continue;
      if (!state->seen_running.contains(c.docker_id)) state->fast_until = now + kFastPhase;
      running.insert(c.docker_id);
    }
    state->seen_running = std::move(running);
    std::erase_if(state->with_stats, [&](const auto& id) { return current->find(id) == nullptr; });
    const auto listeners = state->change_listeners;  // a listener may add another
    for (const auto& listener : listeners) listener(current);
  }
  co_return current;
}

asio::awaitable<Result<StatsPtr>> TaskSource::stats(std::chrono::milliseconds max_age) {
  auto state = state_;
  if (state->stats && clock_.now() - state->stats_at <= max_age) co_return state->stats;
  while (state->fetching) {
    asio::steady_timer timer(co_await asio::this_coro::executor);
    timer.expires_at(asio::steady_timer::time_point::max());
    struct Entry {  // leaves the list however this coroutine ends
      State& state;
      std::list<State::Waiter>::iterator at;
      ~Entry() { state.waiters.erase(at); }
    } entry{*state, state->waiters.emplace(state->waiters.end())};
    entry.at->timer = &timer;
    co_await timer.async_wait(no_throw);
    if (!entry.at->done) co_return fail(Errc::cancelled, "task stats: cancelled");
    // When the one that fetched was cancelled, the next in line fetches.
    const Result<StatsPtr> shared = entry.at->result;
    if (shared || shared.error().code() != Errc::cancelled) co_return shared;
  }
  State::Lead lead(state);
  auto answer = co_await client_.stats();
  Result<StatsPtr> result{StatsPtr{}};
  if (answer) {
    state->log_warnings(state->stats_warnings, answer->warnings, "task stats");
    state->stats = std::make_shared<const TaskStats>(std::move(*answer));
    state->stats_at = clock_.now();
    result = state->stats;
    if (task_) {
      for (const ContainerMetadata& c : task_->containers) {
        if (c.running() && state->stats->find(c.docker_id) == nullptr) {
          counters_.containers_without_stats.add();
        }
      }
    }
    if (!state->stats_problem.empty()) kLog.info("task stats are available again");
    state->stats_problem.clear();
    state->report(health_);
  } else {
    result = answer.error();
    if (answer.error().code() != Errc::cancelled) {
      const bool first = state->stats_problem.empty();
      state->stats_problem = answer.error().message() + "; no container metrics until it answers";
      state->report(health_);
      if (state->stats_throttle.allow(clock_.now()) || first) {
        kLog.warn("task stats are not available", {{"error", answer.error().message()},
                                                   {"code", to_string(answer.error().code())}});
      }
    }
  }
  lead.end(result);
  co_return result;
}

asio::awaitable<void> TaskSource::run() {
  auto state = state_;
  state->fast_until = clock_.now() + kFastPhase;
  for (;;) {
    health_.beat();
    const auto started = clock_.now();
    const auto task = co_await refresh();
    if (!task && task.error().code() == Errc::cancelled) co_return;
    health_.beat();
    bool fast = clock_.now() < state->fast_until;
    if (fast && task_) {
      // Counters become rates with the second sample, so the first one is worth hurrying for.
      fast = !state->all_running_have_stats(*task_);
      if (fast) {
        const auto stats = co_await this->stats(options_.first_poll_interval / 2);
        if (!stats && stats.error().code() == Errc::cancelled) co_return;
        health_.beat();
        bool first = false;
        for (const ContainerMetadata& c : task_->containers) {
          if (stats && c.running() && (*stats)->find(c.docker_id) != nullptr) {
            first = state->with_stats.insert(c.docker_id).second || first;
          }
        }
        if (first) {
          const auto listeners = state->first_stats_listeners;
          for (const auto& listener : listeners) listener();
        }
        fast = !state->all_running_have_stats(*task_);
      }
    }
    const auto interval = fast ? options_.first_poll_interval : options_.poll_interval;
    // A slow answer does not make the next request follow at once.
    const auto next = std::max(started + interval, clock_.now() + options_.first_poll_interval);
    if (!co_await clock_.sleep_until(next)) co_return;
  }
}

telemetry::StatusNode TaskSource::status() const {
  telemetry::StatusNode node;
  node.title = "ECS task";
  if (!task_) {
    node.add("Task", "not known yet");
  } else {
    node.add("Cluster", task_->cluster_name());
    node.add("Task ARN", task_->task_arn);  // its id alone looks like an API key, and is hidden
    node.add("Family", task_->family + ":" + task_->revision);
    node.add("Launch type", to_string(task_->launch_type));
    node.add("Status", task_->known_status);
    node.add("Seconds since the last answer", std::int64_t{task_age().count() / 1000});
    for (const ContainerMetadata& c : task_->containers) {
      telemetry::StatusNode& child = node.children.emplace_back();
      child.title = c.name;
      child.add("Id", c.docker_id).add("Image", c.image).add("Status", c.known_status);
      if (!c.health.empty()) child.add("Health", c.health);
      if (c.running()) {
        child.add("Has stats", state_->stats && state_->stats->find(c.docker_id) != nullptr);
      }
    }
  }
  if (!state_->task_problem.empty()) node.add("Task problem", state_->task_problem);
  if (!state_->stats_problem.empty()) node.add("Stats problem", state_->stats_problem);
  if (!state_->tags_problem.empty()) node.add("AWS tags problem", state_->tags_problem);
  node.add("Task fetches", counters_.task_fetches.value);
  node.add("Stats fetches", counters_.stats_fetches.value);
  node.add("Retries", counters_.retries.value);
  node.add("Throttled", counters_.throttled.value);
  node.add("Failed requests", counters_.errors.total());
  node.add("Malformed containers", counters_.malformed_containers.value);
  node.add("Containers without stats", counters_.containers_without_stats.value);
  return node;
}

}  // namespace remora::ecs
