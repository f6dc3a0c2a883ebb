#include "remora/checks/integration_scheduler.hpp"

#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/dispatch.hpp>
#include <deque>
#include <exception>
#include <map>
#include <optional>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "checks/check_status.hpp"
#include "remora/checks/run_record.hpp"
#include "remora/core/hash.hpp"
#include "remora/core/log.hpp"

namespace remora::checks {
namespace {

const core::Logger kLog("checks");

using std::chrono::milliseconds;

// The first run of an instance comes within that time, however long its interval is.
constexpr milliseconds kLongestFirstWait = std::chrono::minutes(1);
// How often `stop` looks whether the last run has ended.
constexpr milliseconds kStopPoll{10};

// Texts of one instance that are logged because they are new.
constexpr std::size_t kMaxLoggedTexts = 8;

// One run in flight.
struct Run {
  asio::cancellation_signal work, watch;
  bool quick = true;      ///< holds one of the quick places, else one of the slow ones
  bool has_place = true;  ///< false: lost, its place is somebody else's
  bool finished = false;
  bool timed_out = false;
  bool postponed = false;  ///< ended as all slow places are taken: starts again among the slow
};

struct Entry {
  std::shared_ptr<metrics::SamplerBudget> budget;  ///< outlives the instance that counts in it
  std::string id;
  std::unique_ptr<IntegrationInstance> instance;
  asio::cancellation_signal timer;
  std::shared_ptr<Run> run;
  bool queued = false;
  bool removed = false;
  bool slow = false;  ///< the last run was: the next waits among the slow ones
  RunRecord record;
  std::uint64_t skipped = 0, timeouts = 0;
  bool failing = false, failure_logged = false;
  std::unordered_set<std::uint64_t> logged;             ///< hashes of warnings and notes
  core::LogThrottle remarks{std::chrono::hours(1)};     ///< for those past the limit of `logged`
  core::LogThrottle failures{std::chrono::minutes(5)};  ///< for one that fails every other run
};
using EntryPtr = std::shared_ptr<Entry>;

struct Rejected {
  InstanceConfig config;
  const IntegrationInfo* info = nullptr;  ///< null: another try cannot help
  std::string error;
};

}  // namespace

struct IntegrationScheduler::Impl : std::enable_shared_from_this<Impl> {
  CheckServices services;
  telemetry::CheckCounters& counters;
  IntegrationSchedulerOptions options;
  std::shared_ptr<metrics::SamplerBudget> budget = std::make_shared<metrics::SamplerBudget>();
  InstancePorts ports;

  std::map<std::string, EntryPtr, std::less<>> entries;
  std::map<std::string, Rejected, std::less<>> rejected;
  std::vector<EntryPtr> leaving;                              ///< removed during a run
  std::vector<std::unique_ptr<IntegrationInstance>> retired;  ///< removed, last values to flush
  std::deque<EntryPtr> quick_queue, slow_queue;
  std::size_t quick_running = 0, slow_running = 0;
  std::size_t in_flight = 0;
  std::optional<std::string> flushed_until;
  bool starting = false, stopping = false;

  Impl(const CheckServices& s, telemetry::AggregatorCounters& aggregator,
       telemetry::CheckCounters& checks, ServiceCheckSink sink, IntegrationSchedulerOptions o)
      : services(s),
        counters(checks),
        options(std::move(o)),
        ports{aggregator, checks, *budget, std::move(sink)} {
    budget->max_bytes = options.max_bytes;
    options.max_running = std::max<std::size_t>(options.max_running, 1);
    options.max_slow_running = std::max<std::size_t>(options.max_slow_running, 1);
  }

  [[nodiscard]] milliseconds timeout_of(const Entry& entry) const {
    return std::max<milliseconds>(entry.instance->interval(), options.min_timeout);
  }

  [[nodiscard]] core::SteadyTime first_run(const Entry& entry) const {
    const auto spread =
        std::min<milliseconds>(entry.instance->interval(), kLongestFirstWait).count();
    const auto hash = core::hash_bytes(entry.id, options.seed);
    const auto share = hash % static_cast<std::uint64_t>(spread);
    return services.clock.now() + milliseconds(static_cast<std::int64_t>(share));
  }

