#include "remora/checks/integration_scheduler.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <map>
#include <set>
#include <stdexcept>

#include "fakes/allocation_counter.hpp"
#include "fakes/fake_clock.hpp"

namespace remora::checks {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

using Script = std::function<asio::awaitable<Result<void>>(InstanceSender&)>;

// What instances do, by the option `script` of theirs. `IntegrationInfo::create` is a plain
// pointer.
std::map<std::string, Script>& scripts() {
  static std::map<std::string, Script> all;
  return all;
}

class ScriptedCheck final : public IntegrationCheck {
 public:
  explicit ScriptedCheck(Script script) : script_(std::move(script)) {}
  [[nodiscard]] asio::awaitable<Result<void>> run(InstanceSender& sender) override {
    return script_(sender);
  }

 private:
  Script script_;
};

Result<std::unique_ptr<IntegrationCheck>> create_scripted(const InstanceConfig& config,
                                                          const CheckServices&) {
  const auto* name = config.instance.find("script");
  if (name == nullptr) return fail(Errc::invalid_config, "script is missing");
  return std::unique_ptr<IntegrationCheck>(
      std::make_unique<ScriptedCheck>(scripts().at(*name->text())));
}

IntegrationInfo scripted_info() {
  IntegrationInfo info;
  info.name = "demo";
  info.name_space = "demo";
  info.origin_service = 75;
  info.create = create_scripted;
  return info;
}
const IntegrationInfo kDemo = scripted_info();

class Names final : public metrics::FlushSink {
 public:
  void on_series(const model::SeriesView& series) override {
    EXPECT_EQ(series.origin, (model::Origin{10, 11, 75}));
    names.emplace_back(series.name);
  }
  void on_sketch(const model::SketchView& sketch) override { names.emplace_back(sketch.name); }
  std::vector<std::string> names;
};

class IntegrationSchedulerTest : public testing::Test {
 protected:
  ~IntegrationSchedulerTest() override {
    // Nothing of a test is left on its loop.
    scheduler_.reset();
    poll();
    scripts().clear();
  }
  void remake(IntegrationSchedulerOptions options) {
    options.seed = 1;
    scheduler_ = std::make_unique<IntegrationScheduler>(
        services_, aggregator_, counters_,
        [this](model::ServiceCheck check) { service_checks_.push_back(std::move(check)); },
        options);
  }
  Result<void> try_add(const std::string& id, const std::string& script, model::Map more = {}) {
    InstanceConfig config;
    config.check = "demo";
    config.id = id;
    config.source = "container:" + id;
    if (!script.empty()) more.set("script", script);
    config.instance = model::Value(std::move(more));
    auto added = scheduler_->add(kDemo, std::move(config));
    poll();
    return added;
  }
  void add(const std::string& id, Script script, model::Map more = {}) {
    scripts()[id] = std::move(script);
    const auto added = try_add(id, id, std::move(more));
    EXPECT_TRUE(added) << added.error().message();
  }
  // Adds an instance whose runs take `time`; `runs_[id]` counts them.
  void add_taking(const std::string& id, milliseconds time, model::Map more = {}) {
    add(
        id,
        [this, id, time](InstanceSender& sender) -> asio::awaitable<Result<void>> {
          EXPECT_TRUE(inside_.insert(id).second) << id << " runs twice at once";
          most_inside_ = std::max(most_inside_, inside_.size());
          ++runs_[id];
          sender.gauge(id, 1);
          if (time.count() > 0) (void)co_await clock_.sleep_until(clock_.now() + time);
          inside_.erase(id);
          co_return Result<void>();
        },
        std::move(more));
  }
  void poll() {
    io_.restart();
    io_.poll();
  }
  // In steps, so that every wait ends at its own time.
  void advance(milliseconds by, milliseconds step = milliseconds(100)) {
    for (milliseconds passed{0}; passed < by; passed += step) {
      clock_.advance(std::min(step, by - passed));
      poll();
    }
  }
  std::vector<std::string> flush() {
    Names sink;
    while (scheduler_->flush_some(sink, 1)) {
    }
    return sink.names;
  }
  [[nodiscard]] telemetry::StatusNode status_of(std::size_t i) const {
    return scheduler_->status().children.at(0).children.at(i);
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
  // No check of these tests uses HTTP.
  alignas(CheckHttp) std::byte no_http_[sizeof(CheckHttp)] = {};
  CheckServices services_{io_.get_executor(), clock_, reinterpret_cast<CheckHttp&>(no_http_),
                          clock_.wall()};
  telemetry::AggregatorCounters aggregator_;
  telemetry::CheckCounters counters_;
  std::vector<model::ServiceCheck> service_checks_;
  std::unique_ptr<IntegrationScheduler> scheduler_ = std::make_unique<IntegrationScheduler>(
      services_, aggregator_, counters_,
      [this](model::ServiceCheck check) { service_checks_.push_back(std::move(check)); },
      IntegrationSchedulerOptions{});
  std::map<std::string, int> runs_;
  std::set<std::string> inside_;
  std::size_t most_inside_ = 0;
};

TEST_F(IntegrationSchedulerTest, EveryInstanceHasAnIntervalOfItsOwn) {
  add_taking("quick", milliseconds(0), {{"min_collection_interval", 5}});
  add_taking("usual", milliseconds(0));
  add_taking("rare", milliseconds(0), {{"min_collection_interval", 600}});
  EXPECT_TRUE(runs_.empty());
  advance(seconds(60));
  EXPECT_EQ(runs_["quick"], 12);
  EXPECT_EQ(runs_["usual"], 4);
  EXPECT_EQ(runs_["rare"], 1);  // the first after a minute at most
  EXPECT_EQ(counters_.runs.value, 17u);
}

TEST_F(IntegrationSchedulerTest, FirstRunsSpreadOverTheInterval) {
  std::map<std::int64_t, int> by_second;
  const auto begin = clock_.now();
  for (int i = 0; i < 300; ++i) {
    add("i" + std::to_string(i), [&](InstanceSender&) -> asio::awaitable<Result<void>> {
      // The clock moves in steps: a time that is due within one is found at its end. One may be due
      // at once.
      const auto due =
          std::max(clock_.now() - begin - milliseconds(1), core::SteadyTime::duration(0));
      ++by_second[std::chrono::floor<seconds>(due).count()];
      co_return Result<void>();
    });
  }
  advance(seconds(15), milliseconds(10));
  EXPECT_EQ(by_second.size(), 15u);
  for (const auto& [second, runs] : by_second) {
    EXPECT_GE(runs, 5) << second;  // 20 on average
    EXPECT_LE(runs, 45) << second;
  }
}

TEST_F(IntegrationSchedulerTest, AnInstanceAddedAgainKeepsItsTime) {
  IntegrationSchedulerOptions options;
  remake(options);
  add_taking("a", milliseconds(0));
  std::int64_t first = 0;
  while (runs_["a"] == 0) {
    advance(milliseconds(10), milliseconds(10));
    ++first;
  }
  scheduler_->remove("a");
  add_taking("a", milliseconds(0));
  std::int64_t second = 0;
  while (runs_["a"] == 1) {
    advance(milliseconds(10), milliseconds(10));
    ++second;
  }
  EXPECT_EQ(first, second);
}

TEST_F(IntegrationSchedulerTest, ARunThatLastsIsNotStartedAgainMeanwhile) {
  add_taking("a", seconds(12), {{"min_collection_interval", 5}});
  // The timeout is 10 s here: longer runs are another test's.
  advance(seconds(30));
  EXPECT_EQ(most_inside_, 1u);
  EXPECT_GE(runs_["a"], 1);
  EXPECT_NE(field(status_of(0), "Skipped Runs"), "(absent)");
}

TEST_F(IntegrationSchedulerTest, AtMostSoManyRunAtOnceAndTheRestGetsItsTurn) {
  IntegrationSchedulerOptions options;
  options.max_running = 2;
  options.slow_after = seconds(2);
  remake(options);
  for (int i = 0; i < 20; ++i) add_taking("i" + std::to_string(i), seconds(1));
  advance(seconds(30));
  EXPECT_EQ(most_inside_, 2u);
  for (int i = 0; i < 20; ++i) EXPECT_GE(runs_["i" + std::to_string(i)], 1) << i;
}

// One that takes as long as `slow_after` is slow and makes room; one that takes less is not.
TEST_F(IntegrationSchedulerTest, ARunOfExactlyTheLimitIsSlow) {
  for (const auto& [time, slow] : {std::pair{2'000, true}, std::pair{1'900, false}}) {
    IntegrationSchedulerOptions options;
    options.max_running = 1;
    options.max_slow_running = 4;
    options.slow_after = seconds(2);
    remake(options);
    most_inside_ = 0;
    for (int i = 0; i < 4; ++i) {
      add_taking("i" + std::to_string(i), milliseconds(time), {{"min_collection_interval", 3}});
    }
    advance(seconds(60));
    EXPECT_EQ(most_inside_ > 1, slow) << time << " ms";
    scheduler_.reset();
    advance(seconds(5));
    inside_.clear();
  }
}

TEST_F(IntegrationSchedulerTest, AsManyRefusedInstancesAreNamedAsMayRun) {
  IntegrationSchedulerOptions options;
  options.max_instances = 2;
  remake(options);
  for (const char* id : {"a", "b", "c"}) EXPECT_FALSE(try_add(id, ""));
  EXPECT_EQ(scheduler_->status().children.at(1).children.size(), 2u);
  EXPECT_FALSE(try_add("b", ""));  // a known one may tell another reason
  EXPECT_EQ(scheduler_->status().children.at(1).children.size(), 2u);
}

TEST_F(IntegrationSchedulerTest, HangingChecksNeverDelayTheOthers) {
  IntegrationSchedulerOptions options;
  options.max_running = 2;
  options.max_slow_running = 2;
  remake(options);
  for (int i = 0; i < 30; ++i) add_taking("hangs" + std::to_string(i), std::chrono::hours(100));
  add_taking("good", milliseconds(0));
  // Each of the 30 holds a quick place once, for half a second.
  advance(seconds(15));
  EXPECT_EQ(runs_["good"], 1);
  advance(seconds(150));
  EXPECT_EQ(runs_["good"], 11);
  EXPECT_EQ(field(scheduler_->status().children.at(0).children.at(0), "Skipped Runs"), "(absent)");
}

TEST_F(IntegrationSchedulerTest, ARunIsCancelledAfterItsInterval) {
  bool broken = true;
  add("a", [&](InstanceSender& sender) -> asio::awaitable<Result<void>> {
    sender.gauge("before", 1);
    sender.service_check("can_connect", model::CheckStatus::critical, {}, "");
    if (broken) {
      asio::steady_timer never(io_);
      never.expires_at(asio::steady_timer::time_point::max());
      co_await never.async_wait(asio::use_awaitable);
    }
    co_return Result<void>();
  });
  advance(seconds(30));
  EXPECT_EQ(field(status_of(0), "Error"), "did not finish within 15 s");
  EXPECT_EQ(field(status_of(0), "Timeouts"), "1");
  EXPECT_EQ(field(status_of(0), "Instance ID"), "a [ERROR]");
  EXPECT_EQ(counters_.failures.value, 1u);
  EXPECT_THAT(flush(), ElementsAre("demo.before"));  // what came before stays
  EXPECT_FALSE(service_checks_.empty());
  broken = false;
  advance(seconds(40));
  EXPECT_EQ(field(status_of(0), "Error"), "(absent)");
  EXPECT_EQ(field(status_of(0), "Instance ID"), "a [OK]");
}

TEST_F(IntegrationSchedulerTest, AShortIntervalLeavesTenSeconds) {
  add_taking("a", seconds(9), {{"min_collection_interval", 1}});
  advance(seconds(15));
  EXPECT_EQ(field(status_of(0), "Error"), "(absent)");
  EXPECT_EQ(field(status_of(0), "Timeouts"), "(absent)");
  EXPECT_EQ(field(status_of(0), "Last Execution Time"), "9000ms");
}

TEST_F(IntegrationSchedulerTest, ACheckThatIgnoresCancellationIsGivenUp) {
  asio::steady_timer end(io_);
  end.expires_at(asio::steady_timer::time_point::max());
  add("a", [&](InstanceSender& sender) -> asio::awaitable<Result<void>> {
    ++runs_["a"];
    sender.gauge("x", 1);
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    (void)co_await end.async_wait(no_throw);
    co_return Result<void>();
  });
  advance(seconds(40));
  EXPECT_THAT(field(status_of(0), "Error"), HasSubstr("did not end when it was cancelled"));
  EXPECT_THAT(flush(), ElementsAre("demo.x"));
  advance(seconds(100));
  EXPECT_EQ(runs_["a"], 1);
  EXPECT_EQ(counters_.runs.value, 1u);
  end.cancel();
  poll();
  EXPECT_EQ(scheduler_->running(), 0u);
  advance(seconds(15));
  EXPECT_EQ(runs_["a"], 2);
  end.cancel();
}

TEST_F(IntegrationSchedulerTest, AFailingOrThrowingCheckKeepsItsValuesAndHurtsNobody) {
  add("fails", [](InstanceSender& sender) -> asio::awaitable<Result<void>> {
    sender.gauge("a", 1);
    co_return fail(Errc::unauthorized, "cannot log in at redis://:hunter2@cache:6379");
  });
  add("throws", [](InstanceSender& sender) -> asio::awaitable<Result<void>> {
    sender.gauge("b", 1);
    throw std::runtime_error("bug");
    co_return Result<void>();
  });
  add_taking("works", milliseconds(0));
  advance(seconds(15));
  EXPECT_THAT(flush(), UnorderedElementsAre("demo.a", "demo.b", "demo.works"));
  EXPECT_THAT(field(status_of(0), "Error"), HasSubstr("cannot log in"));
  EXPECT_THAT(field(status_of(0), "Error"), testing::Not(HasSubstr("hunter2")));
  EXPECT_EQ(field(status_of(1), "Error"), "exception: bug");
  EXPECT_EQ(field(status_of(2), "Instance ID"), "works [OK]");
  EXPECT_EQ(counters_.failures.value, 2u);
}

// Lines that a failing instance costs. stderr is written at once while no logging thread runs.
TEST_F(IntegrationSchedulerTest, OneLineWhenItBeginsToFailAndOneWhenItRecovers) {
  bool broken = true;
  add("a", [&](InstanceSender&) -> asio::awaitable<Result<void>> {
    if (broken) co_return fail(Errc::network, "refused");
    co_return Result<void>();
  });
  testing::internal::CaptureStderr();
  advance(seconds(150));
  std::string lines = testing::internal::GetCapturedStderr();
  EXPECT_EQ(std::count(lines.begin(), lines.end(), '\n'), 1) << lines;
  EXPECT_THAT(lines, HasSubstr("check fails"));
  EXPECT_THAT(lines, HasSubstr("error=refused"));
  EXPECT_THAT(lines, HasSubstr("source=container:a"));
  broken = false;
  testing::internal::CaptureStderr();
  advance(seconds(60));
  lines = testing::internal::GetCapturedStderr();
  EXPECT_EQ(std::count(lines.begin(), lines.end(), '\n'), 1) << lines;
  EXPECT_THAT(lines, HasSubstr("check works again"));
  // One that fails every other run is a line now and then, not two per minute.
  testing::internal::CaptureStderr();
  for (int i = 0; i < 10; ++i) {
    broken = !broken;
    advance(seconds(15));
  }
  lines = testing::internal::GetCapturedStderr();
  EXPECT_LE(std::count(lines.begin(), lines.end(), '\n'), 2) << lines;
}

TEST_F(IntegrationSchedulerTest, ARemovedInstanceIsFlushedAndForgotten) {
  add_taking("a", milliseconds(0));
  advance(seconds(15));
  scheduler_->remove("a");
  EXPECT_EQ(scheduler_->instances(), 0u);
  advance(seconds(60));
  EXPECT_EQ(runs_["a"], 1);
  EXPECT_GT(scheduler_->bytes(), 0u);
  EXPECT_THAT(flush(), ElementsAre("demo.a"));
  EXPECT_EQ(scheduler_->bytes(), 0u);
  EXPECT_THAT(flush(), IsEmpty());
  EXPECT_EQ(clock_.sleepers(), 0u);
}

TEST_F(IntegrationSchedulerTest, ARemovalWaitsForARunInFlight) {
  add("a", [&](InstanceSender& sender) -> asio::awaitable<Result<void>> {
    ++runs_["a"];
    sender.gauge("begin", 1);
    (void)co_await clock_.sleep_until(clock_.now() + seconds(1));
    sender.gauge("end", 1);
    co_return Result<void>();
  });
  while (runs_["a"] == 0) advance(milliseconds(100));
  scheduler_->remove("a");
  poll();
  EXPECT_EQ(scheduler_->running(), 1u);
  EXPECT_EQ(scheduler_->instances(), 0u);
  EXPECT_THAT(flush(), IsEmpty());
  advance(seconds(1));
  EXPECT_EQ(scheduler_->running(), 0u);
  EXPECT_THAT(flush(), ElementsAre("demo.begin", "demo.end"));
  EXPECT_EQ(scheduler_->bytes(), 0u);
}

TEST_F(IntegrationSchedulerTest, AnInstanceCanBeRemovedBeforeTheLoopHasSeenIt) {
  scripts()["a"] = [](InstanceSender&) -> asio::awaitable<Result<void>> {
    ADD_FAILURE() << "runs";
    co_return Result<void>();
  };
  InstanceConfig config;
  config.id = "a";
  config.instance = model::Map{{"script", "a"}};
  ASSERT_TRUE(scheduler_->add(kDemo, config));
  scheduler_->remove("a");
  advance(seconds(30));
  EXPECT_EQ(scheduler_->instances(), 0u);
}

TEST_F(IntegrationSchedulerTest, AnInstanceThatWaitsForItsTurnCanBeRemoved) {
  IntegrationSchedulerOptions options;
  options.max_running = 1;
  options.slow_after = seconds(20);
  remake(options);
  add_taking("long", seconds(14));
  add_taking("waits", milliseconds(0));
  // Whichever begins first: "long" is in its run then, and "waits" had its turn or is queued.
  while (runs_["long"] == 0) advance(milliseconds(100));
  advance(seconds(10));
  scheduler_->remove("waits");
  scheduler_->remove("long");
  const auto runs = runs_;
  advance(seconds(60));
  EXPECT_EQ(runs_, runs);
  EXPECT_EQ(scheduler_->running(), 0u);
}

TEST_F(IntegrationSchedulerTest, AnIdThatIsThereIsReplaced) {
  add_taking("a", milliseconds(0));
  scripts()["b"] = [this](InstanceSender&) -> asio::awaitable<Result<void>> {
    ++runs_["b"];
    co_return Result<void>();
  };
  ASSERT_TRUE(try_add("a", "b"));
  EXPECT_EQ(scheduler_->instances(), 1u);
  advance(seconds(30));
  EXPECT_EQ(runs_["a"], 0);
  EXPECT_EQ(runs_["b"], 2);
}

TEST_F(IntegrationSchedulerTest, WhatCannotRunIsNamedUntilItIsRemoved) {
  const auto missing = try_add("a", "");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().message(), "script is missing");
  InstanceConfig config;
  config.check = "nosuch";
  config.id = "nosuch:1";
  const auto unknown = scheduler_->add(std::move(config));
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code(), Errc::not_found);
  const auto errors = scheduler_->status().children.at(1);
  EXPECT_EQ(errors.title, "Check Initialization Errors");
  ASSERT_EQ(errors.children.size(), 2u);
  EXPECT_EQ(errors.children[0].title, "demo");
  EXPECT_EQ(field(errors.children[0], "Error"), "script is missing");
  EXPECT_EQ(field(errors.children[0], "Configuration Source"), "container:a");
  EXPECT_THAT(field(errors.children[1], "Error"),
              HasSubstr("no check of the name nosuch; there are http_check, "));
  scheduler_->remove("a");
  scheduler_->remove("nosuch:1");
  EXPECT_EQ(scheduler_->status().children.size(), 1u);
}

