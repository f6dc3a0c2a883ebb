// Runs one coroutine to its end on an io_context of its own (or on the test's).
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <optional>
#include <stdexcept>

#include "remora/core/async.hpp"

namespace remora::fakes {

template <class T>
T run(asio::io_context& io, asio::awaitable<T> work) {
  std::optional<T> value;
  std::exception_ptr error;
  asio::co_spawn(io, std::move(work), [&](std::exception_ptr e, T v) {
    error = e;
    if (!e) value.emplace(std::move(v));
  });
  io.restart();
  while (!value && !error) {
    if (io.run_one() == 0) throw std::logic_error("the coroutine waits for something nobody does");
  }
  if (error) std::rethrow_exception(error);
  return std::move(*value);
}

inline void run(asio::io_context& io, asio::awaitable<void> work) {
  bool done = false;
  std::exception_ptr error;
  asio::co_spawn(io, std::move(work), [&](std::exception_ptr e) {
    error = e;
    done = true;
  });
  io.restart();
  while (!done) {
    if (io.run_one() == 0) throw std::logic_error("the coroutine waits for something nobody does");
  }
  if (error) std::rethrow_exception(error);
}

template <class T>
T run(asio::awaitable<T> work) {
  asio::io_context io;
  return run(io, std::move(work));
}

}  // namespace remora::fakes