  void reject(const InstanceConfig& config, const IntegrationInfo* info, std::string error) {
    kLog.warn("check instance does not run",
              {{"check", config.check}, {"source", config.source}, {"error", error}});
    if (rejected.size() >= options.max_instances && !rejected.contains(config.id)) return;
    Rejected& entry = rejected[config.id];
    entry.config = config;
    entry.info = info;
    entry.error = std::move(error);
  }

  // Cancels what `signal` of `owner` belongs to. Outside of the loop Asio posts the cancellation
  // with a bare pointer: the owner has to be there when it arrives.
  template <class Owner>
  void cancel(const std::shared_ptr<Owner>& owner, asio::cancellation_signal Owner::*signal) {
    asio::dispatch(services.executor,
                   [owner, signal] { ((*owner).*signal).emit(asio::cancellation_type::terminal); });
  }

  // The owner of a cancellation signal has to outlive the last step of the coroutine that listens
  // to it, which comes after the end of its parameters.
  template <class Owner>
  static auto until_ended(std::shared_ptr<Owner> owner) {
    return [owner = std::move(owner)](const std::exception_ptr&) {};
  }

  void schedule(std::string id, std::unique_ptr<IntegrationInstance> instance) {
    auto entry = std::make_shared<Entry>();
    entry->budget = budget;
    entry->id = std::move(id);
    entry->instance = std::move(instance);
    entries.emplace(entry->id, entry);
    asio::co_spawn(services.executor, tick(shared_from_this(), entry, first_run(*entry)),
                   asio::bind_cancellation_slot(entry->timer.slot(), until_ended(entry)));
  }

  // Wakes up for every run of one instance. A tick that is late is not made up for.
  static asio::awaitable<void> tick(std::shared_ptr<Impl> self, EntryPtr entry,
                                    core::SteadyTime next) {
    if (entry->removed) co_return;  // before the loop came to it
    const auto interval = entry->instance->interval();
    bool awake = co_await self->services.clock.sleep_until(next);
    while (awake && !entry->removed) {
      self->due(entry);
      const auto now = self->services.clock.now();
      do {
        next += interval;
      } while (next <= now);
      awake = co_await self->services.clock.sleep_until(next);
    }
  }

  void due(const EntryPtr& entry) {
    if (entry->queued || entry->run) {
      ++entry->skipped;
      return;
    }
    entry->queued = true;
    (entry->slow ? slow_queue : quick_queue).push_back(entry);
    start_queued();
  }

  void start_queued() {
    // A run that ends at once comes back here: the loop below goes on for it.
    if (std::exchange(starting, true)) return;
    while (!stopping && quick_running < options.max_running && !quick_queue.empty()) {
      start_next(quick_queue, true);
    }
    while (!stopping && slow_running < options.max_slow_running && !slow_queue.empty()) {
      start_next(slow_queue, false);
    }
    starting = false;
  }

  void start_next(std::deque<EntryPtr>& queue, bool quick) {
    const EntryPtr entry = std::move(queue.front());
    queue.pop_front();
    entry->queued = false;
    if (entry->removed) return;
    const auto run = std::make_shared<Run>();
    run->quick = quick;
    entry->run = run;
    ++(quick ? quick_running : slow_running);
    ++in_flight;
    const auto self = shared_from_this();
    asio::co_spawn(services.executor, entry->instance->run(),
                   asio::bind_cancellation_slot(
                       run->work.slot(),
                       [self, entry, run](const std::exception_ptr& error, RunOutcome outcome) {
                         if (error) outcome.error = "exception of an unknown type";
                         self->finish(entry, run, std::move(outcome));
                       }));
    if (run->finished) return;
    asio::co_spawn(services.executor, watch(self, entry, run),
                   asio::bind_cancellation_slot(run->watch.slot(), until_ended(run)));
  }