TEST_F(IntegrationSchedulerTest, WhatCouldNotBeMadeGetsAnotherTry) {
  // Made once the script is there, as a check whose certificate file comes later.
  IntegrationInfo info = kDemo;
  info.create = [](const InstanceConfig& config, const CheckServices& services) {
    if (!scripts().contains("late")) {
      return Result<std::unique_ptr<IntegrationCheck>>(fail(Errc::invalid_config, "no file yet"));
    }
    return create_scripted(config, services);
  };
  InstanceConfig config;
  config.check = "demo";
  config.id = "demo:late";
  config.instance = model::Map{{"script", "late"}};
  EXPECT_FALSE(scheduler_->add(info, config));
  EXPECT_EQ(scheduler_->rejection("demo:late"), "no file yet");
  scheduler_->retry_rejected();
  EXPECT_EQ(scheduler_->instances(), 0u);

  int runs = 0;
  scripts()["late"] = [&runs](InstanceSender&) -> asio::awaitable<Result<void>> {
    ++runs;
    co_return Result<void>();
  };
  scheduler_->retry_rejected();
  EXPECT_EQ(scheduler_->rejection("demo:late"), "");
  advance(seconds(15));
  EXPECT_EQ(runs, 1);
}

TEST_F(IntegrationSchedulerTest, WhatCanNeverRunGetsNoFurtherTry) {
  static int tries = 0;
  tries = 0;
  IntegrationInfo info = kDemo;
  info.create = [](const InstanceConfig&, const CheckServices&) {
    ++tries;
    return Result<std::unique_ptr<IntegrationCheck>>(fail(Errc::unsupported, "kerberos"));
  };
  InstanceConfig config;
  config.id = "demo:never";
  EXPECT_FALSE(scheduler_->add(info, config));
  scheduler_->retry_rejected();
  EXPECT_EQ(tries, 1);
}

