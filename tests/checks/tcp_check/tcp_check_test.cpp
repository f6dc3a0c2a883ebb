#include "remora/checks/tcp_check/tcp_check.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <stdexcept>
#include <vector>

#include "checks/http/check_run.hpp"
#include "fakes/scripted_server.hpp"

namespace remora::checks {
namespace {

using fakes::ScriptedServer;
using model::CheckStatus;
using model::Map;

class TcpCheckTest : public CheckRun {
 protected:
  TcpCheckTest() : CheckRun(kTcpCheck) {}
  static Map instance(int port, Map more = {}) {
    Map out{{"name", "my-port (a)"}, {"host", "127.0.0.1"}, {"port", std::to_string(port)}};
    for (const model::MapEntry& entry : more.entries()) out.set(entry.key, entry.value);
    return out;
  }
  std::string golden(int port) const {
    const std::string text = std::to_string(port);
    return sender_.golden(
        {{"port:" + text, "port:PORT"}, {"url:127.0.0.1:" + text, "url:127.0.0.1:PORT"}});
  }
};

// A port that was free a moment ago.
int closed_port() {
  ScriptedServer server({{fakes::script::stall()}});
  return server.port();
}

TEST_F(TcpCheckTest, SeesAnOpenPort) {
  ScriptedServer server({{fakes::script::drain()}});
  ASSERT_TRUE(run(instance(server.port())));
  EXPECT_EQ(golden(server.port()), fixture("tcp_check/open.txt"));
  EXPECT_EQ(sender_.value("network.tcp.can_connect"), 1);
  const auto begin = std::chrono::steady_clock::now();
  ASSERT_TRUE(run(instance(server.port(), {{"collect_response_time", "true"}})));
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  EXPECT_EQ(golden(server.port()), fixture("tcp_check/open_timed.txt"));
  EXPECT_GT(sender_.value("network.tcp.response_time").value_or(0), 0);
  // In milliseconds it would be longer than the whole run.
  EXPECT_LT(sender_.value("network.tcp.response_time").value_or(9), took.count());
}

TEST_F(TcpCheckTest, SaysDownWithoutFailingTheRun) {
  const int port = closed_port();
  ASSERT_TRUE(run(instance(port, {{"collect_response_time", true}})));
  EXPECT_EQ(golden(port), fixture("tcp_check/closed.txt"));
  EXPECT_EQ(sender_.value("network.tcp.can_connect"), 0);
  EXPECT_EQ(sender_.count("network.tcp.response_time"), 0u);
  const auto* check = sender_.check("tcp.can_connect");
  ASSERT_NE(check, nullptr);
  EXPECT_EQ(check->status, CheckStatus::critical);
  EXPECT_NE(check->message.find("refused. Connection failed after "), std::string::npos)
      << check->message;
  ASSERT_TRUE(run());  // looks the name up again
  EXPECT_EQ(sender_.value("network.tcp.can_connect"), 0);
}

// Two connections fit its queue, and nobody takes them: the kernel answers no other.
class FullListener {
 public:
  FullListener() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* raw = reinterpret_cast<sockaddr*>(&address);
    if (::bind(fd_, raw, size) != 0 || ::listen(fd_, 0) != 0 ||
        ::getsockname(fd_, raw, &size) != 0) {
      throw std::runtime_error("no listener");
    }
    port_ = ntohs(address.sin_port);
    for (int i = 0; i < 8; ++i) {
      const int client = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
      (void)::connect(client, raw, size);
      clients_.push_back(client);
    }
  }
  ~FullListener() {
    for (const int client : clients_) ::close(client);
    ::close(fd_);
  }
  FullListener(const FullListener&) = delete;
  FullListener& operator=(const FullListener&) = delete;
  [[nodiscard]] int port() const { return port_; }

 private:
  int fd_, port_ = 0;
  std::vector<int> clients_;
};

TEST_F(TcpCheckTest, AServerThatTakesNoConnectionTimesOut) {
  FullListener server;
  ASSERT_TRUE(run(instance(server.port(), {{"timeout", "0.3"}})));
  EXPECT_EQ(golden(server.port()), fixture("tcp_check/closed.txt"));
  EXPECT_TRUE(sender_.check("tcp.can_connect")->message.starts_with("timed out. Connection failed"))
      << sender_.check("tcp.can_connect")->message;
}

TEST_F(TcpCheckTest, FailsForANameThatIsNone) {
  const auto done = run(instance(1, {{"host", "no-such-host.invalid"}}));
  ASSERT_FALSE(done);
  EXPECT_NE(done.error().message().find("URL: no-such-host.invalid could not be resolved"),
            std::string::npos)
      << done.error().message();
  EXPECT_TRUE(sender_.values.empty());
  const auto v6 = run(instance(1, {{"host", "::1"}, {"ipv4_only", true}}));
  EXPECT_FALSE(v6);
}

TEST_F(TcpCheckTest, TakesOneAddressUnlessToldToTakeAll) {
  ScriptedServer server({{fakes::script::drain()}});
  ASSERT_TRUE(run(instance(server.port(), {{"host", "localhost"}, {"ipv4_only", true}})));
  ASSERT_EQ(sender_.service_checks.size(), 1u);
  const auto& tags = sender_.service_checks[0].tags;
  EXPECT_EQ(tags[0], "target_host:localhost");
  EXPECT_EQ(tags[2], "instance:my_port_a");
  EXPECT_EQ(tags[3], "address:127.0.0.1");
  ASSERT_TRUE(run(instance(server.port(), {{"host", "localhost"}, {"multiple_ips", true}})));
  EXPECT_GE(sender_.service_checks.size(), 1u);
  EXPECT_EQ(sender_.value("network.tcp.can_connect", "address:127.0.0.1"), 1);
}

TEST_F(TcpCheckTest, RefusesWhatIsMissingOrWrong) {
  expect_refused({{"host", "h"}, {"port", 1}}, Errc::invalid_config, "name");
  expect_refused({{"name", "n"}, {"port", 1}}, Errc::invalid_config, "host");
  expect_refused({{"name", "n"}, {"host", "h"}}, Errc::invalid_config, "port");
  expect_refused(instance(70000), Errc::invalid_config, "port");
  expect_refused(instance(1, {{"timeout", 0}}), Errc::invalid_config, "timeout");
  expect_refused(instance(1, {{"port", "http"}}), Errc::invalid_config, "port");
}

}  // namespace
}  // namespace remora::checks
