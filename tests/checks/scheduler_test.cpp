#include "remora/checks/scheduler.hpp"

#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <functional>
#include <stdexcept>

#include "fakes/fake_clock.hpp"
#include "fakes/fake_sender.hpp"

namespace remora::checks {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Does what the test says; may take time of the fake clock.
class ScriptedCheck final : public Check {
 public:
  using Script = std::function<asio::awaitable<Result<void>>(Sender&)>;
  ScriptedCheck(std::string name, Script script)
      : name_(std::move(name)), script_(std::move(script)) {}
  [[nodiscard]] std::string_view name() const override { return name_; }
  [[nodiscard]] asio::awaitable<Result<void>> run(Sender& sender) override {
    return script_(sender);
  }

 private:
  std::string name_;
  Script script_;
};

class SchedulerTest : public testing::Test {
 protected:
  void add(std::string name, ScriptedCheck::Script script) {
    scheduler_.add(std::make_unique<ScriptedCheck>(std::move(name), std::move(script)));
  }
  void add_counting(std::string name, int& runs) {
    add(std::move(name), [&runs](Sender& sender) -> asio::awaitable<Result<void>> {
      ++runs;
      sender.submit(model::Sample{"m", model::SampleKind::gauge, 1, model::empty_tags(), {}});
      co_return Result<void>();
    });
  }
  // A check that takes `time`, and fails the test when it is entered twice.
  void add_slow(milliseconds time, int& runs) {
    add("slow", [this, time, &runs](Sender&) -> asio::awaitable<Result<void>> {
      EXPECT_FALSE(inside_);
      inside_ = true;
      ++runs;
      (void)co_await clock_.sleep_until(clock_.now() + time);
      inside_ = false;
      co_return Result<void>();
    });
  }
  void spawn_run() {
    asio::co_spawn(io_, scheduler_.run(),
                   asio::bind_cancellation_slot(signal_.slot(), [this](std::exception_ptr e) {
                     ended_ = true;
                     escaped_ = e;
                   }));
    poll();
  }
  void spawn_once() {
    asio::co_spawn(io_, scheduler_.run_once(), [this](std::exception_ptr) { ++once_done_; });
    poll();
  }
  void poll() {
    io_.restart();
    io_.poll();
  }
  void advance(milliseconds by) {
    clock_.advance(by);
    poll();
  }
  [[nodiscard]] telemetry::StatusNode status_of(std::size_t i) const {
    return scheduler_.status().children.at(0).children.at(i);
  }
  static std::string field(const telemetry::StatusNode& node, std::string_view name) {
    for (const auto& [key, value] : node.fields) {
      if (key != name) continue;
      if (const auto* text = std::get_if<std::string>(&value)) return *text;
      if (const auto* n = std::get_if<std::uint64_t>(&value)) return std::to_string(*n);
    }
    return "(absent)";
  }

