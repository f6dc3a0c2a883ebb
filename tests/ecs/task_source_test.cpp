#include "remora/ecs/task_source.hpp"

#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include "fakes/fake_clock.hpp"
#include "fakes/fake_http_client.hpp"
#include "fakes/run_coroutine.hpp"

namespace remora::ecs {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

std::string task_body(const std::string& status) {
  return R"({"TaskARN":"arn:aws:ecs:r:1:task/c/t","Cluster":"c","LaunchType":"FARGATE",)"
         R"("Containers":[{"DockerId":"1","Name":"web","KnownStatus":")" +
         status + R"("}]})";
}
constexpr const char* kNoStats = R"({"1":null})";
constexpr const char* kStats = R"({"1":{"cpu_stats":{"cpu_usage":{"total_usage":1}}}})";

class TaskSourceTest : public testing::Test {
 protected:
  TaskSourceTest() {
    http.otherwise = [this](const net::HttpRequest& r) -> fakes::FakeHttpClient::Answer {
      if (r.url.target == "/v4/x/task") {
        ++task_requests;
        return net::HttpResponse(task_status, task);
      }
      if (r.url.target == "/v4/x/taskWithTags") {
        ++tag_requests;
        return net::HttpResponse(tags_status, with_tags);
      }
      if (r.url.target == "/v4/x") {
        ++own_requests;
        return net::HttpResponse(own_status, own);
      }
      ++stats_requests;
      return net::HttpResponse(stats_status, stats);
    };
  }
  ~TaskSourceTest() override { stop(); }

  void start() {
    asio::co_spawn(io, source->run(),
                   asio::bind_cancellation_slot(signal.slot(), [this](std::exception_ptr e) {
                     ended = true;
                     EXPECT_FALSE(e);
                   }));
    poll();
  }
  void stop() {
    signal.emit(asio::cancellation_type::terminal);
    poll();
  }
  void poll() {
    io.restart();
    io.poll();
  }
  /// Lets `by` pass in steps of 10 ms, so that every sleeper wakes near its time.
  void pass(milliseconds by) {
    for (milliseconds t{0}; t < by; t += milliseconds(10)) {
      clock.advance(milliseconds(10));
      poll();
    }
  }

  asio::io_context io;
  asio::cancellation_signal signal;
  fakes::FakeHttpClient http;
  fakes::FakeClock clock;
  telemetry::EcsCounters counters;
  telemetry::HealthRegistry registry{clock};
  telemetry::HealthComponent& health = registry.add("ecs", seconds(30));
  std::string task = task_body("RUNNING"), stats = kStats;
  std::string with_tags, own = R"({"Name":"web","DockerId":"1","Labels":{"DockerId":"2"}})";
  int task_status = 200, stats_status = 200, tags_status = 200, own_status = 200;
  int task_requests = 0, stats_requests = 0, tag_requests = 0, own_requests = 0;
  bool ended = false;
  std::unique_ptr<MetadataClient> client =
      std::make_unique<MetadataClient>(http, clock, counters, make_options());
  std::unique_ptr<TaskSource> source =
      std::make_unique<TaskSource>(*client, clock, health, counters, TaskSourceOptions{});

  using Tags = std::map<std::string, std::string>;
  static std::string tagged_body(const std::string& tags, const std::string& errors) {
    return R"({"TaskARN":"arn:aws:ecs:r:1:task/c/t",)" + errors + R"("TaskTags":{)" + tags + "}}";
  }
  void use_resource_tags(LaunchType type) {
    TaskSourceOptions o;
    o.resource_tags = true;
    o.launch_type = type;
    source = std::make_unique<TaskSource>(*client, clock, health, counters, o);
  }

  void find_own_container(const std::string& endpoint_id) {
    MetadataClientOptions options = make_options();
    options.base.target = "/v4/" + endpoint_id;
    client = std::make_unique<MetadataClient>(http, clock, counters, options);
    TaskSourceOptions o;
    o.own_container = true;
    source = std::make_unique<TaskSource>(*client, clock, health, counters, o);
  }