  // Looks after one run: gives its quick place away, cancels it, gives it up.
  static asio::awaitable<void> watch(std::shared_ptr<Impl> self, EntryPtr entry,
                                     std::shared_ptr<Run> run) {
    core::Clock& clock = self->services.clock;
    const auto begin = clock.now();
    const milliseconds timeout = self->timeout_of(*entry);
    const auto patience = std::min(self->options.slow_after, timeout);
    bool awake = co_await clock.sleep_until(begin + patience);
    if (!awake || run->finished) co_return;
    self->give_quick_place_away(*entry, run);
    awake = co_await clock.sleep_until(begin + timeout);
    if (!awake || run->finished) co_return;
    run->timed_out = true;
    ++entry->timeouts;
    self->cancel(run, &Run::work);
    awake = co_await clock.sleep_until(begin + timeout + self->options.cancel_grace);
    if (!awake || run->finished) co_return;
    self->give_up(*entry, *run);
  }

  // A run that turns out to be slow takes a slow place. Where none is free it is ended and waits
  // for one with the others: the places together limit how many runs hold an answer, and no server
  // that hangs holds up the quick.
  void give_quick_place_away(Entry& entry, const std::shared_ptr<Run>& run) {
    entry.slow = true;
    if (!run->quick) return;
    if (slow_running >= options.max_slow_running) {
      run->postponed = true;
      cancel(run, &Run::work);
      return;
    }
    run->quick = false;
    --quick_running;
    ++slow_running;
    start_queued();
  }

  // The instance stays in the list, without further runs until this one ends after all.
  void give_up(Entry& entry, Run& run) {
    release_place(run);
    RunOutcome outcome;
    outcome.error = "did not end when it was cancelled: no further run before it does";
    outcome.elapsed = timeout_of(entry);
    entry.instance->commit();
    record(entry, std::move(outcome));
    start_queued();
  }

  void release_place(Run& run) {
    if (!std::exchange(run.has_place, false)) return;
    --(run.quick ? quick_running : slow_running);
  }

  void finish(const EntryPtr& entry, const std::shared_ptr<Run>& run, RunOutcome outcome) {
    const bool lost = !run->has_place;
    release_place(*run);
    --in_flight;
    run->finished = true;
    cancel(run, &Run::watch);
    entry->run.reset();
    entry->slow = run->postponed || outcome.elapsed >= options.slow_after;
    if (run->timed_out) {
      const auto limit = std::chrono::duration_cast<std::chrono::seconds>(timeout_of(*entry));
      outcome.error = "did not finish within " + std::to_string(limit.count()) + " s";
    }
    // What a run says that the stop cancelled is about us, not about the check.
    const bool ours = stopping && !outcome.error.empty();
    const bool again = run->postponed && !run->timed_out && !entry->removed && !stopping;
    if (!lost && !ours && !again) record(*entry, std::move(outcome));
    if (again) {
      entry->queued = true;
      slow_queue.push_back(entry);
    }
    if (entry->removed) {
      std::erase(leaving, entry);
      retired.push_back(std::move(entry->instance));
    }
    start_queued();
  }

  void record(Entry& entry, RunOutcome outcome) {
    const bool failed = !outcome.error.empty();
    counters.runs.add();
    if (failed) {
      counters.failures.add();
      log_failure(entry, outcome.error);
    } else if (std::exchange(entry.failing, false) && std::exchange(entry.failure_logged, false)) {
      kLog.info("check works again", {{"check", entry.instance->config().check},
                                      {"instance", entry.id},
                                      {"source", entry.instance->config().source}});
    }
    if (options.check_status_tags) {
      ports.service_checks(check_status(entry.instance->info().name, failed,
                                        !outcome.warnings.empty(), services.clock.wall(),
                                        options.check_status_tags()));
    }
    entry.record.record(outcome.elapsed, services.clock.wall(), outcome.samples,
                        outcome.service_checks, std::move(outcome.error));
    log_new(entry, "check warns", outcome.warnings);
    log_new(entry, "check notes", outcome.notes);
    entry.record.add_details(outcome.buckets, std::move(outcome.warnings),
                             std::move(outcome.notes));
  }

