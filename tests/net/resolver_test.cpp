#include "remora/net/resolver.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <future>
#include <optional>

#include "fakes/run_coroutine.hpp"

namespace remora::net {
namespace {

using namespace std::chrono_literals;

// A look-up that hangs until the test lets it go, as getaddrinfo does with a dead DNS server.
struct HangingLookUp {
  std::shared_ptr<std::promise<void>> go = std::make_shared<std::promise<void>>();
  std::shared_future<void> gate = go->get_future().share();
  std::shared_ptr<std::atomic<int>> calls = std::make_shared<std::atomic<int>>(0);

  LookUp function() const {
    return [gate = gate, calls = calls](const std::string&) -> Result<Addresses> {
      ++*calls;
      gate.wait();
      Addresses found{asio::ip::make_address("192.0.2.7")};
      return found;
    };
  }
};

TEST(Resolver, AnswersALiteralAddressWithoutALookUp) {
  asio::io_context io;
  HangingLookUp hanging;
  Resolver resolver(io.get_executor(), hanging.function());
  for (const char* text : {"192.0.2.1", "2001:db8::1"}) {
    const auto found = fakes::run(io, resolver.resolve(text));
    ASSERT_TRUE(found);
    EXPECT_EQ(found->at(0).to_string(), text);
  }
  EXPECT_EQ(*hanging.calls, 0);
}

TEST(Resolver, SharesOneLookUpAmongThoseWhoWait) {
  asio::io_context io;
  HangingLookUp hanging;
  Resolver resolver(io.get_executor(), hanging.function());
  std::vector<Result<Addresses>> answers;
  for (int i = 0; i < 3; ++i) {
    asio::co_spawn(io, resolver.resolve("intake"), [&](std::exception_ptr, Result<Addresses> r) {
      answers.push_back(std::move(r));
    });
  }
  io.poll();
  hanging.go->set_value();
  io.restart();
  io.run();
  ASSERT_EQ(answers.size(), 3u);
  for (const auto& a : answers) EXPECT_EQ(a->at(0).to_string(), "192.0.2.7");
  EXPECT_EQ(*hanging.calls, 1);
}

TEST(Resolver, LeavesAHangingLookUpAtOnceAndOutlivesNothingItTouches) {
  HangingLookUp hanging;
  {
    asio::io_context io;
    Resolver resolver(io.get_executor(), hanging.function());
    asio::cancellation_signal signal;
    std::optional<Result<Addresses>> answer;
    asio::co_spawn(
        io, resolver.resolve("intake"),
        asio::bind_cancellation_slot(signal.slot(), [&](std::exception_ptr e, Result<Addresses> r) {
          if (!e) answer = std::move(r);
        }));
    io.poll();
    signal.emit(asio::cancellation_type::terminal);
    io.restart();
    io.run();  // would hang if the look-up were waited for
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->error().code(), Errc::cancelled);

    // Abandoned while suspended: the loop goes first, the look-up ends later.
    asio::co_spawn(io, resolver.resolve("other"), [](std::exception_ptr, Result<Addresses>) {});
    io.restart();
    io.poll();
  }
  hanging.go->set_value();
}

TEST(Resolver, LimitsHowManyLookUpsHang) {
  asio::io_context io;
  HangingLookUp hanging;
  Resolver resolver(io.get_executor(), hanging.function());
  for (int i = 0; i < 8; ++i) {
    asio::co_spawn(io, resolver.resolve("host" + std::to_string(i)),
                   [](std::exception_ptr, Result<Addresses>) {});
  }
  io.poll();
  const auto ninth = fakes::run(io, resolver.resolve("host8"));
  ASSERT_FALSE(ninth);
  EXPECT_EQ(ninth.error().code(), Errc::network);
  hanging.go->set_value();
  io.restart();
  io.run();
  EXPECT_TRUE(fakes::run(io, resolver.resolve("host8")));
}

}  // namespace
}  // namespace remora::net
