// Kept connections of the client, by where they lead.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <deque>
#include <map>
#include <memory>
#include <string>

#include "net/connection.hpp"

namespace remora::net {

/// Threading: the executor's thread.
class ConnectionPool {
 public:
  ConnectionPool(const asio::any_io_executor& executor, std::size_t per_key,
                 std::chrono::steady_clock::duration idle_limit,
                 std::chrono::steady_clock::duration max_age);
  ~ConnectionPool();

  /// The connection used last for `key` that still looks open, or null.
  [[nodiscard]] std::shared_ptr<Connection> take(const std::string& key);
  /// Keeps the connection, or closes it when there are enough or it is too old.
  void keep(const std::string& key, std::shared_ptr<Connection> connection);
  /// Closes all and keeps nothing from now on.
  void shutdown();

 private:
  struct Idle {
    std::shared_ptr<Connection> connection;
    std::chrono::steady_clock::time_point since;
  };
  struct State;
  bool too_old(const Connection& connection) const;
  static void sweep_later(const std::shared_ptr<State>& state);

  std::shared_ptr<State> state_;
};

}  // namespace remora::net
