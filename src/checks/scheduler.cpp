#include "remora/checks/scheduler.hpp"

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <exception>
#include <string>
#include <utility>

#include "checks/check_status.hpp"
#include "remora/checks/run_record.hpp"
#include "remora/core/log.hpp"

namespace remora::checks {
namespace {

const core::Logger kLog("checks");

// Passes values on and counts them for the check that runs.
class CountingSender final : public Sender {
 public:
  CountingSender(Sender& next, telemetry::CheckCounters& counters)
      : next_(next), counters_(counters) {}

  void submit(const model::Sample& sample) override {
    ++samples;
    counters_.samples.add();
    next_.submit(sample);
  }
  void submit(model::ServiceCheck check) override {
    ++service_checks;
    counters_.service_checks.add();
    next_.submit(std::move(check));
  }
  void forget(const model::Tags& tags) override { next_.forget(tags); }

  std::uint64_t samples = 0, service_checks = 0;

 private:
  Sender& next_;
  telemetry::CheckCounters& counters_;
};

bool cancelled(const asio::cancellation_state& state) {
  return state.cancelled() != asio::cancellation_type::none;
}

// To be read before every further wait: a wait of a coroutine that was cancelled throws.
constexpr auto kCancellation = asio::this_coro::cancellation_state;

}  // namespace

struct Scheduler::Impl {
  struct Entry {
    std::unique_ptr<Check> check;
    RunRecord runs;
    core::LogThrottle failure{std::chrono::minutes(5)};
  };

  core::Clock& clock;
  Sender& sender;
  telemetry::CheckCounters& counters;
  telemetry::HealthComponent& health;
  SchedulerOptions options;

  std::vector<std::unique_ptr<Entry>> entries;
  std::function<void()> after_run;
  bool running = false;
  std::uint64_t started = 0, finished = 0;   ///< numbers of runs, the first is 1
  std::vector<asio::steady_timer*> waiting;  ///< timers that never expire, used as a signal

  Impl(core::Clock& c, Sender& s, telemetry::CheckCounters& n, telemetry::HealthComponent& h,
       SchedulerOptions o)
      : clock(c), sender(s), counters(n), health(h), options(std::move(o)) {
    options.interval = std::max(options.interval, std::chrono::seconds(1));
  }

  // Ends a run, however it ends: the waiting ones go on.
  struct RunGuard {
    explicit RunGuard(Impl& i) : impl(i) { impl.running = true; }
    ~RunGuard() {
      impl.running = false;
      for (asio::steady_timer* timer : impl.waiting) timer->cancel();
    }
    RunGuard(const RunGuard&) = delete;
    RunGuard& operator=(const RunGuard&) = delete;
    Impl& impl;
  };

  asio::awaitable<void> wait_for_the_run() {
    asio::steady_timer timer(co_await asio::this_coro::executor);
    timer.expires_at(asio::steady_timer::time_point::max());
    waiting.push_back(&timer);
    co_await timer.async_wait(no_throw);
    std::erase(waiting, &timer);
  }

  void record(Entry& entry, const CountingSender& values, core::SteadyTime begin,
              const std::string& error) {
    const auto elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(clock.now() - begin);
    const bool had_failed = entry.runs.failed();
    entry.runs.record(elapsed, clock.wall(), values.samples, values.service_checks, error);
    counters.runs.add();
    if (options.check_status_tags) {
      sender.submit(check_status(entry.check->name(), !error.empty(), false, clock.wall(),
                                 options.check_status_tags()));
    }
    if (!error.empty()) {
      counters.failures.add();
      if (entry.failure.allow(clock.now())) {
        kLog.warn("check failed", {{"check", entry.check->name()},
                                   {"error", error},
                                   {"suppressed", entry.failure.suppressed()}});
      }
    } else if (had_failed) {
      kLog.info("check works again", {{"check", entry.check->name()}});
    }
  }

  asio::awaitable<void> run_check(Entry& entry) {
    CountingSender values(sender, counters);
    const auto begin = clock.now();
    std::string error;
    try {
      const Result<void> result = co_await entry.check->run(values);
      if (!result) {
        error = result.error().message();
        if (error.empty()) error = to_string(result.error().code());
      }
    } catch (const std::exception& e) {
      error = "exception: " + std::string(e.what());
    } catch (...) {
      error = "exception of an unknown type";
    }
    // What a cancelled check says is about us, not about the check.
    if (!error.empty() && cancelled(co_await kCancellation)) co_return;
    record(entry, values, begin, error);
  }
};

Scheduler::Scheduler(core::Clock& clock, Sender& sender, telemetry::CheckCounters& counters,
                     telemetry::HealthComponent& health, SchedulerOptions options)
    : impl_(std::make_unique<Impl>(clock, sender, counters, health, std::move(options))) {}

Scheduler::~Scheduler() = default;

void Scheduler::add(std::unique_ptr<Check> check) {
  auto entry = std::make_unique<Impl::Entry>();
  entry->check = std::move(check);
  impl_->entries.push_back(std::move(entry));
}

void Scheduler::after_run(std::function<void()> listener) {
  impl_->after_run = std::move(listener);
}

asio::awaitable<void> Scheduler::run() {
  Impl& d = *impl_;
  d.health.beat();
  const bool own_phase = d.options.first_after.count() > 0;
  auto next = d.clock.now() + (own_phase ? d.options.first_after : d.options.interval);
  for (;;) {
    if (!co_await d.clock.sleep_until(next)) co_return;
    co_await run_once();
    // A further wait would throw once the coroutine is cancelled.
    if (cancelled(co_await kCancellation)) co_return;
    const auto now = d.clock.now();
    do {
      next += d.options.interval;
    } while (next <= now);
  }
}

asio::awaitable<void> Scheduler::run_once() {
  Impl& d = *impl_;
  const std::uint64_t wanted = d.started + 1;  // any run that begins from now on will do
  while (d.running) {
    co_await d.wait_for_the_run();
    if (cancelled(co_await kCancellation)) co_return;
    if (d.finished >= wanted) co_return;
  }
  const Impl::RunGuard guard(d);
  const std::uint64_t number = ++d.started;
  for (std::size_t i = 0; i < d.entries.size(); ++i) {
    co_await d.run_check(*d.entries[i]);
    if (cancelled(co_await kCancellation)) co_return;
  }
  d.finished = number;
  d.health.beat();
  if (d.after_run) d.after_run();
}

telemetry::StatusNode Scheduler::status() const {
  telemetry::StatusNode checks;
  checks.title = "Running Checks";
  for (const auto& entry : impl_->entries) {
    if (entry->runs.ran()) checks.children.push_back(entry->runs.node(entry->check->name()));
  }
  if (checks.children.empty()) checks.add("Status", "No checks have run yet");
  telemetry::StatusNode node;
  node.title = "Collector";
  node.children.push_back(std::move(checks));
  return node;
}

}  // namespace remora::checks
