#include "sandbox/docker_stats.hpp"

#include <gtest/gtest.h>

#include "fakes/docker_engine.hpp"
#include "fakes/fake_clock.hpp"
#include "fakes/run_coroutine.hpp"

namespace remora::sandbox {
namespace {

TaskDefinition shop() {
  return *parse_task_definition(
      R"({"family": "shop", "containerDefinitions": [
          {"name": "app", "image": "i"}, {"name": "web-app", "image": "i"},
          {"name": "redis", "image": "i"}]})");
}

// The form of Docker Engine 20.10, GET /containers/json, shortened.
constexpr std::string_view kList = R"([
  {"Id": "aa01", "Names": ["/other"], "Labels": {"com.amazonaws.ecs.container-name": "redis"}},
  {"Id": "bb02", "Names": ["/shop-web-app-1"], "Labels": {}},
  {"Id": "cc03", "Names": ["/redis"], "Labels": null},
  {"Id": "../etc", "Names": ["/app"]},
  7])";

TEST(ParseContainerList, LeavesOutWhatIsNoContainer) {
  const auto list = parse_container_list(kList);
  ASSERT_TRUE(list);
  ASSERT_EQ(list->size(), 3u);
  EXPECT_EQ((*list)[0].ecs_name, "redis");
  EXPECT_EQ((*list)[1].names, std::vector<std::string>{"shop-web-app-1"});
  EXPECT_FALSE(parse_container_list("{\"message\": \"no\"}"));
}

TEST(MatchContainers, TakesTheSurestSignFirst) {
  const TaskDefinition definition = shop();
  const auto matched = match_containers(definition, *parse_container_list(kList));
  // "app" ends "shop-web-app-1" as well, and comes first; redis is known by its label.
  EXPECT_EQ(matched, (std::vector<std::string>{"", "bb02", "aa01"}));
}

TEST(MatchContainers, KnowsComposeNamesOldAndNew) {
  const TaskDefinition definition = shop();
  std::vector<DockerContainer> running(2);
  running[0].id = "aa";
  running[0].names = {"shop_redis_1"};
  running[1].id = "bb";
  running[1].compose_service = "app";
  EXPECT_EQ(match_containers(definition, running), (std::vector<std::string>{"bb", "", "aa"}));
}

TEST(DockerStats, KeepsTheEnginesJsonAsItIs) {
  asio::io_context io;
  fakes::DockerEngine fake(io, 3, [](const std::string& request) {
    if (request == "GET /containers/json") return std::pair(200, std::string(kList));
    return std::pair(200, "{\"asked\":\"" + request.substr(4) + "\"}\n");
  });
  const TaskDefinition definition = shop();
  fakes::FakeClock clock;
  DockerStats stats(definition, clock, fake.socket());
  fakes::run(io, stats.poll());
  EXPECT_EQ(stats.problem(), "");
  EXPECT_EQ(stats.stats(0), "");
  EXPECT_EQ(stats.stats(2), R"({"asked":"/containers/aa01/stats?stream=false"})");
  EXPECT_EQ(stats.origin(2), "Docker container aa01");
}

TEST(DockerStats, SaysThatTheSocketIsMissing) {
  const TaskDefinition definition = shop();
  fakes::FakeClock clock;
  asio::io_context io;
  DockerStats stats(definition, clock, "/nonexistent/docker.sock");
  fakes::run(io, stats.poll());
  EXPECT_EQ(stats.problem(), "Docker socket /nonexistent/docker.sock: No such file or directory");
}

}  // namespace
}  // namespace remora::sandbox
