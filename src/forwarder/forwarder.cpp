#include "remora/forwarder/forwarder.hpp"

#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <list>
#include <map>
#include <optional>
#include <random>
#include <utility>

#include "forwarder/circuit_breaker.hpp"
#include "forwarder/endpoint_health.hpp"
#include "forwarder/redact.hpp"
#include "forwarder/transaction_queue.hpp"
#include "remora/core/log.hpp"
#include "remora/forwarder/intake.hpp"

namespace remora::forwarder {
namespace {

const core::Logger kLog("forwarder");

// Health and log texts are refreshed at least this often; a sign of life for the health check.
constexpr std::chrono::seconds kTick{5};
// What cancelled requests get to end in, after the deadline of a drain.
constexpr std::chrono::milliseconds kCancelGrace{200};
// A wrong key stays wrong: payloads every 15 s must not mean an error line every 15 s.
constexpr std::chrono::minutes kForbiddenLogPeriod{5};

// Statuses that no retry can turn into a success. The intake understood and refused, so the route
// works. Source: DataDog/datadog-agent comp/forwarder/defaultforwarder/transaction.
bool is_rejection(int status) { return status == 400 || status == 403 || status == 413; }

std::string describe_bytes(std::size_t bytes) {
  if (bytes < 10'000) return std::to_string(bytes) + " bytes";
  if (bytes < 10'000'000) return std::to_string(bytes / 1000) + " kB";
  return std::to_string(bytes / 1'000'000) + " MB";
}

std::uint64_t seed_of(std::uint64_t given) {
  if (given != 0) return given;
  std::random_device device;
  return (std::uint64_t{device()} << 32) | device();
}

// A request on its way. The transaction is empty once its outcome is known.
struct Flight {
  std::optional<Transaction> transaction;
  asio::cancellation_signal cancel;
};

struct Route {
  Domain domain;
  TransactionQueue queue;
  std::map<std::uint64_t, Flight> flights;
  std::map<std::string_view, CircuitBreaker> breakers;  ///< by path: a literal
  EndpointHealth health;
  bool failing = false;  ///< what was logged last
  core::LogThrottle rejected_log, dropped_log, failing_log;
  core::LogThrottle forbidden_log{kForbiddenLogPeriod};

  [[nodiscard]] std::size_t bytes_in_flight() const {
    std::size_t sum = 0;
    for (const auto& [id, flight] : flights) {
      if (flight.transaction) sum += cost(*flight.transaction);
    }
    return sum;
  }
};

}  // namespace

// Shared with the coroutines of the requests, which may outlive the Forwarder by a moment.
struct Forwarder::Impl : std::enable_shared_from_this<Forwarder::Impl> {
  Impl(net::HttpClient& http, core::Clock& clock, telemetry::ForwarderCounters& counters,
       telemetry::HealthComponent& health, ForwarderOptions given)
      : http(http),
        clock(clock),
        counters(counters),
        health(health),
        options(std::move(given)),
        backoff(options.backoff_factor, options.backoff_base_seconds, options.backoff_max_seconds,
                options.recovery_interval, options.recovery_reset),
        random(seed_of(options.jitter_seed)) {
    for (const Domain& domain : options.domains) {
      routes.emplace_back().domain = domain;
      secrets.insert(secrets.end(), domain.api_keys.begin(), domain.api_keys.end());
    }
  }

  // -- What waits ------------------------------------------------------------------------------

  void submit(const model::Payload& payload) {
    if (!payload.body) return;
    for (Route& route : routes) {
      for (std::size_t key = 0; key < route.domain.api_keys.size(); ++key) {
        counters.submitted.add();
        if (drained) {
          counters.dropped_at_stop.add();
          counters.dropped_items.add(payload.items);
          continue;
        }
        Transaction transaction;
        transaction.payload = payload;
        transaction.key = key;
        transaction.order = next_order++;
        route.queue.add(std::move(transaction));
        make_room(route);
      }
    }
    notify();
  }

  // Drops the oldest until the domain is within its bound. One transaction always stays: a payload
  // larger than the bound is tried rather than lost unseen.
  void make_room(Route& route) {
    std::size_t dropped = 0, items = 0;
    const std::size_t in_flight = route.bytes_in_flight();
    while (route.queue.bytes() + in_flight > options.retry_queue_max_bytes &&
           route.queue.size() > 1) {
      const auto oldest = route.queue.take_oldest();
      ++dropped;
      items += oldest->payload.items;
    }
    if (dropped == 0) return;
    counters.dropped_queue_full.add(dropped);
    counters.dropped_items.add(items);
    if (route.dropped_log.allow(clock.now())) {
      kLog.error("retry queue is full, oldest payloads dropped",
                 {{"endpoint", route.domain.url.origin()},
                  {"payloads", dropped},
                  {"items", items},
                  {"max_bytes", options.retry_queue_max_bytes},
                  {"suppressed", route.dropped_log.suppressed()}});
    }
  }

