// A limit on one step of I/O: when it passes, an action (closing the socket) ends the step.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <utility>

#include "remora/core/async.hpp"

namespace remora::net {

/// Threading: the executor's thread. When the object dies first, `action` never runs, even if the
/// timer had expired and its handler was already queued.
class Deadline {
 public:
  Deadline(const asio::any_io_executor& executor, std::chrono::steady_clock::duration limit,
           std::function<void()> action)
      : state_(std::make_shared<State>()), timer_(executor, limit) {
    state_->action = std::move(action);
    timer_.async_wait([state = state_](const boost::system::error_code& ec) {
      if (ec || !state->action) return;
      state->passed = true;
      std::exchange(state->action, nullptr)();
    });
  }
  ~Deadline() { state_->action = nullptr; }
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

  [[nodiscard]] bool passed() const noexcept { return state_->passed; }

 private:
  struct State {
    std::function<void()> action;
    bool passed = false;
  };
  std::shared_ptr<State> state_;
  asio::steady_timer timer_;
};

}  // namespace remora::net
