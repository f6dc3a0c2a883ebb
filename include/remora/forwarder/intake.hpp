// Payloads -> one intake: every endpoint and key, with retries in bounded memory.
//
// New and failed payloads wait in the queue of their domain and leave it, in the order of the
// intake's policy, when the circuit breaker of their route lets them through. When the queue is
// full the policy says who gives way: the oldest, counted, or the source. One instance per intake,
// all of them drained together (intakes.hpp). Source: DataDog/datadog-agent
// comp/forwarder/defaultforwarder.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "remora/core/async.hpp"
#include "remora/core/byte_budget.hpp"
#include "remora/core/clock.hpp"
#include "remora/forwarder/policy.hpp"
#include "remora/forwarder/receipt.hpp"
#include "remora/model/payload.hpp"
#include "remora/net/http_client.hpp"
#include "remora/telemetry/counters.hpp"
#include "remora/telemetry/health.hpp"
#include "remora/telemetry/status.hpp"

namespace remora::forwarder {

/// One intake and the keys every payload is sent with there.
struct Domain {
  net::Url url;
  std::vector<std::string> api_keys;       ///< secrets: shown as their last 5 characters at most
  std::string_view setting = "DD_DD_URL";  ///< the variable that holds the URL: a literal

  Domain() {}
  Domain(net::Url url, std::vector<std::string> api_keys, std::string_view setting = "DD_DD_URL")
      : url(std::move(url)), api_keys(std::move(api_keys)), setting(setting) {}
};

struct IntakeOptions {
  std::string name = "Forwarder";  ///< its block of `agent status`
  Policy policy;
  std::vector<Domain> domains;                     ///< the main one first
  std::string agent_version;                       ///< DD-Agent-Version and User-Agent
  std::string payload_version = "5.0.0";           ///< DD-Agent-Payload
  bool allow_arbitrary_tags = false;               ///< Allow-Arbitrary-Tag-Value: true
  std::chrono::milliseconds timeout{20'000};       ///< one request
  std::size_t max_concurrent_requests = 10;        ///< per domain
  std::size_t retry_queue_max_bytes = 15'728'640;  ///< per domain, bodies and bookkeeping
  std::size_t retry_queue_floor_bytes = 0;         ///< of those, what it never borrows
  core::ByteBudget* reserve = nullptr;             ///< what is above the floor is borrowed here
  double backoff_factor = 2, backoff_base_seconds = 2, backoff_max_seconds = 64;
  int recovery_interval = 2;
  bool recovery_reset = false;
  std::uint64_t jitter_seed = 0;  ///< 0 = from the system; fixed in tests
};

struct DrainReport {
  std::size_t sent = 0;           ///< payloads delivered while draining
  std::size_t lost_payloads = 0;  ///< left when the deadline passed
  std::size_t lost_items = 0;     ///< points and elements in them
  std::size_t refused_payloads =
      0;  ///< that an intake rejected since the start: a wrong key, a size
  std::size_t pushed_out_payloads = 0;  ///< dropped since the start because the queue was full
  std::size_t dropped_items = 0;        ///< points and elements in those two
  std::string problem;  ///< what is wrong with an endpoint now; empty when all is well
};

/// Threading: the loop. Lifetime: the references outlive it.
class Intake final : public telemetry::StatusSource {
 public:
  Intake(net::HttpClient& http, core::Clock& clock, telemetry::ForwarderCounters& counters,
         telemetry::HealthComponent& health, IntakeOptions options);
  ~Intake() override;

  /// Never waits. One transaction per domain and key; the body is shared. False when the policy
  /// refuses because the main domain is full: then nothing has happened, and the receipt stays
  /// silent. Otherwise `receipt` is settled once, by the first key of the main domain. Another
  /// domain that is full drops its oldest: it must not hold the main one up.
  bool submit(model::Payload payload, Receipt receipt = {});

  /// Whether `bytes` more find room without anything giving way. Where the source can be refused it
  /// is the main domain that counts, else each domain that works: waiting for one that does not
  /// would help nobody.
  [[nodiscard]] bool has_room(std::size_t bytes) const;
  /// Waits for `has_room`, until `until` at most. False when there was none, or when cancelled.
  asio::awaitable<bool> room(std::size_t bytes, core::SteadyTime until);

  /// Sends until cancelled: new payloads at once, retries newest first. Degrades health while a
  /// domain fails, recovers with the first success.
  asio::awaitable<void> run();

  /// Sends what is queued, retries included and breakers ignored once, until nothing is left or
  /// `deadline` has come. What fails is tried again after a short pause; a request gets a part of
  /// the time that is left, also one that was on its way already. `run` ends. Payloads may still be
  /// submitted, for `drain`.
  asio::awaitable<void> send_all(core::SteadyTime deadline);

  /// The end: `send_all`, then in-flight requests are waited for until then, cancelled and put
  /// back, and what is left is counted in the report: never silently lost. `run` must have been
  /// cancelled or ends now; payloads submitted afterwards are counted as dropped.
  asio::awaitable<DrainReport> drain(core::SteadyTime deadline);

  /// Bytes queued or in flight, all domains: what the memory bound is about.
  [[nodiscard]] std::size_t queued_bytes() const;
  [[nodiscard]] telemetry::StatusNode status() const override;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;  ///< shared with the requests in flight
};

}  // namespace remora::forwarder