  [[nodiscard]] std::size_t queued_bytes() const {
    std::size_t sum = 0;
    for (const Route& route : routes) sum += route.queue.bytes() + route.bytes_in_flight();
    return sum;
  }

  // -- What leaves -----------------------------------------------------------------------------

  CircuitBreaker& breaker_of(Route& route, std::string_view path) {
    return route.breakers.try_emplace(path, backoff, random).first->second;
  }

  void send_what_may_leave(const asio::any_io_executor& executor) {
    const core::SteadyTime now = clock.now();
    const std::size_t limit = std::max<std::size_t>(options.max_concurrent_requests, 1);
    for (Route& route : routes) {
      while (route.flights.size() < limit) {
        auto transaction = route.queue.take_newest(
            [&](std::string_view path) { return breaker_of(route, path).allows(now); });
        if (!transaction) break;
        breaker_of(route, transaction->payload.path).sending();
        launch(executor, route, std::move(*transaction));
      }
    }
  }

  void launch(const asio::any_io_executor& executor, Route& route, Transaction transaction) {
    counters.requests.add();
    const std::uint64_t id = next_flight++;
    Flight& flight = route.flights[id];
    flight.transaction = std::move(transaction);
    net::HttpRequest request = make_request(route, *flight.transaction);
    auto self = shared_from_this();
    // The flight ends in the completion handler: its signal must outlive the coroutine.
    asio::co_spawn(executor, exchange(self, &route, &flight, std::move(request)),
                   asio::bind_cancellation_slot(flight.cancel.slot(),
                                                [self, &route, id](const std::exception_ptr&) {
                                                  route.flights.erase(id);
                                                  self->notify();
                                                }));
  }

  net::HttpRequest make_request(const Route& route, const Transaction& transaction) const {
    const model::Payload& payload = transaction.payload;
    net::HttpRequest request;
    request.method = "POST";
    request.url = route.domain.url.join(payload.path);
    request.headers.emplace_back("DD-Api-Key", route.domain.api_keys[transaction.key]);
    request.headers.emplace_back("Content-Type", payload.content_type);
    if (!payload.content_encoding.empty()) {
      request.headers.emplace_back("Content-Encoding", payload.content_encoding);
    }
    // The version of the protobuf schema; JSON payloads have none.
    if (payload.content_type == "application/x-protobuf") {
      request.headers.emplace_back("DD-Agent-Payload", options.payload_version);
    }
    request.headers.emplace_back("DD-Agent-Version", options.agent_version);
    request.headers.emplace_back("User-Agent", "datadog-agent/" + options.agent_version);
    if (options.allow_arbitrary_tags) {
      request.headers.emplace_back("Allow-Arbitrary-Tag-Value", "true");
    }
    request.body = payload.body;
    request.timeout = options.timeout;
    if (drain_deadline) {
      const auto left =
          std::chrono::duration_cast<std::chrono::milliseconds>(*drain_deadline - clock.now());
      request.timeout = std::clamp(left, std::chrono::milliseconds(1), options.timeout);
    }
    return request;
  }

  static asio::awaitable<void> exchange(std::shared_ptr<Impl> self, Route* route, Flight* flight,
                                        net::HttpRequest request) {
    Result<net::HttpResponse> result = fail(Errc::cancelled, "cancelled");
    try {
      result = co_await self->http.send(std::move(request));
    } catch (const std::exception& e) {
      // Only a cancellation gets here: everything else comes back as a value.
      result = fail(Errc::cancelled, e.what());
    }
    if (self->abandoned || !flight->transaction) co_return;
    Transaction transaction = std::move(*flight->transaction);
    flight->transaction.reset();
    self->settle(*route, std::move(transaction), result);
  }

  // -- What came back --------------------------------------------------------------------------

  void settle(Route& route, Transaction transaction, const Result<net::HttpResponse>& result) {
    const int status = result ? result->status : 0;
    if (result && status >= 0 && static_cast<std::size_t>(status) < counters.by_status.size()) {
      counters.by_status[static_cast<std::size_t>(status)].add();
    }
    if (result && status < 400) {
      delivered(route, transaction);
    } else if (result ? is_rejection(status) : result.error().code() == Errc::invalid_config) {
      rejected(route, transaction, result);
    } else if (cancelling) {
      // Our own doing: it says nothing about the intake.
      breaker_of(route, transaction.payload.path).abandoned();
      route.queue.add(std::move(transaction));
    } else {
      put_back(route, std::move(transaction), result);
    }
    publish_health();
  }

