#include "remora/api/health_port.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <string>
#include <vector>

#include "fakes/fake_clock.hpp"
#include "fakes/run_coroutine.hpp"

namespace remora::api {
namespace {

class HealthPort : public testing::Test {
 protected:
  HealthPort() {
    component_.beat();
    auto listening = make_health_port(io_.get_executor(), 0, registry_);
    if (!listening) return;
    server_ = std::move(*listening);
    asio::co_spawn(io_, server_->run(), [](std::exception_ptr e) { EXPECT_FALSE(e); });
  }
  void SetUp() override { ASSERT_TRUE(server_); }
  ~HealthPort() override {
    if (!server_) return;
    server_->stop();
    io_.restart();
    io_.run();
  }

  asio::awaitable<std::string> exchange(std::string path) {
    asio::ip::tcp::socket socket(io_);
    const asio::ip::tcp::endpoint endpoint(asio::ip::address_v4::loopback(), server_->port());
    co_await socket.async_connect(endpoint, no_throw);
    const std::string request = "GET " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    const auto bytes = asio::buffer(request);
    co_await asio::async_write(socket, bytes, no_throw);
    std::string answer;
    auto space = asio::dynamic_buffer(answer);
    co_await asio::async_read(socket, space, no_throw);
    co_return answer;
  }
  std::string get(const std::string& path) {
    const std::string answer = fakes::run(io_, exchange(path));
    io_.poll();  // lets the server see that the client has closed
    return answer;
  }

  asio::io_context io_;
  fakes::FakeClock clock_;
  telemetry::HealthRegistry registry_{clock_};
  telemetry::HealthComponent& component_ = registry_.add("collector", std::chrono::seconds(30));
  std::unique_ptr<net::HttpServer> server_;
};

TEST_F(HealthPort, AnswersEveryPathOfAHealthyAgentWith200) {
  for (const char* path : {"/live", "/ready", "/startup", "/", "/other?x=1"}) {
    const std::string answer = get(path);
    EXPECT_EQ(answer.substr(0, 15), "HTTP/1.1 200 OK") << path;
    EXPECT_NE(answer.find(R"({"Healthy":["collector"],"Unhealthy":null,"Degraded":null})"),
              std::string::npos)
        << answer;
  }
}

TEST_F(HealthPort, AnswersDegradedWith200) {
  component_.degrade("metadata endpoint unreachable");
  const std::string answer = get("/ready");
  EXPECT_EQ(answer.substr(0, 12), "HTTP/1.1 200");
  EXPECT_NE(answer.find("metadata endpoint unreachable"), std::string::npos);
}

TEST_F(HealthPort, AnswersUnhealthyWith500) {
  clock_.advance(std::chrono::seconds(31));
  for (const char* path : {"/live", "/ready", "/startup"}) {
    const std::string answer = get(path);
    EXPECT_EQ(answer.substr(0, 12), "HTTP/1.1 500") << path;
    EXPECT_NE(answer.find(R"("Unhealthy":["collector"])"), std::string::npos);
  }
}

TEST_F(HealthPort, ThatIsTakenIsAnError) {
  const auto second = make_health_port(io_.get_executor(), server_->port(), registry_);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code(), Errc::io);
}

// Each has asked once and says nothing more; the port has room for 64.
TEST_F(HealthPort, AnswersAlthoughIdlePeersHoldEveryConnection) {
  const asio::ip::tcp::endpoint endpoint(asio::ip::address_v4::loopback(), server_->port());
  std::vector<asio::ip::tcp::socket> idle;
  const std::string request = "GET /live HTTP/1.1\r\nHost: x\r\n\r\n";
  for (int i = 0; i < 80; ++i) {
    idle.emplace_back(io_);
    idle.back().connect(endpoint);
    boost::asio::write(idle.back(), boost::asio::buffer(request));
    io_.poll();
  }
  EXPECT_EQ(get("/live").substr(0, 15), "HTTP/1.1 200 OK");
}

TEST_F(HealthPort, IsOnIPv6Too) {
  const asio::ip::tcp::endpoint endpoint(asio::ip::address_v6::loopback(), server_->port());
  asio::ip::tcp::socket socket(io_);
  boost::system::error_code ec;
  socket.connect(endpoint, ec);
  if (ec == boost::asio::error::address_family_not_supported ||
      ec == boost::asio::error::network_unreachable ||
      ec == boost::system::errc::address_not_available) {
    GTEST_SKIP() << "SKIPPED api: no IPv6 here: " << ec.message();
  }
  EXPECT_FALSE(ec) << ec.message();
}

}  // namespace
}  // namespace remora::api
