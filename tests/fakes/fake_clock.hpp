// Time under the test's control: nothing passes until `advance` is called.
//
// A coroutine that sleeps on this clock wakes when the test has advanced past its time. After
// `advance`, run the io_context (`poll`) so that the woken coroutines go on.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <list>

#include "remora/core/clock.hpp"

namespace remora::fakes {

class FakeClock final : public core::Clock {
 public:
  [[nodiscard]] core::SteadyTime now() const override { return now_; }
  [[nodiscard]] core::WallTime wall() const override { return wall_; }

  asio::awaitable<bool> sleep_until(core::SteadyTime when) override {
    if (when <= now_) co_return true;
    asio::steady_timer timer(co_await asio::this_coro::executor);
    timer.expires_at(core::SteadyTime::max());
    const auto entry = sleepers_.insert(sleepers_.end(), Sleeper{when, &timer, false});
    co_await timer.async_wait(no_throw);
    const bool due = entry->due;
    sleepers_.erase(entry);
    co_return due;
  }

  /// Moves both times on and wakes whoever is due.
  void advance(std::chrono::nanoseconds by) {
    now_ += std::chrono::duration_cast<core::SteadyTime::duration>(by);
    wall_ += std::chrono::duration_cast<core::WallTime::duration>(by);
    for (Sleeper& s : sleepers_) {
      if (s.when <= now_ && !s.due) {
        s.due = true;
        s.timer->cancel();
      }
    }
  }
  void set_wall(core::WallTime wall) { wall_ = wall; }
  [[nodiscard]] std::size_t sleepers() const { return sleepers_.size(); }
  /// Time of the earliest sleeper; `now()` when there is none.
  [[nodiscard]] core::SteadyTime next() const {
    auto next = core::SteadyTime::max();
    for (const Sleeper& s : sleepers_) next = std::min(next, s.when);
    return sleepers_.empty() ? now_ : next;
  }

 private:
  struct Sleeper {
    core::SteadyTime when;
    asio::steady_timer* timer;
    bool due;
  };
  core::SteadyTime now_{std::chrono::hours(1)};
  core::WallTime wall_{std::chrono::seconds(1'700'000'000)};
  std::list<Sleeper> sleepers_;
};

}  // namespace remora::fakes