  void delivered(Route& route, const Transaction& transaction) {
    const model::Payload& payload = transaction.payload;
    counters.sent.add();
    counters.sent_bytes.add(payload.body->size());
    ++successes[payload.path];
    breaker_of(route, payload.path).success(clock.now());
    const Problem* before = route.health.worst();
    const core::SteadyTime since = before == nullptr ? core::SteadyTime{} : before->since;
    route.health.succeeded(payload.path, transaction.key);
    if (route.failing && route.health.worst() == nullptr) {
      route.failing = false;
      kLog.info(
          "intake endpoint works again",
          {{"endpoint", route.domain.url.origin()},
           {"after", std::chrono::duration_cast<std::chrono::milliseconds>(clock.now() - since)},
           {"queued_payloads", route.queue.size()},
           {"queued_bytes", route.queue.bytes()}});
    }
  }

  void rejected(Route& route, const Transaction& transaction,
                const Result<net::HttpResponse>& result) {
    const model::Payload& payload = transaction.payload;
    counters.dropped_rejected.add();
    counters.dropped_items.add(payload.items);
    counters.errors.add(result ? Errc::http_status : result.error().code());
    breaker_of(route, payload.path).success(clock.now());
    const std::string origin = route.domain.url.origin();
    if (!result) {
      problem(route, transaction, redact(result.error().message(), secrets), true);
      if (route.rejected_log.allow(clock.now())) {
        kLog.error("payload dropped, its URL cannot be used",
                   {{"endpoint", origin}, {"error", redact(result.error().message(), secrets)}});
      }
      return;
    }
    if (result->status == 403) {
      const std::string text = refusal(route, transaction.key);
      problem(route, transaction, text, false);
      if (route.forbidden_log.allow(clock.now())) {
        kLog.error(text, {{"endpoint", origin},
                          {"path", payload.path},
                          {"status", 403},
                          {"items", payload.items},
                          {"response", redact(result->body, secrets)},
                          {"suppressed", route.forbidden_log.suppressed()}});
      }
      return;
    }
    problem(route, transaction,
            "payload rejected with status " + std::to_string(result->status) + " on " +
                std::string(payload.path),
            false);
    if (route.rejected_log.allow(clock.now())) {
      kLog.error("payload rejected and dropped",
                 {{"endpoint", origin},
                  {"path", payload.path},
                  {"status", result->status},
                  {"bytes", payload.body->size()},
                  {"uncompressed_bytes", payload.uncompressed_bytes},
                  {"items", payload.items},
                  {"response", redact(result->body, secrets)},
                  {"suppressed", route.rejected_log.suppressed()}});
    }
  }

  void put_back(Route& route, Transaction transaction, const Result<net::HttpResponse>& result) {
    const std::string_view path = transaction.payload.path;
    const Errc code = result ? Errc::http_status : result.error().code();
    counters.retried.add();
    counters.errors.add(code);
    breaker_of(route, path).failure(clock.now());
    const std::string what =
        result ? "status " + std::to_string(result->status) + " on " + std::string(path)
               : std::string(to_string(code)) + ": " + redact(result.error().message(), secrets);
    problem(route, transaction, what, !result);
    kLog.debug("request failed, will be tried again",
               {{"endpoint", route.domain.url.origin()},
                {"path", path},
                {"error", what},
                {"bytes", transaction.payload.body->size()}});
    route.queue.add(std::move(transaction));
    make_room(route);
  }

  static std::string refusal(const Route& route, std::size_t key) {
    std::string sites;
    for (const std::string_view site : known_sites()) {
      if (!sites.empty()) sites += ", ";
      sites += site;
    }
    return "the API key ending in " + std::string(key_tail(route.domain.api_keys[key])) +
           " is not accepted by " + route.domain.url.host +
           ": check DD_API_KEY, and that DD_SITE is the site of that key (" + sites + ")";
  }

  void problem(Route& route, const Transaction& transaction, std::string text, bool network) {
    Problem p;
    p.text = std::move(text);
    p.network = network;
    p.since = clock.now();
    p.since_wall = clock.wall();
    if (!route.failing) {
      route.failing = true;
      if (route.failing_log.allow(clock.now())) {
        kLog.warn("intake endpoint fails", {{"endpoint", route.domain.url.origin()},
                                            {"error", p.text},
                                            {"queued_payloads", route.queue.size() + 1},
                                            {"suppressed", route.failing_log.suppressed()}});
      }
    }
    route.health.failed(transaction.payload.path, transaction.key, std::move(p));
  }