  static MetadataClientOptions make_options() {
    MetadataClientOptions o;
    o.base.scheme = "http";
    o.base.host = "h";
    o.base.port = 80;
    o.base.target = "/v4/x";
    return o;
  }
};

TEST_F(TaskSourceTest, PollsFastUntilEveryRunningContainerHasStatsThenEveryFiveSeconds) {
  stats = kNoStats;
  int first_stats = 0;
  source->on_first_stats([&] { ++first_stats; });
  start();
  ASSERT_TRUE(source->task());
  EXPECT_EQ(source->task_age(), milliseconds(0));
  pass(milliseconds(1000));
  EXPECT_EQ(task_requests, 5);  // at 0, 250, 500, 750 and 1000 ms
  EXPECT_EQ(stats_requests, 5);
  EXPECT_EQ(first_stats, 0);
  EXPECT_EQ(counters.containers_without_stats.value, 5u);
  stats = kStats;
  pass(milliseconds(250));
  EXPECT_EQ(first_stats, 1);
  EXPECT_EQ(task_requests, 6);
  pass(milliseconds(4900));
  EXPECT_EQ(task_requests, 6);
  pass(milliseconds(100));
  EXPECT_EQ(task_requests, 7);
  EXPECT_EQ(stats_requests, 6);
  EXPECT_EQ(first_stats, 1);
}

TEST_F(TaskSourceTest, StopsHurryingAfterTenSeconds) {
  stats = kNoStats;
  start();
  pass(seconds(10));
  const int requests = stats_requests;
  pass(seconds(20));
  EXPECT_EQ(stats_requests, requests);
}

TEST_F(TaskSourceTest, TellsListenersOfChangesOnly) {
  std::vector<std::string> seen;
  source->on_change([&](const TaskPtr& t) { seen.push_back(t->containers[0].known_status); });
  start();
  pass(seconds(11));
  EXPECT_EQ(seen, std::vector<std::string>{"RUNNING"});
  task = task_body("STOPPED");
  pass(seconds(11));
  EXPECT_EQ(seen, (std::vector<std::string>{"RUNNING", "STOPPED"}));
}

// Every request for the tags counts against a quota of the account.
TEST_F(TaskSourceTest, AsksForResourceTagsOnceAndKeepsThem) {
  use_resource_tags(LaunchType::ec2);
  with_tags = tagged_body(R"("team":"shop")", "");
  start();
  pass(seconds(400));
  EXPECT_EQ(tag_requests, 1);
  EXPECT_GT(task_requests, 80);
  EXPECT_EQ(source->task()->task_tags, (Tags{{"team", "shop"}}));
  EXPECT_EQ(source->task()->containers.size(), 1u);
}

TEST_F(TaskSourceTest, AsksForResourceTagsAgainThreeMinutesAfterAFailure) {
  use_resource_tags(LaunchType::managed_instances);
  tags_status = 500;
  int changes = 0;
  source->on_change([&](const TaskPtr&) { ++changes; });
  start();
  ASSERT_TRUE(source->task());
  pass(seconds(175));
  EXPECT_EQ(tag_requests, 1);
  EXPECT_TRUE(registry.report().degraded.empty()) << "the task itself is well";
  tags_status = 200;
  with_tags = tagged_body(R"("team":"shop")",
                          R"("Errors":[{"ErrorField":"ContainerInstanceTags","ErrorCode":"A"}],)");
  pass(seconds(10));
  EXPECT_EQ(tag_requests, 2);
  EXPECT_EQ(changes, 2) << "listeners learn of the tags";
  EXPECT_EQ(source->task()->task_tags, (Tags{{"team", "shop"}}));
  with_tags = tagged_body(R"("team":"cart")", "");  // now complete
  pass(seconds(400));
  EXPECT_EQ(tag_requests, 3);
  EXPECT_EQ(source->task()->task_tags, (Tags{{"team", "cart"}}));
}