TEST_F(IntegrationSchedulerTest, RunsTellTheirStatusWhereThatIsWanted) {
  IntegrationSchedulerOptions options;
  options.check_status_tags = [] { return model::make_tags({"cluster_name:c"}); };
  remake(options);
  add("good", [](InstanceSender&) -> asio::awaitable<Result<void>> { co_return Result<void>(); });
  add("warns", [](InstanceSender& sender) -> asio::awaitable<Result<void>> {
    sender.warning("hm");
    co_return Result<void>();
  });
  add("bad", [](InstanceSender&) -> asio::awaitable<Result<void>> {
    co_return fail(Errc::network, "no");
  });
  advance(seconds(15));
  std::map<model::CheckStatus, int> statuses;
  for (const model::ServiceCheck& check : service_checks_) {
    EXPECT_EQ(check.check, "datadog.agent.check_status");
    EXPECT_THAT(*check.tags, ElementsAre("check:demo", "cluster_name:c"));
    ++statuses[check.status];
  }
  EXPECT_EQ(statuses, (std::map<model::CheckStatus, int>{{model::CheckStatus::ok, 1},
                                                         {model::CheckStatus::warning, 1},
                                                         {model::CheckStatus::critical, 1}}));
}

TEST_F(IntegrationSchedulerTest, WarningsAndNotesAreShownAndLoggedOnce) {
  add("a", [](InstanceSender& sender) -> asio::awaitable<Result<void>> {
    sender.warning("metrics are missing");
    sender.note("one entry matches nothing");
    co_return Result<void>();
  });
  testing::internal::CaptureStderr();
  for (int i = 0; i < 4; ++i) advance(seconds(15));
  const std::string log = testing::internal::GetCapturedStderr();
  for (const char* text : {"metrics are missing", "one entry matches nothing"}) {
    const std::size_t at = log.find(text);
    EXPECT_NE(at, std::string::npos) << log;
    EXPECT_EQ(log.find(text, at + 1), std::string::npos) << log;
  }
  EXPECT_EQ(field(status_of(0), "Warning"), "metrics are missing");
  EXPECT_EQ(field(status_of(0), "Note"), "one entry matches nothing");
  EXPECT_EQ(field(status_of(0), "Instance ID"), "a [WARNING]");
}