  void publish_health() {
    std::string text;
    for (const Route& route : routes) {
      const Problem* worst = route.health.worst();
      if (worst == nullptr) continue;
      if (!text.empty()) text += "; ";
      const auto minutes =
          std::chrono::duration_cast<std::chrono::minutes>(clock.now() - worst->since);
      text += route.domain.url.origin() + ": " + worst->text + ", since " + utc(worst->since_wall) +
              " (" + std::to_string(minutes.count()) + " min), " +
              std::to_string(route.queue.size()) + " payloads with " +
              describe_bytes(route.queue.bytes()) + " wait";
    }
    if (!text.empty()) {
      degraded = true;
      health.degrade(std::move(text));
    } else if (std::exchange(degraded, false)) {
      health.recover();
    }
  }

  // -- When --------------------------------------------------------------------------------------

  // End of the first block that something waits behind; max when nothing does.
  [[nodiscard]] core::SteadyTime next_attempt() const {
    auto next = core::SteadyTime::max();
    for (const Route& route : routes) {
      for (const auto& [path, breaker] : route.breakers) {
        if (breaker.state() != CircuitBreaker::State::blocked || !route.queue.has(path)) continue;
        next = std::min(next, breaker.until());
      }
    }
    return next;
  }

  void notify() {
    news = true;
    for (asio::steady_timer* timer : waiting) timer->cancel();
  }

  asio::awaitable<void> news_arrives() {
    asio::steady_timer timer(co_await asio::this_coro::executor);
    timer.expires_at(asio::steady_timer::time_point::max());
    const auto entry = waiting.insert(waiting.end(), &timer);
    co_await timer.async_wait(no_throw);
    waiting.erase(entry);
  }

  // Until `when`, news, or a cancellation.
  asio::awaitable<void> wait(core::SteadyTime when) {
    using namespace asio::experimental::awaitable_operators;
    if (!std::exchange(news, false)) co_await (clock.sleep_until(when) || news_arrives());
    news = false;
  }

  asio::awaitable<void> run() {
    const auto executor = co_await asio::this_coro::executor;
    co_await asio::this_coro::throw_if_cancelled(false);
    for (;;) {
      const auto cancellation = co_await asio::this_coro::cancellation_state;
      if (cancellation.cancelled() != asio::cancellation_type::none || drain_deadline) co_return;
      health.beat();
      send_what_may_leave(executor);
      publish_health();
      co_await wait(std::min(next_attempt(), clock.now() + kTick));
    }
  }

  asio::awaitable<DrainReport> drain(core::SteadyTime deadline) {
    const auto executor = co_await asio::this_coro::executor;
    drain_deadline = deadline;
    notify();  // run() ends
    const std::uint64_t sent_before = counters.sent.value;
    for (Route& route : routes) {
      for (auto& [path, breaker] : route.breakers) breaker.unblock();
    }
    while (clock.now() < deadline) {
      health.beat();
      send_what_may_leave(executor);
      if (!in_flight() && next_attempt() >= deadline) break;  // nothing left that may still leave
      co_await wait(std::min(next_attempt(), deadline));
    }
    co_await cancel_flights();
    drained = true;

    DrainReport report;
    report.sent = static_cast<std::size_t>(counters.sent.value - sent_before);
    for (Route& route : routes) {
      const auto lose = [&](const Transaction& transaction) {
        ++report.lost_payloads;
        report.lost_items += transaction.payload.items;
      };
      while (const auto transaction = route.queue.take_oldest()) lose(*transaction);
      // Requests that did not even end when cancelled: their outcome is unknown.
      for (auto& [id, flight] : route.flights) {
        if (!flight.transaction) continue;
        lose(*flight.transaction);
        flight.transaction.reset();
      }
    }
    counters.dropped_at_stop.add(report.lost_payloads);
    counters.dropped_items.add(report.lost_items);
    if (report.lost_payloads > 0) {
      kLog.error("stopped before everything was sent", {{"sent", report.sent},
                                                        {"lost_payloads", report.lost_payloads},
                                                        {"lost_items", report.lost_items}});
    }
    co_return report;
  }

  asio::awaitable<void> cancel_flights() {
    if (!in_flight()) co_return;
    cancelling = true;
    for (Route& route : routes) {
      // A request may end inside emit() and take its entry with it.
      for (auto it = route.flights.begin(); it != route.flights.end();) {
        Flight& flight = (it++)->second;
        flight.cancel.emit(asio::cancellation_type::terminal);
      }
    }
    const core::SteadyTime limit = clock.now() + kCancelGrace;
    while (in_flight() && clock.now() < limit) co_await wait(limit);
  }

