// Waits on the loop: until a descriptor is readable, or for a pause in which the loop does not
// watch it.
#pragma once

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <optional>
#include <utility>

#include "remora/core/async.hpp"

namespace remora::dogstatsd {

/// Handlers are called without arguments, also when `stop` ended their wait: they must keep alive
/// what they touch and ask it whether it still runs. Threading: the loop.
class PacedWait {
 public:
  void start(const asio::any_io_executor& executor) {
    descriptor_.emplace(executor);
    timer_.emplace(executor);
  }
  /// Takes everything from the loop. The descriptor stays open.
  void stop() {
    forget();
    descriptor_.reset();
    timer_.reset();
  }

  template <class Handler>
  boost::system::error_code readable(int fd, Handler handler) {
    boost::system::error_code ec;
    if (!descriptor_->is_open()) descriptor_->assign(fd, ec);
    if (!ec)
      descriptor_->async_wait(asio::posix::stream_descriptor::wait_read,
                              [handler = std::move(handler)](auto) mutable { handler(); });
    return ec;
  }

  /// Pauses of the same length end at the same time for all sockets: one wake-up, not several.
  template <class Handler>
  void pause(std::chrono::steady_clock::duration length, Handler handler) {
    forget();  // watched, it would wake the loop with every packet
    const auto end = std::chrono::steady_clock::now() + length;
    timer_->expires_at(end - end.time_since_epoch() % length);
    timer_->async_wait([handler = std::move(handler)](auto) mutable { handler(); });
  }

  /// After whatever else is ready on the loop.
  template <class Handler>
  void soon(Handler handler) {
    asio::post(timer_->get_executor(), std::move(handler));
  }

 private:
  void forget() {
    if (descriptor_ && descriptor_->is_open()) descriptor_->release();
  }
  std::optional<asio::posix::stream_descriptor> descriptor_;
  std::optional<asio::steady_timer> timer_;
};

}  // namespace remora::dogstatsd