// A text with a changing number in it is a new one each time: the log must not fill with it.
TEST_F(IntegrationSchedulerTest, WarningsThatChangeEachTimeAreLoggedSeldom) {
  int run = 0;
  add("a", [&run](InstanceSender& sender) -> asio::awaitable<Result<void>> {
    sender.warning("lines: " + std::to_string(++run));
    co_return Result<void>();
  });
  testing::internal::CaptureStderr();
  for (int i = 0; i < 40; ++i) advance(seconds(15));
  const std::string log = testing::internal::GetCapturedStderr();
  int lines = 0;
  for (std::size_t at = 0; (at = log.find("lines: ", at)) != std::string::npos; ++at) ++lines;
  EXPECT_GE(run, 30);
  EXPECT_LE(lines, 10);
}

TEST_F(IntegrationSchedulerTest, InstancesOverTheLimitAreRefused) {
  IntegrationSchedulerOptions options;
  options.max_instances = 2;
  remake(options);
  add_taking("a", milliseconds(0));
  add_taking("b", milliseconds(0));
  const auto third = try_add("c", "a");
  ASSERT_FALSE(third);
  EXPECT_EQ(third.error().code(), Errc::too_large);
  scheduler_->remove("a");
  EXPECT_TRUE(try_add("c", "a"));
}