  [[nodiscard]] bool in_flight() const {
    return std::any_of(routes.begin(), routes.end(),
                       [](const Route& route) { return !route.flights.empty(); });
  }

  // -- What it says about itself -----------------------------------------------------------------

  [[nodiscard]] telemetry::StatusNode status() const {
    std::size_t waiting_payloads = 0, flying = 0;
    for (const Route& route : routes) {
      waiting_payloads += route.queue.size();
      flying += route.flights.size();
    }
    telemetry::StatusNode node;
    node.title = "Forwarder";

    telemetry::StatusNode& transactions = node.children.emplace_back();
    transactions.title = "Transactions";
    transactions.add("Submitted", counters.submitted.value)
        .add("Success", counters.sent.value)
        .add("SuccessBytes", counters.sent_bytes.value)
        .add("Requests", counters.requests.value)
        .add("Requeued", counters.retried.value)
        .add("InFlight", flying)
        .add("Queued", waiting_payloads)
        .add("QueuedBytes", queued_bytes())
        .add("QueueMaxBytesPerEndpoint", options.retry_queue_max_bytes)
        .add("DroppedRejected", counters.dropped_rejected.value)
        .add("DroppedQueueFull", counters.dropped_queue_full.value)
        .add("DroppedAtStop", counters.dropped_at_stop.value)
        .add("DroppedItems", counters.dropped_items.value);

    telemetry::StatusNode& by_path = node.children.emplace_back();
    by_path.title = "Transaction Successes";
    for (const auto& [path, count] : successes) by_path.add(std::string(path), count);

    telemetry::StatusNode& by_error = node.children.emplace_back();
    by_error.title = "Transaction Errors";
    by_error.add("Total", counters.errors.total());
    for (std::size_t code = 0; code < counters.errors.by_code.size(); ++code) {
      const std::uint64_t count = counters.errors.by_code[code].value;
      if (count > 0) by_error.add(std::string(to_string(static_cast<Errc>(code))), count);
    }

    telemetry::StatusNode& by_status = node.children.emplace_back();
    by_status.title = "HTTP Errors";
    for (std::size_t status = 400; status < counters.by_status.size(); ++status) {
      const std::uint64_t count = counters.by_status[status].value;
      if (count > 0) by_status.add(std::to_string(status), count);
    }

    telemetry::StatusNode& endpoints = node.children.emplace_back();
    endpoints.title = "Endpoints";
    for (const Route& route : routes) {
      std::string text = "API keys ending with:";
      for (const std::string& key : route.domain.api_keys) text += " " + std::string(key_tail(key));
      if (const Problem* worst = route.health.worst()) {
        text += " (" + worst->text + ", since " + utc(worst->since_wall) + ")";
      }
      endpoints.add(route.domain.url.origin(), text);
    }
    return node;
  }

  net::HttpClient& http;
  core::Clock& clock;
  telemetry::ForwarderCounters& counters;
  telemetry::HealthComponent& health;
  const ForwarderOptions options;
  const Backoff backoff;
  std::mt19937_64 random;
  std::list<Route> routes;
  std::vector<std::string> secrets;
  std::map<std::string_view, std::uint64_t> successes;  ///< by path
  std::uint64_t next_order = 0;
  std::uint64_t next_flight = 0;
  bool degraded = false;
  bool news = false;
  std::list<asio::steady_timer*> waiting;
  std::optional<core::SteadyTime> drain_deadline;
  bool cancelling = false;  ///< the deadline of the drain has passed
  bool drained = false;
  bool abandoned = false;  ///< the Forwarder is gone: touch nothing but this object
};

Forwarder::Forwarder(net::HttpClient& http, core::Clock& clock,
                     telemetry::ForwarderCounters& counters, telemetry::HealthComponent& health,
                     ForwarderOptions options)
    : impl_(std::make_shared<Impl>(http, clock, counters, health, std::move(options))) {}

Forwarder::~Forwarder() { impl_->abandoned = true; }

void Forwarder::submit(model::Payload payload) { impl_->submit(payload); }
asio::awaitable<void> Forwarder::run() { return impl_->run(); }
asio::awaitable<DrainReport> Forwarder::drain(core::SteadyTime deadline) {
  return impl_->drain(deadline);
}
std::size_t Forwarder::queued_bytes() const { return impl_->queued_bytes(); }
telemetry::StatusNode Forwarder::status() const { return impl_->status(); }

}  // namespace remora::forwarder
