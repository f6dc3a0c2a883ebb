// An IpcServer on a loop of its own thread, as the daemon has it.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <memory>
#include <string>
#include <thread>

#include "remora/api/ipc_server.hpp"

namespace remora::api {

/// An identity no other test, run or daemon on this machine has.
inline IpcIdentity test_identity() {
  const auto* info = testing::UnitTest::GetInstance()->current_test_info();
  return {"0123456789abcdef0123456789abcdef", "http://169.254.170.2/v4/test",
          std::string(info->test_suite_name()) + info->name() + std::to_string(getpid())};
}

class TestDaemon {
 public:
  /// For handlers that have nothing to wait for.
  using Answer = std::function<IpcReply(std::string_view)>;
  TestDaemon(const IpcIdentity& identity, Answer answer)
      : TestDaemon(identity, IpcHandler([answer = std::move(answer)](
                                            std::string request) -> asio::awaitable<IpcReply> {
                     co_return answer(request);
                   })) {}
  explicit TestDaemon(const IpcIdentity& identity, IpcHandler handler = answer)
      : health(registry.add("ipc-server", std::chrono::seconds(30))) {
    auto listening =
        IpcServer::listen(io_.get_executor(), identity, counters, health, std::move(handler));
    EXPECT_TRUE(listening) << listening.error().message();
    if (!listening) return;
    server_ = std::move(*listening);
    asio::co_spawn(io_, server_->run(), [this](std::exception_ptr e) {
      EXPECT_FALSE(e);
      run_ended = true;
    });
    thread_ = std::thread([this] { io_.run(); });
  }
  ~TestDaemon() { stop(); }

  /// Ends the loop; counters and health may be read from then on.
  void stop() {
    if (!thread_.joinable()) return;
    asio::post(io_, [this] { server_->stop(); });
    thread_.join();
    EXPECT_TRUE(run_ended) << "run() must return after stop()";
  }

  static asio::awaitable<IpcReply> answer(std::string request) { co_return echo(request); }
  static IpcReply echo(std::string_view request) {
    if (request == "missing") return {404, "unknown request"};
    if (request == "throw") throw std::runtime_error("broken");
    if (request == "huge") return {200, std::string(4 * 1024 * 1024 + 1, 'x')};
    if (request == "large") return {200, std::string(4 * 1024 * 1024, 'x')};
    return {200, "echo " + std::string(request)};
  }

  telemetry::Counters counters;
  core::SystemClock clock;
  telemetry::HealthRegistry registry{clock};
  telemetry::HealthComponent& health;
  bool run_ended = false;

 private:
  asio::io_context io_;
  std::unique_ptr<IpcServer> server_;
  std::thread thread_;
};

}  // namespace remora::api
