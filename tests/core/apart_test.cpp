// Threads that hang: nobody waits for them, and there are only so many.
#include "remora/core/apart.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <future>

#include "fakes/run_coroutine.hpp"

namespace remora::core {
namespace {

using std::chrono::milliseconds;
using Work = std::function<Result<int>()>;

constexpr milliseconds kShort{20};
constexpr milliseconds kLong{60'000};

// A door that work waits behind.
class Door {
 public:
  [[nodiscard]] Work behind() const {
    return [opened = opened_]() -> Result<int> {
      opened.wait();
      return 7;
    };
  }
  void open() { promise_.set_value(); }

 private:
  std::promise<void> promise_;
  std::shared_future<void> opened_ = promise_.get_future().share();
};

TEST(Apart, GivesWhatTheWorkGives) {
  EXPECT_EQ(*wait_apart<int>([]() -> Result<int> { return 3; }, kLong), 3);
  EXPECT_EQ(*fakes::run(run_apart<int>([]() -> Result<int> { return 4; }, kLong)), 4);
  const auto failed =
      fakes::run(run_apart<int>([]() -> Result<int> { return fail(Errc::io, "no"); }, kLong));
  EXPECT_EQ(failed.error().message(), "no");
}

TEST(Apart, RefusesFurtherWorkWhileTooManyHangAndTakesItAgainLater) {
  Door door;
  for (int i = 0; i < kMaxHanging; ++i) {
    const auto late = i % 2 == 0 ? wait_apart<int>(door.behind(), kShort)
                                 : fakes::run(run_apart<int>(door.behind(), kShort));
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().code(), Errc::timeout);
  }
  const auto refused = wait_apart<int>(door.behind(), kLong);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Errc::io);
  door.open();
  const auto give_up = std::chrono::steady_clock::now() + kLong;
  while (!wait_apart<int>([]() -> Result<int> { return 1; }, kLong)) {
    ASSERT_LT(std::chrono::steady_clock::now(), give_up);
    std::this_thread::yield();
  }
}

TEST(Apart, ACancelledCallerLeavesAtOnceAndTheThreadTouchesNothing) {
  Door door;
  {
    asio::io_context io;
    asio::cancellation_signal cancel;
    std::optional<Errc> code;
    asio::co_spawn(
        io, run_apart<int>(door.behind(), kLong),
        asio::bind_cancellation_slot(cancel.slot(), [&](std::exception_ptr, Result<int> result) {
          code = result.error().code();
        }));
    io.poll();
    cancel.emit(asio::cancellation_type::terminal);
    io.restart();
    io.run();
    EXPECT_EQ(code, Errc::cancelled);
  }
  door.open();
}

TEST(Apart, WithoutAThreadTheWorkIsDoneInPlace) {
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const rlimit none{0, 0};
    // Root is not held to this limit.
    const bool limited = ::setrlimit(RLIMIT_NPROC, &none) == 0 &&
                         (::geteuid() != 0 || ::setresuid(65'534, 65'534, 65'534) == 0);
    const auto got = wait_apart<int>([]() -> Result<int> { return 5; }, kLong);
    ::_exit(!limited ? 77 : got && *got == 5 ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  if (WEXITSTATUS(status) == 77) GTEST_SKIP() << "SKIPPED core: the limit cannot be set here";
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace remora::core
