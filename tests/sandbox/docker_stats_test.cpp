#include "sandbox/docker_stats.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>

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

TEST(SplitHttpAnswer, ReadsStatusAndBody) {
  const auto answer = split_http_answer("HTTP/1.0 200 OK\r\nA: b\r\n\r\n{}\n");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->first, 200);
  EXPECT_EQ(answer->second, "{}\n");
  EXPECT_FALSE(split_http_answer("SSH-2.0\r\n\r\n"));
  EXPECT_FALSE(split_http_answer("HTTP/1.0 200 OK\r\n"));
}

/// Answers the list, then stats of whatever is asked for; `serve` ends after `exchanges`.
asio::awaitable<void> serve(asio::local::stream_protocol::acceptor& acceptor, int exchanges) {
  while (exchanges-- > 0) {
    auto [error, socket] = co_await acceptor.async_accept(no_throw);
    if (error) co_return;
    std::string request;
    co_await asio::async_read_until(socket, asio::dynamic_buffer(request), "\r\n\r\n", no_throw);
    std::string body =
        request.starts_with("GET /containers/json ")
            ? std::string(kList)
            : "{\"asked\":\"" + request.substr(4, request.find(' ', 4) - 4) + "\"}\n";
    std::string answer = "HTTP/1.0 200 OK\r\n\r\n" + body;
    co_await asio::async_write(socket, asio::buffer(answer), no_throw);
  }
}

TEST(DockerStats, KeepsTheEnginesJsonAsItIs) {
  const std::string path = testing::TempDir() + "/remora-docker-" + std::to_string(getpid());
  ::unlink(path.c_str());
  asio::io_context io;
  asio::local::stream_protocol::acceptor acceptor(io, asio::local::stream_protocol::endpoint(path));
  asio::co_spawn(io, serve(acceptor, 3), [](std::exception_ptr) {});
  const TaskDefinition definition = shop();
  fakes::FakeClock clock;
  DockerStats stats(definition, clock, path);
  fakes::run(io, stats.poll());
  ::unlink(path.c_str());
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
