#include "sandbox/intake.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include "fakes/fake_clock.hpp"
#include "fakes/run_coroutine.hpp"
#include "remora/net/http_server.hpp"
#include "remora/serializer/compression.hpp"
#include "remora/serializer/event_encoder.hpp"
#include "remora/serializer/series_encoder.hpp"
#include "remora/serializer/sketch_encoder.hpp"

namespace remora::sandbox {
namespace {

constexpr const char* kKey = "0123456789abcdef0123456789abcdef";

/// The intake behind a real server, asked over a real socket.
struct IntakeTest : testing::Test {
  IntakeTest() : intake(kKey, clock, received) {
    net::ServerOptions options;
    server = std::move(*net::HttpServer::listen(
        io.get_executor(), options,
        [this](net::ServerRequest request) -> asio::awaitable<net::ServerResponse> {
          co_return intake.answer(request);
        }));
    asio::co_spawn(io, server->run(), [](std::exception_ptr) {});
  }
  ~IntakeTest() override {
    asio::post(io, [this] { server->stop(); });
    io.restart();
    io.run();
  }

  /// The status of one exchange on a connection of its own.
  int ask(const std::string& method, const std::string& target, const std::string& headers,
          const std::string& body = "") {
    const std::string request = method + " " + target + " HTTP/1.1\r\nHost: x\r\n" + headers +
                                "Content-Length: " + std::to_string(body.size()) +
                                "\r\nConnection: close\r\n\r\n" + body;
    return fakes::run(io, exchange(request, server->port()));
  }
  int post(const std::string& path, const std::string& type, const std::string& encoding,
           const std::string& body, const std::string& key = kKey) {
    return ask("POST", path,
               "DD-Api-Key: " + key + "\r\nContent-Type: " + type + "\r\n" +
                   (encoding.empty() ? "" : "Content-Encoding: " + encoding + "\r\n"),
               body);
  }
  static asio::awaitable<int> exchange(std::string request, std::uint16_t port) {
    asio::ip::tcp::socket socket(co_await asio::this_coro::executor);
    const asio::ip::tcp::endpoint endpoint(asio::ip::address_v4::loopback(), port);
    co_await socket.async_connect(endpoint, no_throw);
    co_await asio::async_write(socket, asio::buffer(request), no_throw);
    std::string answer;
    co_await asio::async_read(socket, asio::dynamic_buffer(answer), no_throw);
    co_return answer.size() > 12 ? std::stoi(answer.substr(9, 3)) : 0;
  }
  static std::string compressed(serializer::CompressionKind kind, const std::string& text) {
    serializer::Compressor compressor(kind, 1);
    EXPECT_TRUE(compressor.write(text));
    return *compressor.finish();
  }
  static std::string one_series() {
    model::Series series;
    series.metric = "container.uptime";
    series.tags = model::make_tags({"container_id:c1", "container_name:app"});
    series.points = {{1'700'000'000, 42.0}};
    const std::string message = serializer::encode_series(series);
    return "\x0a" + std::string(1, static_cast<char>(message.size())) + message;
  }

  asio::io_context io;
  fakes::FakeClock clock;
  Received received;
  Intake intake;
  std::unique_ptr<net::HttpServer> server;
};

TEST_F(IntakeTest, AcceptsWhatOurSerializerWrites) {
  const std::string body = compressed(serializer::CompressionKind::zstd, one_series());
  EXPECT_EQ(post("/api/v2/series", "application/x-protobuf", "zstd", body), 202);
  ASSERT_EQ(received.rows().size(), 1u);
  const MetricRow& row = received.rows().begin()->second;
  EXPECT_EQ(row.metric, "container.uptime");
  EXPECT_EQ(row.newest.value, 42.0);
  EXPECT_EQ(row.tag("container_name"), "app");
  EXPECT_EQ(received.total().bytes, body.size());
  EXPECT_EQ(received.total().uncompressed_bytes, one_series().size());
}

TEST_F(IntakeTest, AcceptsServiceChecks) {
  EXPECT_EQ(post("/api/v1/check_run", "application/json", "",
                 R"([{"check":"c","timestamp":1,"status":0,"tags":[]}])"),
            202);
  EXPECT_EQ(received.checks().size(), 1u);
}

TEST_F(IntakeTest, AcceptsOurSketchesAndCountsTheirValues) {
  std::string body;
  telemetry::SerializerCounters counters;
  serializer::SketchSerializer serializer(
      serializer::CompressionKind::zstd, 1, {}, counters,
      [&](const model::Payload& payload) { body = *payload.body; });
  const std::vector<model::SketchBin> bins = {{1338, 2}};
  model::SketchPoint point;
  point.timestamp = 1'700'000'000;
  point.count = 2;
  point.min = point.max = point.average = 1;
  point.sum = 2;
  point.bins = bins;
  model::SketchView view;
  const model::TagList tags = {"container_name:app"};
  view.name = "request.duration";
  view.shared_tags = &tags;
  view.points = {&point, 1};
  serializer.add(view);
  serializer.finish();
  EXPECT_EQ(post("/api/beta/sketches", "application/x-protobuf", "zstd", body), 202);
  ASSERT_EQ(received.rows().size(), 1u);
  const MetricRow& row = received.rows().begin()->second;
  EXPECT_EQ(row.metric, "request.duration");
  EXPECT_EQ(row.type, kDistribution);
  EXPECT_EQ(row.newest.value, 1.0);
  EXPECT_EQ(row.values, 2u);
  EXPECT_EQ(row.tag("container_name"), "app");
  EXPECT_EQ(received.sums().at("sketches").payloads, 1u);
}

TEST_F(IntakeTest, AcceptsOurEventsAndKeepsTheLast) {
  telemetry::SerializerCounters counters;
  serializer::EventSerializer serializer(serializer::CompressionKind::none, 0, {}, "", counters);
  std::vector<model::Event> events(25);
  for (std::size_t i = 0; i < events.size(); ++i) {
    events[i].title = "deployed " + std::to_string(i);
    events[i].timestamp = 1;
    events[i].alert_type = model::AlertType::warning;
  }
  const auto payloads = serializer.serialize(std::move(events));
  EXPECT_EQ(post("/intake/", "application/json", "", *payloads.at(0).body), 202);
  EXPECT_EQ(received.events_received(), 25u);
  ASSERT_EQ(received.events().size(), Received::kMaxEvents);
  EXPECT_EQ(received.events().back().title, "deployed 24");
  EXPECT_EQ(received.events().back().alert_type, "warning");
}

TEST_F(IntakeTest, RefusesBrokenSketchesAndEventsAndAcceptsMetadata) {
  const std::string x = "application/x-protobuf", json = "application/json";
  using std::string_literals::operator""s;
  EXPECT_EQ(post("/api/beta/sketches", x, "", "\x0a\x7f"), 400);
  EXPECT_EQ(post("/api/beta/sketches", x, "", "\x0a\x02\x3a\x00"s), 400);   // no name
  EXPECT_EQ(post("/api/beta/sketches", x, "", "\x0a\x03\x0a\x01m"s), 400);  // no points
  EXPECT_EQ(post("/api/beta/sketches", x, "", "\x0a\x09\x0a\x01m\x3a\x04\x3a\x02\x02\x04"s),
            400);  // two keys, no counts
  EXPECT_EQ(post("/api/beta/sketches", json, "", ""), 400);
  EXPECT_EQ(post("/intake/", json, "", R"({"events":{"api":[{"timestamp":1}]}})"), 400);
  EXPECT_EQ(post("/intake/", json, "", R"({"events":{"api":[{"msg_title":"t"}]}})"), 400);
  EXPECT_EQ(post("/intake/", json, "", R"({"internalHostname":"h"})"), 202);
}

TEST_F(IntakeTest, ValidatesTheKey) {
  EXPECT_EQ(ask("GET", std::string("/api/v1/validate?api_key=") + kKey, ""), 200);
  EXPECT_EQ(ask("GET", "/api/v1/validate?api_key=other", ""), 403);
  EXPECT_EQ(ask("GET", "/api/v1/validate", ""), 403);
}

TEST_F(IntakeTest, RefusesAnUnknownKey) {
  EXPECT_EQ(post("/api/v2/series", "application/x-protobuf", "", one_series(), "other"), 403);
}
TEST_F(IntakeTest, RefusesBrokenCompression) {
  EXPECT_EQ(post("/api/v2/series", "application/x-protobuf", "zstd", "not zstd"), 400);
}
TEST_F(IntakeTest, RefusesAnUnknownEncoding) {
  EXPECT_EQ(post("/api/v2/series", "application/x-protobuf", "br", one_series()), 400);
}
TEST_F(IntakeTest, RefusesBrokenProtobuf) {
  EXPECT_EQ(post("/api/v2/series", "application/x-protobuf", "", "\x0a\x7f"), 400);
}
TEST_F(IntakeTest, RefusesTheWrongContentType) {
  EXPECT_EQ(post("/api/v2/series", "application/json", "", one_series()), 400);
}
TEST_F(IntakeTest, RefusesMoreCompressedBytesThanTheLimit) {
  EXPECT_EQ(post("/api/v2/series", "application/x-protobuf", "", std::string(512'001, 'x')), 413);
}
TEST_F(IntakeTest, RefusesMoreUncompressedBytesThanTheLimit) {
  const std::string bomb =
      compressed(serializer::CompressionKind::gzip, std::string(5'242'881, '\0'));
  EXPECT_EQ(post("/api/v2/series", "application/x-protobuf", "gzip", bomb), 413);
  EXPECT_EQ(received.refusals().at(413), 1u);
  EXPECT_EQ(received.total().payloads, 0u);
}
TEST_F(IntakeTest, RefusesOtherPathsAndMethods) {
  EXPECT_EQ(post("/api/v9/series", "application/json", "", "[]"), 404);
  EXPECT_EQ(ask("GET", "/api/v2/series", std::string("DD-Api-Key: ") + kKey + "\r\n"), 405);
}

}  // namespace
}  // namespace remora::sandbox
