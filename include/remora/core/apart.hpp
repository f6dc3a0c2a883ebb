// Work that may hang in the kernel, on a thread of its own.
//
// Reading a file of a dead network mount cannot be interrupted: not by a signal, not by a timer. So
// nobody waits for the thread that does it; only its result crosses back, while somebody still
// wants it. (Name look-ups have their own threads, which share results: net/resolver.hpp.)
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "remora/core/async.hpp"
#include "remora/core/error.hpp"

namespace remora::core {

/// Threads that may hang beyond their limit at the same time; with so many, further work is
/// refused.
inline constexpr int kMaxHanging = 8;

namespace detail {
Result<void> wait_apart(std::function<void()> work, std::chrono::milliseconds limit);
asio::awaitable<Result<void>> run_apart(std::function<void()> work,
                                        std::chrono::milliseconds limit);
}  // namespace detail

/// Runs `work` on a thread and waits at most `limit`, without holding up the loop. `work` must not
/// touch anything of the caller: it may go on after it. Where no thread is to be had (limits of the
/// container), it runs in place: an agent that reads no file at all is of less use.
/// Errors: those of `work`; timeout; io (kMaxHanging); cancelled. Cancellation: terminal.
template <class T>
asio::awaitable<Result<T>> run_apart(std::function<Result<T>()> work,
                                     std::chrono::milliseconds limit) {
  auto slot = std::make_shared<std::optional<Result<T>>>();
  // Not inside the co_await expression: GCC 12.2 destroys that function object twice.
  std::function<void()> job = [slot, work] { slot->emplace(work()); };
  auto ended = co_await detail::run_apart(std::move(job), limit);
  if (!ended) co_return ended.error();
  co_return std::move(**slot);
}

/// The same for callers without a loop: holds up the calling thread, at most `limit`.
template <class T>
Result<T> wait_apart(std::function<Result<T>()> work, std::chrono::milliseconds limit) {
  auto slot = std::make_shared<std::optional<Result<T>>>();
  auto ended = detail::wait_apart([slot, work] { slot->emplace(work()); }, limit);
  if (!ended) return ended.error();
  return std::move(**slot);
}

}  // namespace remora::core
