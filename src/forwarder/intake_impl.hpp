// The state of an intake: what waits, what is on its way, what is known about the endpoints.
//
// intake.cpp moves payloads out, outcome.cpp decides what an answer means, intake_status.cpp
// tells people.
#pragma once

#include <algorithm>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/steady_timer.hpp>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "forwarder/circuit_breaker.hpp"
#include "forwarder/endpoint_health.hpp"
#include "forwarder/transaction_queue.hpp"
#include "remora/core/log.hpp"
#include "remora/forwarder/intake.hpp"

namespace remora::forwarder {

// A wrong key stays wrong: payloads every 15 s must not mean an error line every 15 s.
inline constexpr std::chrono::minutes kForbiddenLogPeriod{5};

/// A request on its way. The transaction is empty once its outcome is known.
struct Flight {
  std::optional<Transaction> transaction;
  Lane lane;
  asio::cancellation_signal cancel;
  bool before_drain = false;  ///< it left with the timeout of normal times
  bool cut_off = false;       ///< cancelled by us
};

/// One domain with everything about it. Never moved: requests point at it.
struct Route {
  Route(Domain given, const IntakeOptions& options)
      : domain(std::move(given)),
        budget(options.name, options.retry_queue_floor_bytes, options.retry_queue_max_bytes,
               options.reserve),
        queue(options.policy.order) {}

  Domain domain;
  core::ByteBudget budget;  ///< of all that waits or is on its way; outlives both
  TransactionQueue queue;
  std::map<std::uint64_t, Flight> flights;
  std::map<std::string_view, CircuitBreaker> breakers;  ///< by path: a literal
  EndpointHealth health;
  bool failing = false;  ///< what was logged last
  core::LogThrottle rejected_log, failing_log;
  // A full queue stays full through an outage: once in ten minutes says it, the counter has the
  // rest.
  core::LogThrottle dropped_log{std::chrono::minutes(10)};
  core::LogThrottle forbidden_log{kForbiddenLogPeriod};

  [[nodiscard]] bool on_its_way(const Lane& lane) const {
    return std::any_of(flights.begin(), flights.end(),
                       [&](const auto& flight) { return flight.second.lane == lane; });
  }
};

/// Shared with the coroutines of the requests, which may outlive the Intake by a moment.
struct Intake::Impl : std::enable_shared_from_this<Intake::Impl> {
  Impl(net::HttpClient& http, core::Clock& clock, telemetry::ForwarderCounters& counters,
       telemetry::HealthComponent& health, IntakeOptions given);

  // What waits.
  bool submit(const model::Payload& payload, Receipt receipt);
  /// Whether the policy says no to a payload.
  [[nodiscard]] bool refuses(const model::Payload& payload);
  /// Drops the oldest until `bytes` more are within the bound of the domain.
  void make_room(Route& route, std::size_t bytes);
  [[nodiscard]] bool has_room(std::size_t bytes) const;
  asio::awaitable<bool> room(std::size_t bytes, core::SteadyTime until);
  [[nodiscard]] std::size_t queued_bytes() const;

  // What leaves.
  CircuitBreaker& breaker_of(Route& route, std::string_view path);
  void send_what_may_leave(const asio::any_io_executor& executor);
  void launch(const asio::any_io_executor& executor, Route& route, Transaction transaction);
  net::HttpRequest make_request(const Route& route, const Transaction& transaction) const;
  static asio::awaitable<void> exchange(std::shared_ptr<Impl> self, Route* route, Flight* flight,
                                        net::HttpRequest request);

  // What came back.
  void settle(Route& route, Transaction transaction, const Result<net::HttpResponse>& result,
              bool cut_off);
  void delivered(Route& route, const Transaction& transaction);
  void rejected(Route& route, const Transaction& transaction,
                const Result<net::HttpResponse>& result);
  void put_back(Route& route, Transaction transaction, const Result<net::HttpResponse>& result);
  [[nodiscard]] std::string failure_text(const Route& route, std::string_view path,
                                         const Result<net::HttpResponse>& result) const;
  void problem(Route& route, const Transaction& transaction, std::string text, bool network);
  void publish_health();

  // When.
  /// End of the first block that something waits behind; max when nothing does.
  [[nodiscard]] core::SteadyTime next_attempt() const;
  void notify();
  asio::awaitable<void> news_after(std::uint64_t seen);
  /// Until `when`, news, or a cancellation.
  asio::awaitable<void> wait(core::SteadyTime when);
  asio::awaitable<void> run();
  asio::awaitable<void> send_all(core::SteadyTime deadline);
  asio::awaitable<DrainReport> drain(core::SteadyTime deadline);
  asio::awaitable<void> cancel_flights();
  /// Cancels requests on their way: all, or those that left before the drain began.
  void cut_off(bool only_before_drain);
  [[nodiscard]] bool in_flight() const;

  // What it says about itself.
  [[nodiscard]] telemetry::StatusNode status() const;

  net::HttpClient& http;
  core::Clock& clock;
  telemetry::ForwarderCounters& counters;
  telemetry::HealthComponent& health;
  const IntakeOptions options;
  const Backoff backoff;
  std::mt19937_64 random;
  std::list<Route> routes;
  std::vector<std::string> secrets;
  std::map<std::string_view, std::uint64_t> successes;  ///< by path
  std::uint64_t refused = 0;  ///< payloads that found no room: their source keeps them
  core::SteadyTime tried{};   ///< when everything that may leave was looked for last
  std::uint64_t next_order = 0;
  std::uint64_t next_flight = 0;
  bool degraded = false;
  std::uint64_t news = 0, news_seen = 0;  ///< counted; seen by `wait`
  std::optional<core::SteadyTime> full_since;
  std::list<asio::steady_timer*> waiting;
  std::optional<core::SteadyTime> drain_deadline;
  bool drained = false;
  bool abandoned = false;  ///< the Intake is gone: touch nothing but this object
};

}  // namespace remora::forwarder
