// The metadata endpoint on its bad days, over real sockets: MetadataClient on the real HTTP client.
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

#include "fakes/run_coroutine.hpp"
#include "fakes/scripted_server.hpp"
#include "remora/ecs/metadata_client.hpp"
#include "remora/net/beast_client.hpp"

namespace remora::ecs {
namespace {

using namespace fakes::script;
using fakes::Script;
using fakes::ScriptedServer;
using std::chrono::milliseconds;

constexpr const char* kGoodTask =
    R"({"Cluster":"demo","TaskARN":"arn:aws:ecs:eu-west-1:111122223333:task/demo/0123456789abcdef","Family":"shop"})";

// A client whose retries are over within half a second, so that failures show quickly.
class MetadataFaults : public testing::Test {
 protected:
  Result<TaskMetadata> fetch(const ScriptedServer& server, std::size_t max_body = 4 * 1024 * 1024) {
    auto http = net::BeastClient::create(io_.get_executor(), {});
    EXPECT_TRUE(http);
    MetadataClientOptions options;
    options.base = *net::parse_url(server.url() + "/v4/abc");
    options.timeout = milliseconds(150);
    options.retry_initial = milliseconds(10);
    options.retry_max_elapsed = milliseconds(400);
    options.max_body_bytes = max_body;
    MetadataClient client(**http, clock_, counters_, options);
    return fakes::run(io_, client.task());
  }

  asio::io_context io_;
  core::SystemClock clock_;
  telemetry::EcsCounters counters_;
};

struct Fault {
  const char* name;
  Script script;  // of every connection
  Errc expected;
  bool retried;
  const char* in_message;
};

class FaultTable : public MetadataFaults, public testing::WithParamInterface<int> {};

std::vector<Fault> faults() {
  return {
      {"Garbage",
       {read_request(), send("\x16\x03\x01 not http at all\r\n\r\n")},
       Errc::malformed_payload,
       false,
       ""},
      {"GarbageInJson",
       {read_request(), answer(200, "{\"TaskARN\": \"arn")},
       Errc::malformed_payload,
       false,
       "JSON object"},
      {"HalfABody",
       {read_request(), send("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{\"Tas")},
       Errc::network,
       true,
       ""},
      {"ResetInMidBody",
       {read_request(), send("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{\"Tas"), reset()},
       Errc::network,
       true,
       ""},
      {"InternalError",
       {forever({read_request(), answer(500, R"("V4 task metadata handler: no")")})},
       Errc::http_status,
       true,
       "V4 task metadata handler: no"},
      {"NotFoundWithText",
       {forever({read_request(), answer(404, R"("V4 task: unknown id")")})},
       Errc::http_status,
       true,
       "V4 task: unknown id"},
      {"BadRequest",
       {forever({read_request(), answer(400, "no")})},
       Errc::http_status,
       false,
       "400"},
      {"RedirectElsewhere",
       {forever({read_request(), answer(301, "", "Location: http://192.0.2.1/v4/abc/task\r\n")})},
       Errc::http_status,
       false,
       "301"},
      {"Hang", {read_request(), stall()}, Errc::timeout, true, ""},
      {"SlowLikeHoney",
       {read_request(), send_slowly("HTTP/1.1 200 OK\r\n\r\n", 1, milliseconds(20))},
       Errc::timeout,
       true,
       ""},
  };
}

TEST_P(FaultTable, EndsInItsErrorAndIsRetriedOnlyWhereThatHelps) {
  const Fault fault = faults()[static_cast<std::size_t>(GetParam())];
  ScriptedServer server({fault.script});
  const auto task = fetch(server);
  ASSERT_FALSE(task);
  EXPECT_EQ(to_string(task.error().code()), to_string(fault.expected)) << task.error().message();
  EXPECT_NE(task.error().message().find(fault.in_message), std::string::npos)
      << task.error().message();
  EXPECT_EQ(counters_.retries.value > 0, fault.retried) << counters_.retries.value;
  EXPECT_EQ(counters_.errors.total(), 1u);
}

INSTANTIATE_TEST_SUITE_P(Endpoint, FaultTable, testing::Range(0, static_cast<int>(faults().size())),
                         [](const auto& index) {
                           return faults()[static_cast<std::size_t>(index.param)].name;
                         });

TEST_F(MetadataFaults, AHundredMegabytesAreRefusedAtTheLimitNotRead) {
  // The declared length is enough; and a body without one is cut off at the limit.
  ScriptedServer declared(
      {{read_request(), send("HTTP/1.1 200 OK\r\nContent-Length: 104857600\r\n\r\n"),
        send(std::string(1 << 20, ' ')), stall()}});
  const auto first = fetch(declared);
  ASSERT_FALSE(first);
  EXPECT_EQ(first.error().code(), Errc::too_large) << first.error().message();

  ScriptedServer endless({{read_request(), send("HTTP/1.1 200 OK\r\n\r\n"),
                           forever({send(std::string(64 * 1024, ' '))})}});
  const auto second = fetch(endless, 256 * 1024);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code(), Errc::too_large) << second.error().message();
}

TEST_F(MetadataFaults, OneRedirectOnTheSameOriginIsFollowed) {
  ScriptedServer server({{read_request(), answer(301, "", "Location: /v4/abc/task\r\n"),
                          read_request(), answer(200, kGoodTask)}});
  const auto task = fetch(server);
  ASSERT_TRUE(task) << task.error().message();
  EXPECT_EQ(task->family, "shop");
}

TEST_F(MetadataFaults, AFailureThatPassesIsOvercome) {
  ScriptedServer server({{read_request(), send("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{")},
                         {read_request(), answer(503, "")},
                         {read_request(), answer(200, kGoodTask)}});
  const auto task = fetch(server);
  ASSERT_TRUE(task) << task.error().message();
  EXPECT_GE(counters_.retries.value, 1u);
}

TEST_F(MetadataFaults, AThrottleStormHoldsTheRequestsBack) {
  ScriptedServer server({{forever({read_request(), answer(429, "rate exceeded")})}});
  auto http = net::BeastClient::create(io_.get_executor(), {});
  MetadataClientOptions options;
  options.base = *net::parse_url(server.url() + "/v4/abc");
  options.retry_max_elapsed = milliseconds(100);
  MetadataClient client(**http, clock_, counters_, options);
  for (int i = 0; i < 20; ++i) {
    const auto task = fakes::run(io_, client.task());
    ASSERT_FALSE(task);
    EXPECT_EQ(task.error().code(), Errc::http_status);
  }
  // Twenty callers, one request: the others were answered during the back-off of one second.
  EXPECT_EQ(server.requests().size(), 1u);
}

TEST_F(MetadataFaults, TwoHundredContainersAreOneAnswer) {
  std::string containers;
  for (int i = 0; i < 200; ++i) {
    containers += (i == 0 ? "" : ",") + std::string(R"({"DockerId":"id-)") + std::to_string(i) +
                  R"(","Name":"c)" + std::to_string(i) + R"(","KnownStatus":"RUNNING"})";
  }
  const std::string body =
      std::string(
          R"({"TaskARN":"arn:aws:ecs:eu-west-1:111122223333:task/demo/0123","Containers":[)") +
      containers + "]}";
  ScriptedServer server({{read_request(), answer(200, body)}});
  const auto task = fetch(server);
  ASSERT_TRUE(task) << task.error().message();
  EXPECT_EQ(task->containers.size(), 200u);
}

}  // namespace
}  // namespace remora::ecs
