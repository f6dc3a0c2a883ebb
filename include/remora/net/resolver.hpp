// Name look-ups that never hold anybody up.
//
// getaddrinfo() cannot be interrupted and may block for the resolver's own limits (tens of
// seconds). Asio's resolver runs it on one helper thread per io_context, so that one hanging name
// delays every other one and the end of the process. Here each look-up has a thread of its own,
// which nobody waits for; only its result crosses back, and only while somebody still wants it.
#pragma once

#include <boost/asio/ip/address.hpp>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "remora/core/async.hpp"
#include "remora/core/error.hpp"

namespace remora::net {

using Addresses = std::vector<asio::ip::address>;

/// Blocking look-up; called on a thread of its own, must not touch anything of the caller.
using LookUp = std::function<Result<Addresses>(const std::string& host)>;

/// getaddrinfo for TCP.
[[nodiscard]] Result<Addresses> system_look_up(const std::string& host);

/// Threading: the executor's thread.
class Resolver {
 public:
  explicit Resolver(asio::any_io_executor executor, LookUp look_up = system_look_up);
  ~Resolver();

  /// The addresses of `host`, at least one, in the system's order. A literal address is answered
  /// without a look-up; requests for the same name share one.
  /// Errors: network, cancelled. Cancellation: terminal; the look-up itself goes on in the
  /// background and is joined by the next request for the name.
  [[nodiscard]] asio::awaitable<Result<Addresses>> resolve(std::string host);

 private:
  struct Pending;
  class Waiter;
  Result<std::shared_ptr<Pending>> start(const std::string& host);

  asio::any_io_executor executor_;
  LookUp look_up_;
  std::map<std::string, std::shared_ptr<Pending>> pending_;
};

}  // namespace remora::net
