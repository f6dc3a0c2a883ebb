#include "sandbox/task_services.hpp"

#include <gtest/gtest.h>
#include <signal.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <cstdlib>
#include <filesystem>
#include <optional>

#include "fakes/docker_engine.hpp"
#include "fakes/free_port.hpp"
#include "fakes/nginx_server.hpp"
#include "fakes/redis_server.hpp"
#include "fakes/run_coroutine.hpp"
#include "fakes/temporary_directory.hpp"

namespace remora::sandbox {
namespace {

constexpr const char* kAddress = "127.31.32.33";

struct Task : testing::Test {
  void define(const std::string& containers) {
    definition =
        *parse_task_definition(R"({"family": "f", "containerDefinitions": [)" + containers + "]}");
  }
  std::string own(const std::string& name, const std::string& image, const std::string& port) {
    return R"({"name": ")" + name + R"(", "image": ")" + image +
           R"(", "portMappings": [{"containerPort": )" + port + "}]}";
  }
  void start() { start_as(find_service); }
  /// Every image is that service.
  void start_as(const KnownService& service, const std::string& docker_socket = "") {
    start_as([&service](std::string_view) { return &service; }, docker_socket);
  }
  void start_as(TaskServices::Find find, const std::string& docker_socket = "") {
    services.emplace(io.get_executor(), clock, definition, docker_socket, std::move(find));
    const std::function<bool(std::size_t)> stands = [this](std::size_t i) { return i == standing; };
    fakes::run(io, services->start(kAddress, stands));
  }
  void stop() { fakes::run(io, services->stop()); }
  const TaskService& only() {
    EXPECT_EQ(services->services().size(), 1u);
    return services->services().at(0);
  }
  std::string line() { return only().line(definition); }
  /// What comes back, up to `end`; "refused" when nobody listens.
  std::string ask(const std::string& port, const std::string& text, const std::string& end) {
    asio::ip::tcp::socket socket(io);
    boost::system::error_code error;
    socket.connect({asio::ip::make_address(kAddress), static_cast<std::uint16_t>(std::stoi(port))},
                   error);
    if (error) return "refused";
    asio::write(socket, asio::buffer(text), error);
    std::string answer;
    asio::read_until(socket, asio::dynamic_buffer(answer), end, error);
    return answer;
  }
  Task() { setenv("TMPDIR", temporary.path().c_str(), 1); }
  ~Task() override { unsetenv("TMPDIR"); }
  /// Nothing of a server is left on the disk.
  [[nodiscard]] bool left_nothing() const { return std::filesystem::is_empty(temporary.path()); }

  fakes::TemporaryDirectory temporary;
  asio::io_context io;
  core::SystemClock clock;
  TaskDefinition definition;
  std::size_t standing = static_cast<std::size_t>(-1);
  std::optional<TaskServices> services;
  std::string port = std::to_string(fakes::free_port());
};

struct WithRedis : Task {
  void SetUp() override {
    if (fakes::RedisServer::installed()) return;
    if (std::getenv("CI") != nullptr) FAIL() << "no redis-server: install the package redis-server";
    GTEST_SKIP() << "SKIPPED sandbox: no redis-server (Debian package redis-server)";
  }
};

struct WithNginx : Task {
  void SetUp() override {
    if (fakes::NginxServer::installed()) return;
    if (std::getenv("CI") != nullptr) FAIL() << "no nginx: install the package nginx-light";
    GTEST_SKIP() << "SKIPPED sandbox: no nginx (Debian package nginx-light)";
  }
};

TEST_F(WithRedis, RunsOnTheAddressOfTheTaskAndLeavesNothingBehind) {
  define(own("cache", "docker.io/library/redis:7", port));
  start();
  EXPECT_TRUE(only().started) << line();
  EXPECT_EQ(line(), "cache: redis-server " + only().process->version() + " started on " + kAddress +
                        ":" + port);
  EXPECT_NE(only().process->version(), "");
  EXPECT_EQ(ask(port, "PING\r\n", "\r\n"), "+PONG\r\n");
  EXPECT_EQ(ask(port, "CONFIG GET save\r\n", "$0\r\n\r\n"), "*2\r\n$4\r\nsave\r\n$0\r\n\r\n");
  EXPECT_FALSE(left_nothing());
  const int pid = only().process->pid();
  stop();
  EXPECT_EQ(::kill(pid, 0), -1);
  EXPECT_EQ(ask(port, "PING\r\n", "\r\n"), "refused");
  EXPECT_TRUE(left_nothing());
}

TEST_F(WithRedis, IsEndedByADestructorToo) {
  define(own("cache", "redis", port));
  start();
  services.reset();
  EXPECT_EQ(ask(port, "PING\r\n", "\r\n"), "refused");
  EXPECT_TRUE(left_nothing());
}

