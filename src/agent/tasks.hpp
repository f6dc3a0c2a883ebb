// The running coroutines of the daemon: every one has a name, an owner and an end.
#pragma once

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <list>
#include <memory>
#include <string>

#include "remora/core/async.hpp"
#include "remora/core/clock.hpp"
#include "remora/telemetry/health.hpp"

namespace remora::agent {

/// Threading: the loop's thread, also while the loop stands still. Lifetime: must outlive the
/// io_context's run.
class Tasks {
 public:
  explicit Tasks(asio::io_context& io) : io_(io), all_done_(io) {}

  /// Starts `work`. An exception that escapes it is a bug of ours: logged, and `health` is dead
  /// from then on, so the health check replaces the container; the other components go on. `health`
  /// may be null.
  void spawn(std::string name, asio::awaitable<void> work, telemetry::HealthComponent* health);

  /// Asks all tasks to end.
  void cancel_all();
  /// Waits until every task has ended, or `deadline`. Returns false when some still run.
  asio::awaitable<bool> join(core::SteadyTime deadline);

 private:
  struct Task {
    std::string name;
    asio::cancellation_signal signal;
  };
  void cancel(const std::shared_ptr<Task>& task);
  void ended(const std::shared_ptr<Task>& task, telemetry::HealthComponent* health,
             const std::exception_ptr& error);

  asio::io_context& io_;
  asio::steady_timer all_done_;
  std::list<std::shared_ptr<Task>> tasks_;
  bool stopping_ = false;
};

}  // namespace remora::agent