TEST_F(IntegrationSchedulerTest, StatusShowsRunsWarningsAndMetadata) {
  add("a",
      [](InstanceSender& sender) -> asio::awaitable<Result<void>> {
        sender.gauge("x", 1);
        Submission bucket;
        bucket.kind = SubmitKind::bucket;
        bucket.name = "b";
        bucket.value = 1;
        sender.submit(bucket);
        sender.service_check("can_connect", model::CheckStatus::ok, {}, "");
        sender.warning("slow log is off");
        sender.metadata("version", "7.0.15");
        co_return Result<void>();
      },
      {{"name", "cache"}});
  EXPECT_EQ(field(status_of(0), "Instance ID"), "a");
  EXPECT_EQ(field(status_of(0), "Total Runs"), "0");
  advance(seconds(30));
  const auto node = status_of(0);
  EXPECT_EQ(node.title, "demo (cache)");
  EXPECT_EQ(field(node, "Instance ID"), "a [WARNING]");
  EXPECT_EQ(field(node, "Configuration Source"), "container:a");
  EXPECT_EQ(field(node, "Total Runs"), "2");
  EXPECT_EQ(field(node, "Metric Samples"), "Last Run: 1, Total: 2");
  EXPECT_EQ(field(node, "Service Checks"), "Last Run: 1, Total: 2");
  EXPECT_EQ(field(node, "Histogram Buckets"), "Last Run: 1, Total: 2");
  EXPECT_EQ(field(node, "Warning"), "slow log is off");
  ASSERT_EQ(node.children.size(), 1u);
  EXPECT_EQ(field(node.children[0], "version"), "7.0.15");
}