TEST_F(WithRedis, ATakenPortIsNamedAndKeepsNoOtherServerBack) {
  asio::ip::tcp::acceptor taken(
      io, {asio::ip::make_address(kAddress), static_cast<std::uint16_t>(std::stoi(port))});
  const std::string other = std::to_string(fakes::free_port());
  define(own("a", "redis", port) + "," + own("b", "redis", other));
  start();
  ASSERT_EQ(services->services().size(), 2u);
  EXPECT_EQ(services->services()[0].line(definition),
            "a: redis-server does not start: " + std::string(kAddress) + ":" + port +
                ": Address already in use");
  EXPECT_FALSE(services->services()[0].started);
  EXPECT_EQ(ask(other, "PING\r\n", "\r\n"), "+PONG\r\n");
}

TEST_F(WithRedis, AServerThatDiesIsNoticed) {
  define(own("cache", "redis", port));
  start();
  ::kill(only().process->pid(), SIGKILL);
  while (only().problem.empty()) services->poll();
  EXPECT_EQ(line(), "cache: " + only().server + " ended by itself: killed by signal 9");
}

TEST_F(WithNginx, HasAStatusPageWhereverItsLabelLooksForIt) {
  define(own("web", "nginx:1.27", port));
  start();
  ASSERT_TRUE(only().started) << line();
  for (const std::string path : {"/nginx_status", "/stub_status/"}) {
    const std::string page = ask(port, "GET " + path + " HTTP/1.0\r\n\r\n", "Waiting: ");
    EXPECT_NE(page.find("Active connections: "), std::string::npos) << page;
  }
  EXPECT_TRUE(ask(port, "GET / HTTP/1.0\r\n\r\n", "ok\n").starts_with("HTTP/1.1 200 OK"));
}

TEST_F(Task, ContainersThatNeedNoServerGetNone) {
  define(R"({"name": "datadog-agent", "image": "redis"}, {"name": "app", "image": "my-app"},
            {"name": "cache", "image": "redis"})");
  standing = 2;  // in the Docker Engine, for example
  start();
  EXPECT_TRUE(services->services().empty());
}

/// A service whose program is on no machine.
const KnownService& absent() {
  static const KnownService kAbsent = [] {
    KnownService out = *find_service("redis");
    out.program = "/nonexistent/redis-server";
    return out;
  }();
  return kAbsent;
}

TEST_F(Task, WithoutTheProgramTheLineSaysWhatToInstall) {
  define(own("cache", "redis:7", port));
  start_as(absent());
  EXPECT_EQ(line(), "cache: no server started; `apt-get install redis-server` for one");
}

TEST_F(Task, WithoutTheProgramAnImageOfTheEngineServes) {
  // What the engine would publish: the port listens from the start of the container on.
  std::optional<asio::ip::tcp::acceptor> published;
  fakes::DockerEngine engine(io, 4, [&](const std::string& request) {
    if (request == "GET /images/redis:7/json") return std::pair(200, std::string("{}"));
    if (request.starts_with("POST /containers/create "))
      return std::pair(201, std::string(R"({"Id": "abc123"})"));
    if (request == "POST /containers/abc123/start")
      published.emplace(io, asio::ip::tcp::endpoint(asio::ip::make_address(kAddress),
                                                    static_cast<std::uint16_t>(std::stoi(port))));
    return std::pair(204, std::string());
  });
  define(own("cache", "redis:7", port));
  start_as(absent(), engine.socket());
  EXPECT_EQ(line(),
            "cache: a container of redis:7 started on " + std::string(kAddress) + ":" + port);
  stop();
  EXPECT_EQ(
      engine.requests(),
      (std::vector<std::string>{
          "GET /images/redis:7/json",
          R"(POST /containers/create {"ExposedPorts":{")" + port +
              R"(/tcp":{}},"HostConfig":{"AutoRemove":true,"PortBindings":{")" + port +
              R"(/tcp":[{"HostIp":"127.31.32.33","HostPort":")" + port +
              R"("}]}},"Image":"redis:7","Labels":{"com.amazonaws.ecs.container-name":"cache"}})",
          "POST /containers/abc123/start", "DELETE /containers/abc123?force=true&v=true"}));
}

TEST_F(Task, AContainerThatDoesNotStartIsRemovedAndSaysWhy) {
  fakes::DockerEngine engine(io, 4, [](const std::string& request) {
    if (request.starts_with("GET ")) return std::pair(200, std::string("{}"));
    if (request.starts_with("POST /containers/create "))
      return std::pair(201, std::string(R"({"Id": "abc123"})"));
    if (request.ends_with("/start"))
      return std::pair(500, std::string(R"({"message": "no such runtime"})"));
    return std::pair(204, std::string());
  });
  define(own("cache", "redis:7", port));
  start_as(absent(), engine.socket());
  EXPECT_EQ(line(), "cache: no container started: Docker answered 500: no such runtime");
  EXPECT_EQ(engine.requests().back(), "DELETE /containers/abc123?force=true&v=true");
}

}  // namespace
}  // namespace remora::sandbox
