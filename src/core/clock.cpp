#include "remora/core/clock.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>

namespace remora::core {

asio::awaitable<bool> SystemClock::sleep_until(SteadyTime when) {
  asio::steady_timer timer(co_await asio::this_coro::executor);
  timer.expires_at(when);
  const auto [ec] = co_await timer.async_wait(no_throw);
  co_return !ec;
}

}  // namespace remora::core
