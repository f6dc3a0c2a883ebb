#include "agent/tasks.hpp"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <stdexcept>

#include "fakes/fake_clock.hpp"
#include "fakes/run_coroutine.hpp"

namespace remora::agent {
namespace {

using namespace std::chrono_literals;

class TasksTest : public testing::Test {
 protected:
  // Waits for longer than any test; `woken` counts the ends of the wait.
  asio::awaitable<void> wait() {
    asio::steady_timer timer(io_, 1h);
    timers_.push_back(&timer);
    co_await timer.async_wait(no_throw);
    std::erase(timers_, &timer);
    ++woken_;
  }
  asio::awaitable<void> fail() {
    throw std::runtime_error("a bug");
    co_return;
  }
  bool all_ended() { return fakes::run(io_, tasks_.join(std::chrono::steady_clock::now() + 5s)); }

  asio::io_context io_;
  fakes::FakeClock clock_;
  telemetry::HealthRegistry registry_{clock_};
  Tasks tasks_{io_};
  std::vector<asio::steady_timer*> timers_;
  int woken_ = 0;
};

TEST_F(TasksTest, CancelAllEndsTasksOfAnyNameAndNothingEndsBefore) {
  tasks_.spawn("a", wait(), nullptr);
  tasks_.spawn("b", wait(), nullptr);
  tasks_.spawn("a", wait(), nullptr);
  io_.poll();
  io_.restart();
  io_.poll();
  EXPECT_EQ(woken_, 0);
  tasks_.cancel_all();
  EXPECT_TRUE(all_ended());
  EXPECT_EQ(woken_, 3);
}

// A task that ends by itself between the request to cancel and the next turn of the loop.
TEST_F(TasksTest, CancelOutsideTheLoopSparesATaskThatEndsFirst) {
  for (int i = 0; i < 3; ++i) tasks_.spawn("a", wait(), nullptr);
  io_.poll();
  ASSERT_EQ(timers_.size(), 3u);
  for (asio::steady_timer* timer : timers_) timer->cancel();
  tasks_.cancel_all();
  EXPECT_TRUE(all_ended());
  EXPECT_EQ(woken_, 3);
}

TEST_F(TasksTest, AnEscapedExceptionKillsItsComponentAndNoOther) {
  auto& bad = registry_.add("bad", 0ms);
  auto& good = registry_.add("good", 0ms);
  bad.beat();
  good.beat();
  tasks_.spawn("good", wait(), &good);
  tasks_.spawn("bad", fail(), &bad);
  io_.poll();
  const auto report = registry_.report();
  ASSERT_EQ(report.unhealthy.size(), 1u);
  EXPECT_EQ(report.unhealthy[0].name, "bad");
  EXPECT_EQ(report.unhealthy[0].reason, "ended with an exception: a bug");
  tasks_.cancel_all();
  EXPECT_TRUE(all_ended());
  EXPECT_EQ(registry_.report().unhealthy.size(), 1u) << "a cancelled task is not a dead one";
}

}  // namespace
}  // namespace remora::agent
