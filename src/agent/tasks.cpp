#include "agent/tasks.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/system/system_error.hpp>
#include <exception>

#include "remora/core/log.hpp"

namespace remora::agent {
namespace {

const core::Logger kLog("agent");

std::string describe(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& e) {
    return e.what();
  } catch (...) {
    return "unknown exception";
  }
}

bool is_cancellation(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const boost::system::system_error& e) {
    return e.code() == asio::error::operation_aborted;
  } catch (...) {
    return false;
  }
}

}  // namespace

void Tasks::spawn(std::string name, asio::awaitable<void> work,
                  telemetry::HealthComponent* health) {
  auto task = std::make_shared<Task>();
  task->name = std::move(name);
  tasks_.push_back(task);
  asio::co_spawn(io_, std::move(work),
                 asio::bind_cancellation_slot(
                     task->signal.slot(), [this, task, health](const std::exception_ptr& error) {
                       ended(task, health, error);
                     }));
}

void Tasks::ended(const std::shared_ptr<Task>& task, telemetry::HealthComponent* health,
                  const std::exception_ptr& error) {
  if (error && !(stopping_ && is_cancellation(error))) {
    const std::string reason = describe(error);
    kLog.error("a component ended with an exception",
               {{"component", task->name}, {"error", reason}});
    if (health != nullptr) health->died("ended with an exception: " + reason);
  } else if (!stopping_) {
    if (health != nullptr) health->died("ended although the agent runs");
  }
  tasks_.remove(task);
  if (tasks_.empty()) all_done_.cancel();
}

void Tasks::cancel(const std::shared_ptr<Task>& task) {
  // At once inside the loop. From outside it is posted, and the coroutine may have ended by then:
  // the signal lives until it was emitted.
  asio::dispatch(io_, [task] { task->signal.emit(asio::cancellation_type::terminal); });
}

void Tasks::cancel_all() {
  stopping_ = true;
  const auto all = tasks_;  // a coroutine may end inside emit()
  for (const auto& task : all) cancel(task);
}

asio::awaitable<bool> Tasks::join(core::SteadyTime deadline) {
  while (!tasks_.empty() && std::chrono::steady_clock::now() < deadline) {
    all_done_.expires_at(deadline);
    co_await all_done_.async_wait(no_throw);
  }
  co_return tasks_.empty();
}

}  // namespace remora::agent