  asio::io_context io_;
  fakes::FakeClock clock_;
  fakes::FakeSender sender_;
  telemetry::CheckCounters counters_;
  telemetry::HealthRegistry health_{clock_};
  telemetry::HealthComponent& component_ = health_.add("collector", seconds(30));
  Scheduler scheduler_{clock_, sender_, counters_, component_, {}};
  asio::cancellation_signal signal_;
  bool ended_ = false, inside_ = false;
  std::exception_ptr escaped_;
  int once_done_ = 0;
};

TEST_F(SchedulerTest, RunsEveryIntervalButNotAtTheStart) {
  int runs = 0;
  add_counting("a", runs);
  spawn_run();
  EXPECT_TRUE(health_.report().ok());
  EXPECT_EQ(runs, 0);
  advance(milliseconds(14'999));
  EXPECT_EQ(runs, 0);
  advance(milliseconds(1));
  EXPECT_EQ(runs, 1);
  advance(seconds(15));
  EXPECT_EQ(runs, 2);
}

TEST_F(SchedulerTest, APhaseOfItsOwnMovesTheWholeGrid) {
  int runs = 0;
  SchedulerOptions options;
  options.first_after = milliseconds(8'200);
  Scheduler shifted(clock_, sender_, counters_, component_, options);
  shifted.after_run([&runs] { ++runs; });
  asio::co_spawn(io_, shifted.run(), asio::bind_cancellation_slot(signal_.slot(), asio::detached));
  poll();
  advance(milliseconds(8'199));
  EXPECT_EQ(runs, 0);
  advance(milliseconds(1));
  EXPECT_EQ(runs, 1);
  advance(milliseconds(14'999));
  EXPECT_EQ(runs, 1);
  advance(milliseconds(1));
  EXPECT_EQ(runs, 2);
  signal_.emit(asio::cancellation_type::terminal);
  poll();
}

TEST_F(SchedulerTest, ALateTickIsNotMadeUpFor) {
  int runs = 0;
  add_counting("a", runs);
  spawn_run();
  advance(seconds(50));  // three ticks in one sleep of the machine
  EXPECT_EQ(runs, 1);
  advance(seconds(9));
  EXPECT_EQ(runs, 1);
  advance(seconds(1));  // at 60 s, on the grid
  EXPECT_EQ(runs, 2);
}

TEST_F(SchedulerTest, AFailingOrThrowingCheckDoesNotStopTheOthers) {
  int runs = 0;
  add("fails", [](Sender&) -> asio::awaitable<Result<void>> {
    co_return fail(Errc::timeout, "no answer in 1 s");
  });
  add("throws", [](Sender&) -> asio::awaitable<Result<void>> {
    throw std::runtime_error("bug");
    co_return Result<void>();
  });
  add_counting("good", runs);
  spawn_once();
  EXPECT_EQ(runs, 1);
  EXPECT_EQ(field(status_of(0), "Instance ID"), "fails [ERROR]");
  EXPECT_EQ(field(status_of(0), "Error"), "no answer in 1 s");
  EXPECT_EQ(field(status_of(1), "Error"), "exception: bug");
  EXPECT_EQ(field(status_of(2), "Instance ID"), "good [OK]");
  EXPECT_EQ(counters_.runs.value, 3u);
  EXPECT_EQ(counters_.failures.value, 2u);
  EXPECT_EQ(counters_.samples.value, 1u);
}

TEST_F(SchedulerTest, StatusTellsRunsSamplesTimesAndForgetsAnOldError) {
  bool broken = false;
  add("a", [&](Sender& sender) -> asio::awaitable<Result<void>> {
    sender.submit(model::Sample{"m", model::SampleKind::gauge, 1, model::empty_tags(), {}});
    sender.submit(model::ServiceCheck{});
    (void)co_await clock_.sleep_until(clock_.now() + milliseconds(12));
    if (broken) co_return fail(Errc::io, "x");
    co_return Result<void>();
  });
  const auto before = scheduler_.status();
  EXPECT_EQ(before.title, "Collector");
  EXPECT_EQ(field(before.children.at(0), "Status"), "No checks have run yet");
  for (const bool b : {false, true, false}) {
    broken = b;
    spawn_once();
    advance(milliseconds(12));
    EXPECT_EQ(field(status_of(0), "Error"), b ? "x" : "(absent)");
  }
  const auto node = status_of(0);
  EXPECT_EQ(node.title, "a");
  EXPECT_EQ(field(node, "Total Runs"), "3");
  EXPECT_EQ(field(node, "Metric Samples"), "Last Run: 1, Total: 3");
  EXPECT_EQ(field(node, "Service Checks"), "Last Run: 1, Total: 3");
  EXPECT_EQ(field(node, "Last Execution Time"), "12ms");
  EXPECT_EQ(field(node, "Average Execution Time"), "12ms");
  EXPECT_EQ(field(node, "Last Execution Date"), "2023-11-14 22:13:20 UTC");
}

TEST_F(SchedulerTest, CallsDuringARunShareTheNextOne) {
  int runs = 0;
  add_slow(seconds(2), runs);
  spawn_once();
  spawn_once();
  spawn_once();
  EXPECT_EQ(runs, 1);
  advance(seconds(2));
  EXPECT_EQ(once_done_, 1);
  EXPECT_EQ(runs, 2);  // one more for both: it began after they asked
  advance(seconds(2));
  EXPECT_EQ(once_done_, 3);
  EXPECT_EQ(runs, 2);
}

TEST_F(SchedulerTest, EveryRunIsFollowedByTheListener) {
  int runs = 0, flushes = 0;
  add_counting("a", runs);
  scheduler_.after_run([&] {
    ++flushes;
    EXPECT_EQ(flushes, runs);
  });
  spawn_run();
  advance(seconds(15));
  spawn_once();
  EXPECT_EQ(flushes, 2);
}

TEST_F(SchedulerTest, ACheckThatHangsMakesTheCollectorUnhealthy) {
  int runs = 0;
  add_slow(seconds(100), runs);
  spawn_run();
  advance(seconds(15));
  EXPECT_TRUE(health_.report().ok());
  advance(seconds(20));
  EXPECT_FALSE(health_.report().ok());
  advance(seconds(80));
  EXPECT_TRUE(health_.report().ok());
}

TEST_F(SchedulerTest, CancellationBetweenRunsEndsQuietly) {
  int runs = 0;
  add_counting("a", runs);
  spawn_run();
  signal_.emit(asio::cancellation_type::terminal);
  poll();
  EXPECT_TRUE(ended_);
  EXPECT_EQ(escaped_, nullptr);
}

TEST_F(SchedulerTest, CancellationDuringARunEndsItAndLetsOthersRun) {
  int runs = 0, others = 0;
  add_slow(seconds(2), runs);
  add_counting("other", others);
  spawn_run();
  advance(seconds(15));
  EXPECT_EQ(runs, 1);
  spawn_once();  // waits for the run of `run()`
  signal_.emit(asio::cancellation_type::terminal);
  poll();
  EXPECT_TRUE(ended_);
  EXPECT_EQ(escaped_, nullptr);
  EXPECT_EQ(runs, 2);  // the last sample still happens
  advance(seconds(2));
  EXPECT_EQ(once_done_, 1);
  EXPECT_EQ(others, 1);
  EXPECT_EQ(counters_.failures.value, 0u);
}

}  // namespace
}  // namespace remora::checks