TEST_F(TaskSourceTest, NoResourceTagsOnFargateOrWhenNotWanted) {
  start();
  pass(seconds(5));
  stop();
  use_resource_tags(LaunchType::fargate);
  start();
  pass(seconds(5));
  EXPECT_EQ(tag_requests, 0);
}

TEST_F(TaskSourceTest, FindsItsOwnContainerByTheAddressWhereThatNamesIt) {
  http.otherwise = [this](const net::HttpRequest& r) -> fakes::FakeHttpClient::Answer {
    if (r.url.target == "/v4/1") ++own_requests;
    return net::HttpResponse(200, r.url.target == "/v4/1/task" ? task : stats);
  };
  find_own_container("1");
  start();
  ASSERT_TRUE(source->task());
  EXPECT_EQ(source->task()->own_docker_id, "1");
  EXPECT_EQ(own_requests, 0);
}

TEST_F(TaskSourceTest, AsksOnceForItsOwnContainerWhereTheAddressSaysNothing) {
  find_own_container("x");
  start();
  pass(seconds(400));
  EXPECT_EQ(source->task()->own_docker_id, "1");
  EXPECT_EQ(own_requests, 1);
}

TEST_F(TaskSourceTest, AsksForItsOwnContainerAgainThreeMinutesAfterAFailure) {
  find_own_container("x");
  own = "[]";
  start();
  pass(seconds(175));
  ASSERT_TRUE(source->task());
  EXPECT_EQ(source->task()->own_docker_id, "");
  EXPECT_EQ(own_requests, 1);
  int changes = 0;
  source->on_change([&](const TaskPtr&) { ++changes; });
  own = R"({"DockerId":"1"})";
  pass(seconds(200));
  EXPECT_EQ(own_requests, 2);
  EXPECT_EQ(source->task()->own_docker_id, "1");
  EXPECT_EQ(changes, 1);
}

TEST_F(TaskSourceTest, ALateContainerIsHurriedForAgain) {
  task = task_body("CREATED");
  int first_stats = 0;
  source->on_first_stats([&] { ++first_stats; });
  start();
  pass(seconds(30));
  EXPECT_EQ(stats_requests, 0);  // nothing runs, nothing to ask for
  task = task_body("RUNNING");
  pass(seconds(5));
  EXPECT_EQ(first_stats, 1);
}

TEST_F(TaskSourceTest, KeepsTheLastGoodTaskAndDegradesUntilTheEndpointIsBack) {
  start();
  const TaskPtr good = source->task();
  task_status = 400;
  pass(seconds(5));
  EXPECT_EQ(source->task(), good);
  EXPECT_EQ(source->task_age(), milliseconds(5000));
  ASSERT_EQ(registry.report().degraded.size(), 1u);
  EXPECT_EQ(registry.report().degraded[0].reason,
            "task metadata endpoint answered /task with status 400: \"" + task.substr(0, 200) +
                "\"; using the task as of 5 s ago");
  EXPECT_TRUE(registry.report().ok());
  task_status = 200;
  task = "{garbage";
  pass(seconds(5));
  EXPECT_EQ(source->task(), good);
  EXPECT_EQ(registry.report().degraded.size(), 1u);
  task = task_body("RUNNING");
  pass(seconds(5));
  EXPECT_TRUE(registry.report().degraded.empty());
}

TEST_F(TaskSourceTest, StaysHealthyWhileTheEndpointHangs) {
  http.otherwise = [](const net::HttpRequest&) -> fakes::FakeHttpClient::Answer {
    return fail(Errc::timeout, "no answer within 1000 ms");
  };
  start();
  EXPECT_EQ(source->task_age(), milliseconds::max());
  for (int i = 0; i < 10; ++i) {
    pass(seconds(10));
    EXPECT_TRUE(registry.report().ok());
  }
  EXPECT_EQ(registry.report().degraded.size(), 1u);
}