TEST_F(IntegrationSchedulerTest, AFlushGivesSomeInstancesAtATime) {
  for (int i = 0; i < 5; ++i) add_taking("i" + std::to_string(i), milliseconds(0));
  advance(seconds(15));
  Names sink;
  EXPECT_TRUE(scheduler_->flush_some(sink, 2));
  EXPECT_EQ(sink.names.size(), 2u);
  scheduler_->remove("i0");  // its values are given already
  scheduler_->remove("i4");  // its are not yet
  while (scheduler_->flush_some(sink, 2)) {
  }
  EXPECT_THAT(sink.names,
              UnorderedElementsAre("demo.i0", "demo.i1", "demo.i2", "demo.i3", "demo.i4"));
}

TEST_F(IntegrationSchedulerTest, StopCancelsRunsAndKeepsTheirValues) {
  add("a", [&](InstanceSender& sender) -> asio::awaitable<Result<void>> {
    ++runs_["a"];
    sender.gauge("x", 1);
    (void)co_await clock_.sleep_until(clock_.now() + seconds(5));
    co_return fail(Errc::cancelled, "cancelled");
  });
  add_taking("idle", milliseconds(0), {{"min_collection_interval", 600}});
  while (runs_["a"] == 0) advance(milliseconds(100));
  bool stopped = false;
  asio::co_spawn(io_, scheduler_->stop(clock_.now() + seconds(3)),
                 [&](std::exception_ptr) { stopped = true; });
  poll();
  advance(milliseconds(100), milliseconds(10));
  EXPECT_TRUE(stopped);
  EXPECT_EQ(scheduler_->running(), 0u);
  EXPECT_EQ(counters_.failures.value, 0u);
  const auto names = flush();
  EXPECT_NE(std::find(names.begin(), names.end(), "demo.x"), names.end());
  EXPECT_EQ(clock_.sleepers(), 0u);
  EXPECT_FALSE(try_add("late", "a"));
}

