#include "remora/forwarder/intakes.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <exception>
#include <memory>
#include <utility>

namespace remora::forwarder {
namespace {

// Ends a wait when the last of several coroutines has ended.
struct Together {
  explicit Together(const asio::any_io_executor& executor, std::size_t count)
      : left(count), done(executor, asio::steady_timer::time_point::max()) {}
  void ended(const std::exception_ptr& e) {
    if (e && !error) error = e;
    if (--left == 0) done.cancel();
  }
  std::size_t left;
  asio::steady_timer done;
  std::exception_ptr error;
  DrainReport report;
};

void sum_up(DrainReport& sum, DrainReport one) {
  sum.sent += one.sent;
  sum.lost_payloads += one.lost_payloads;
  sum.lost_items += one.lost_items;
  sum.refused_payloads += one.refused_payloads;
  sum.pushed_out_payloads += one.pushed_out_payloads;
  sum.dropped_items += one.dropped_items;
  if (sum.problem.empty()) sum.problem = std::move(one.problem);
}

asio::awaitable<void> all_ended(std::shared_ptr<Together> together) {
  while (together->left > 0) {
    together->done.expires_at(asio::steady_timer::time_point::max());
    co_await together->done.async_wait(no_throw);
  }
  if (together->error) std::rethrow_exception(together->error);
}

}  // namespace

asio::awaitable<void> Intakes::send_all(core::SteadyTime deadline) {
  const auto executor = co_await asio::this_coro::executor;
  const auto together = std::make_shared<Together>(executor, intakes_.size());
  for (Intake* intake : intakes_) {
    asio::co_spawn(executor, intake->send_all(deadline),
                   [together](const std::exception_ptr& e) { together->ended(e); });
  }
  co_await all_ended(together);
}

asio::awaitable<DrainReport> Intakes::drain(core::SteadyTime deadline) {
  const auto executor = co_await asio::this_coro::executor;
  const auto together = std::make_shared<Together>(executor, intakes_.size());
  for (Intake* intake : intakes_) {
    asio::co_spawn(executor, intake->drain(deadline),
                   [together](const std::exception_ptr& e, DrainReport report) {
                     sum_up(together->report, std::move(report));
                     together->ended(e);
                   });
  }
  co_await all_ended(together);
  co_return std::move(together->report);
}

std::size_t Intakes::queued_bytes() const {
  std::size_t sum = 0;
  for (const Intake* intake : intakes_) sum += intake->queued_bytes();
  return sum;
}

}  // namespace remora::forwarder