TEST_F(TaskSourceTest, ConcurrentConsumersShareOneStatsFetch) {
  http.hold(true);
  std::vector<StatsPtr> got;
  for (int i = 0; i < 3; ++i) {
    asio::co_spawn(io, source->stats(), [&](std::exception_ptr, Result<StatsPtr> r) {
      ASSERT_TRUE(r);
      got.push_back(*r);
    });
  }
  poll();
  EXPECT_TRUE(got.empty());
  http.release();
  poll();
  ASSERT_EQ(got.size(), 3u);
  EXPECT_EQ(got[0], got[1]);
  EXPECT_EQ(got[0], got[2]);
  EXPECT_EQ(stats_requests, 1);
}

TEST_F(TaskSourceTest, FetchesStatsAgainOnlyWhenTheyAreTooOld) {
  ASSERT_TRUE(fakes::run(io, source->stats()));
  clock.advance(milliseconds(7500));
  ASSERT_TRUE(fakes::run(io, source->stats()));
  EXPECT_EQ(stats_requests, 1);
  clock.advance(milliseconds(1));
  ASSERT_TRUE(fakes::run(io, source->stats()));
  EXPECT_EQ(stats_requests, 2);
}

TEST_F(TaskSourceTest, WhenTheFetchingConsumerIsCancelledTheNextOneFetches) {
  http.hold(true);
  asio::cancellation_signal cancel;
  std::optional<Result<StatsPtr>> second;
  asio::co_spawn(
      io, source->stats(),
      asio::bind_cancellation_slot(cancel.slot(), [](std::exception_ptr, Result<StatsPtr>) {}));
  poll();
  asio::co_spawn(io, source->stats(),
                 [&](std::exception_ptr, Result<StatsPtr> r) { second.emplace(std::move(r)); });
  poll();
  // The fake answers a cancelled request like any other, so the real client's answer is scripted.
  http.reply(fail(Errc::cancelled, "cancelled"));
  http.hold(false);
  cancel.emit(asio::cancellation_type::terminal);
  poll();
  ASSERT_TRUE(second);
  EXPECT_TRUE(*second);
  EXPECT_EQ(stats_requests, 1);
}

TEST_F(TaskSourceTest, AFailureOfStatsIsShownUntilTheyAreBack) {
  stats_status = 400;
  stats = "no";
  EXPECT_EQ(fakes::run(io, source->stats()).error().code(), Errc::http_status);
  health.beat();
  ASSERT_EQ(registry.report().degraded.size(), 1u);
  EXPECT_EQ(registry.report().degraded[0].reason,
            "task metadata endpoint answered /task/stats with status 400: \"no\"; no container "
            "metrics until it answers");
  stats_status = 200;
  stats = kStats;
  ASSERT_TRUE(fakes::run(io, source->stats()));
  EXPECT_TRUE(registry.report().degraded.empty());
}

TEST_F(TaskSourceTest, TheDetectedLaunchTypeBeatsTheEndpoint) {
  TaskSourceOptions detected;
  detected.launch_type = LaunchType::managed_instances;
  TaskSource other(*client, clock, health, counters, detected);
  EXPECT_EQ(fakes::run(io, other.refresh()).value()->launch_type, LaunchType::managed_instances);
  EXPECT_EQ(fakes::run(io, source->refresh()).value()->launch_type, LaunchType::fargate);
  task = R"({"TaskARN":"a"})";
  EXPECT_EQ(fakes::run(io, source->refresh()).value()->launch_type, LaunchType::ec2);
}

TEST_F(TaskSourceTest, EndsWhenCancelled) {
  start();
  EXPECT_FALSE(ended);
  stop();
  EXPECT_TRUE(ended);
}

TEST_F(TaskSourceTest, StatusNamesTheContainers) {
  EXPECT_EQ(source->status().fields[0].first, "Task");
  start();
  const telemetry::StatusNode node = source->status();
  EXPECT_EQ(node.title, "ECS task");
  EXPECT_EQ(node.fields[1].first, "Task ARN");  // a bare id is hidden: it looks like an API key
  EXPECT_EQ(std::get<std::string>(node.fields[1].second), "arn:aws:ecs:r:1:task/c/t");
  ASSERT_EQ(node.children.size(), 1u);
  EXPECT_EQ(node.children[0].title, "web");
}

}  // namespace
}  // namespace remora::ecs