TEST_F(IntegrationSchedulerTest, StopDoesNotWaitForeverForARun) {
  asio::steady_timer end(io_);
  end.expires_at(asio::steady_timer::time_point::max());
  add("a", [&](InstanceSender&) -> asio::awaitable<Result<void>> {
    ++runs_["a"];
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    (void)co_await end.async_wait(no_throw);
    co_return Result<void>();
  });
  while (runs_["a"] == 0) advance(milliseconds(100));
  bool stopped = false;
  asio::co_spawn(io_, scheduler_->stop(clock_.now() + seconds(3)),
                 [&](std::exception_ptr) { stopped = true; });
  poll();
  advance(milliseconds(2'900));
  EXPECT_FALSE(stopped);
  advance(milliseconds(100));
  EXPECT_TRUE(stopped);
  EXPECT_EQ(scheduler_->running(), 1u);
  end.cancel();
  poll();
}

TEST_F(IntegrationSchedulerTest, PeakMemoryOfInstancesPastTheLimit) {
  scripts()["nothing"] = [](InstanceSender&) -> asio::awaitable<Result<void>> {
    co_return Result<void>();
  };
  const fakes::PeakMemory memory;
  int refused = 0;
  for (int i = 0; i < 3'000; ++i) {
    const auto added =
        try_add("i" + std::to_string(i), "nothing", {{"tag", std::string(500, 't')}});
    refused += added ? 0 : 1;
  }
  EXPECT_EQ(scheduler_->instances(), 1'000u);
  EXPECT_EQ(refused, 2'000);
  (void)scheduler_->status();
  EXPECT_LT(memory.peak(), 16 << 20);
}

TEST_F(IntegrationSchedulerTest, PeakMemoryOfRunsThatWaitForSlowServers) {
  constexpr std::size_t kOfARun = 1u << 20;
  scripts()["slow"] = [this](InstanceSender&) -> asio::awaitable<Result<void>> {
    const std::string answer(kOfARun, 'x');
    ++runs_["all"];
    (void)co_await clock_.sleep_until(clock_.now() + seconds(40));
    co_return Result<void>();
  };
  for (int i = 0; i < 200; ++i) ASSERT_TRUE(try_add("i" + std::to_string(i), "slow"));
  const fakes::PeakMemory memory;
  advance(seconds(
      300));  // the first runs of all, before anybody knows that they are slow, and second ones
  EXPECT_GE(runs_["all"], 200);
  EXPECT_NE(field(status_of(0), "Skipped Runs"), "(absent)");
  EXPECT_LT(memory.peak(), static_cast<std::int64_t>(20 * kOfARun + (4u << 20)));
}

}  // namespace
}  // namespace remora::checks