  // Each text once, so that it stands in the log too and not only in `agent status`.
  void log_new(Entry& entry, std::string_view what, const std::vector<std::string>& texts) {
    for (const std::string& text : texts) {
      const std::uint64_t hash = core::hash_bytes(text, core::hash_seed());
      if (entry.logged.contains(hash)) continue;
      if (entry.logged.size() < kMaxLoggedTexts) {
        entry.logged.insert(hash);
      } else if (!entry.remarks.allow(services.clock.now())) {
        continue;  // a text with numbers in it is new each time
      }
      kLog.warn(what, {{"check", entry.instance->config().check},
                       {"instance", entry.id},
                       {"source", entry.instance->config().source},
                       {"text", text}});
    }
  }

  // One line when it begins to fail, none while it goes on.
  void log_failure(Entry& entry, const std::string& error) {
    if (std::exchange(entry.failing, true)) return;
    if (!entry.failures.allow(services.clock.now())) return;
    entry.failure_logged = true;
    kLog.warn("check fails", {{"check", entry.instance->config().check},
                              {"instance", entry.id},
                              {"source", entry.instance->config().source},
                              {"error", error},
                              {"suppressed", entry.failures.suppressed()}});
  }

  void remove(const EntryPtr& entry) {
    entry->removed = true;
    cancel(entry, &Entry::timer);
    if (entry->run) {
      leaving.push_back(entry);
    } else {
      if (entry->queued) {
        std::erase(quick_queue, entry);
        std::erase(slow_queue, entry);
        entry->queued = false;
      }
      retired.push_back(std::move(entry->instance));
    }
  }

  void begin_stop() {
    if (std::exchange(stopping, true)) return;
    quick_queue.clear();
    slow_queue.clear();
    for (const auto& [id, entry] : entries) {
      entry->removed = true;
      cancel(entry, &Entry::timer);
      if (entry->run) leaving.push_back(entry);
    }
    const auto in_runs = leaving;  // a run may end inside emit()
    for (const EntryPtr& entry : in_runs) {
      const auto run = entry->run;
      if (run) cancel(run, &Run::work);
    }
  }

  [[nodiscard]] telemetry::StatusNode node(const Entry& entry) const {
    const IntegrationInstance& instance = *entry.instance;
    telemetry::StatusNode node =
        entry.record.node(instance.title(), entry.id, instance.config().source);
    if (entry.skipped > 0) node.add("Skipped Runs", entry.skipped);
    if (entry.timeouts > 0) node.add("Timeouts", entry.timeouts);
    for (const std::string& note : instance.notes()) node.add("Note", note);
    if (!instance.metadata().empty()) {
      telemetry::StatusNode metadata;
      metadata.title = "Metadata";
      for (const auto& [key, value] : instance.metadata()) metadata.add(key, value);
      node.children.push_back(std::move(metadata));
    }
    return node;
  }
};

IntegrationScheduler::IntegrationScheduler(const CheckServices& services,
                                           telemetry::AggregatorCounters& aggregator,
                                           telemetry::CheckCounters& checks,
                                           ServiceCheckSink service_checks,
                                           IntegrationSchedulerOptions options)
    : impl_(std::make_shared<Impl>(services, aggregator, checks, std::move(service_checks),
                                   std::move(options))) {}

IntegrationScheduler::~IntegrationScheduler() { impl_->begin_stop(); }

Result<void> IntegrationScheduler::add(InstanceConfig config) {
  const IntegrationInfo* info = find_integration(config.check);
  if (info == nullptr) {
    std::string error =
        "there is no check of the name " + config.check + "; there are " + integration_names();
    remove(config.id);
    impl_->reject(config, nullptr, error);
    return fail(Errc::not_found, std::move(error));
  }
  return add(*info, std::move(config));
}

Result<void> IntegrationScheduler::add(const IntegrationInfo& info, InstanceConfig config) {
  Impl& d = *impl_;
  if (d.stopping) return fail(Errc::cancelled, "the agent stops");
  remove(config.id);
  if (d.entries.size() + d.leaving.size() >= d.options.max_instances) {
    std::string error = "more than " + std::to_string(d.options.max_instances) + " instances";
    d.reject(config, nullptr, error);
    return fail(Errc::too_large, std::move(error));
  }
  auto instance = IntegrationInstance::make(info, config, d.services, d.ports, d.options.instance);
  if (!instance) {
    const bool may_pass = instance.error().code() == Errc::invalid_config;
    d.reject(config, may_pass ? &info : nullptr, instance.error().message());
    return instance.error();
  }
  d.schedule(std::move(config.id), std::move(*instance));
  return {};
}

void IntegrationScheduler::retry_rejected() {
  Impl& d = *impl_;
  if (d.stopping) return;
  for (auto at = d.rejected.begin(); at != d.rejected.end();) {
    const Rejected& one = at->second;
    if (one.info == nullptr || d.entries.size() + d.leaving.size() >= d.options.max_instances) {
      ++at;
      continue;
    }
    auto instance =
        IntegrationInstance::make(*one.info, one.config, d.services, d.ports, d.options.instance);
    if (!instance) {
      ++at;
      continue;
    }
    kLog.info("check instance runs after all",
              {{"check", one.config.check}, {"source", one.config.source}});
    std::string id = at->first;
    at = d.rejected.erase(at);
    d.schedule(std::move(id), std::move(*instance));
  }
}

std::string_view IntegrationScheduler::rejection(std::string_view id) const noexcept {
  const auto found = impl_->rejected.find(id);
  return found == impl_->rejected.end() ? std::string_view() : found->second.error;
}

void IntegrationScheduler::remove(std::string_view id) {
  Impl& d = *impl_;
  if (const auto rejected = d.rejected.find(id); rejected != d.rejected.end()) {
    d.rejected.erase(rejected);
  }
  const auto found = d.entries.find(id);
  if (found == d.entries.end()) return;
  const EntryPtr entry = found->second;
  d.entries.erase(found);
  d.remove(entry);
}

asio::awaitable<void> IntegrationScheduler::stop(core::SteadyTime deadline) {
  const std::shared_ptr<Impl> d = impl_;
  d->begin_stop();
  bool awake = true;
  while (awake && d->in_flight > 0 && d->services.clock.now() < deadline) {
    const auto next = std::min(deadline, d->services.clock.now() + kStopPoll);
    awake = co_await d->services.clock.sleep_until(next);
  }
}

bool IntegrationScheduler::flush_some(metrics::FlushSink& sink, std::size_t max_series) {
  Impl& d = *impl_;
  std::size_t given = 0;
  while (!d.retired.empty() && given < max_series) {
    if (d.retired.back()) given += d.retired.back()->flush(sink);
    d.retired.pop_back();
  }
  if (!d.flushed_until) {
    for (const EntryPtr& entry : d.leaving) {
      if (entry->instance) given += entry->instance->flush(sink);
    }
  }
  auto next = d.flushed_until ? d.entries.upper_bound(*d.flushed_until) : d.entries.begin();
  while (next != d.entries.end() && given < max_series) {
    if (next->second->instance) given += next->second->instance->flush(sink);
    d.flushed_until = next->first;
    ++next;
  }
  if (next != d.entries.end() || !d.retired.empty()) return true;
  d.flushed_until.reset();
  return false;
}

std::size_t IntegrationScheduler::instances() const noexcept { return impl_->entries.size(); }
std::size_t IntegrationScheduler::running() const noexcept { return impl_->in_flight; }
std::size_t IntegrationScheduler::bytes() const noexcept { return impl_->budget->used; }

telemetry::StatusNode IntegrationScheduler::status() const {
  const Impl& d = *impl_;
  telemetry::StatusNode checks;
  checks.title = "Running Checks";
  for (const auto& [id, entry] : d.entries) {
    if (entry->instance) checks.children.push_back(d.node(*entry));
  }
  if (checks.children.empty()) checks.add("Status", "No checks have run yet");
  telemetry::StatusNode node;
  node.title = "Collector";
  node.children.push_back(std::move(checks));
  if (d.rejected.empty()) return node;
  telemetry::StatusNode errors;
  errors.title = "Check Initialization Errors";
  for (const auto& [id, rejected] : d.rejected) {
    telemetry::StatusNode child;
    child.title = rejected.config.check;
    child.add("Instance ID", id)
        .add("Configuration Source", rejected.config.source)
        .add("Error", rejected.error);
    errors.children.push_back(std::move(child));
  }
  node.children.push_back(std::move(errors));
  return node;
}

}  // namespace remora::checks
