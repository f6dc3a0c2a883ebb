#include "remora/forwarder/intake.hpp"

#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/this_coro.hpp>
#include <utility>

#include "forwarder/intake_impl.hpp"

namespace remora::forwarder {
namespace {

const core::Logger kLog("forwarder");

// Health and log texts are refreshed at least this often; a sign of life for the health check.
constexpr std::chrono::seconds kTick{5};
// What cancelled requests get to end in, after the deadline of a drain.
constexpr std::chrono::milliseconds kCancelGrace{200};
// What a request gets at least near the end of a drain: look-up, connection, TLS, answer.
constexpr std::chrono::milliseconds kShortestTry{1'000};

std::uint64_t seed_of(std::uint64_t given) {
  if (given != 0) return given;
  std::random_device device;
  return (std::uint64_t{device()} << 32) | device();
}

}  // namespace

Intake::Impl::Impl(net::HttpClient& http, core::Clock& clock,
                   telemetry::ForwarderCounters& counters, telemetry::HealthComponent& health,
                   IntakeOptions given)
    : http(http),
      clock(clock),
      counters(counters),
      health(health),
      options(std::move(given)),
      backoff(options.backoff_factor, options.backoff_base_seconds, options.backoff_max_seconds,
              options.recovery_interval, options.recovery_reset),
      random(seed_of(options.jitter_seed)) {
  for (const Domain& domain : options.domains) {
    routes.emplace_back(domain, options);
    secrets.insert(secrets.end(), domain.api_keys.begin(), domain.api_keys.end());
  }
}

bool Intake::Impl::submit(const model::Payload& payload, Receipt receipt) {
  if (!payload.body) return true;
  if (refuses(payload)) {
    receipt.withdraw();
    ++refused;
    return false;
  }
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
      make_room(route, cost(payload));
      // A payload larger than the bound is tried rather than lost unseen.
      transaction.charge = core::Charge::take_anyway(route.budget, cost(payload));
      if (&route == &routes.front() && key == 0) transaction.receipt = std::move(receipt);
      route.queue.add(std::move(transaction));
    }
  }
  notify();
  return true;
}

bool Intake::Impl::refuses(const model::Payload& payload) {
  if (options.policy.when_full == WhenFull::drop_oldest || drained || routes.empty()) return false;
  const std::size_t bytes = cost(payload) * routes.front().domain.api_keys.size();
  const core::ByteBudget& budget = routes.front().budget;
  // What is larger than the bound itself is tried when nothing else is there.
  if (budget.fits(bytes) || budget.used() == 0) {
    full_since.reset();
    return false;
  }
  if (options.policy.when_full == WhenFull::refuse) return true;
  if (!full_since) full_since = clock.now();
  return clock.now() - *full_since < options.policy.refuse_for;
}

void Intake::Impl::make_room(Route& route, std::size_t bytes) {
  std::size_t dropped = 0, items = 0;
  while (!route.budget.fits(bytes)) {
    auto oldest = route.queue.take_oldest();
    if (!oldest) break;
    ++dropped;
    items += oldest->payload.items;
    oldest->receipt.settle(Fate::dropped);
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

bool Intake::Impl::has_room(std::size_t bytes) const {
  if (routes.empty()) return true;
  if (options.policy.when_full != WhenFull::drop_oldest) return routes.front().budget.fits(bytes);
  return std::all_of(routes.begin(), routes.end(), [bytes](const Route& route) {
    return route.failing || route.budget.fits(bytes);
  });
}

asio::awaitable<bool> Intake::Impl::room(std::size_t bytes, core::SteadyTime until) {
  using namespace asio::experimental::awaitable_operators;
  const auto self = shared_from_this();  // the Intake may go while somebody waits
  co_await asio::this_coro::throw_if_cancelled(false);
  bool waiting = true;
  while (waiting) {
    const auto cancellation = co_await asio::this_coro::cancellation_state;
    if (cancellation.cancelled() != asio::cancellation_type::none || abandoned) co_return false;
    if (has_room(bytes)) co_return true;
    waiting = clock.now() < until;
    if (waiting) co_await (clock.sleep_until(until) || news_after(news));
  }
  co_return false;
}

std::size_t Intake::Impl::queued_bytes() const {
  std::size_t sum = 0;
  for (const Route& route : routes) sum += route.budget.used();
  return sum;
}

CircuitBreaker& Intake::Impl::breaker_of(Route& route, std::string_view path) {
  return route.breakers.try_emplace(path, backoff, random).first->second;
}

void Intake::Impl::send_what_may_leave(const asio::any_io_executor& executor) {
  const core::SteadyTime now = clock.now();
  tried = now;
  const std::size_t limit = std::max<std::size_t>(options.max_concurrent_requests, 1);
  const bool ordered = options.policy.order == Order::oldest_first;
  for (Route& route : routes) {
    while (route.flights.size() < limit) {
      auto transaction = route.queue.take_next([&](const Lane& lane) {
        if (ordered && route.on_its_way(lane)) return false;
        return breaker_of(route, lane.path).allows(now);
      });
      if (!transaction) break;
      breaker_of(route, transaction->payload.path).sending();
      launch(executor, route, std::move(*transaction));
    }
  }
}

void Intake::Impl::launch(const asio::any_io_executor& executor, Route& route,
                          Transaction transaction) {
  counters.requests.add();
  const std::uint64_t id = next_flight++;
  Flight& flight = route.flights[id];
  flight.lane = route.queue.lane_of(transaction);
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

net::HttpRequest Intake::Impl::make_request(const Route& route,
                                            const Transaction& transaction) const {
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
    // A request that hangs must leave time for another one.
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(*drain_deadline - clock.now());
    const auto part = std::min(std::max(left / 2, kShortestTry), left);
    request.timeout = std::clamp(part, std::chrono::milliseconds(1), options.timeout);
  }
  return request;
}

asio::awaitable<void> Intake::Impl::exchange(std::shared_ptr<Impl> self, Route* route,
                                             Flight* flight, net::HttpRequest request) {
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
  self->settle(*route, std::move(transaction), result, flight->cut_off);
}

core::SteadyTime Intake::Impl::next_attempt() const {
  auto next = core::SteadyTime::max();
  for (const Route& route : routes) {
    for (const auto& [path, breaker] : route.breakers) {
      if (breaker.state() != CircuitBreaker::State::blocked || !route.queue.has(path)) continue;
      // Its time has come already: what holds it back is another request, whose end is news.
      if (breaker.until() <= tried) continue;
      next = std::min(next, breaker.until());
    }
  }
  return next;
}

void Intake::Impl::notify() {
  ++news;
  for (asio::steady_timer* timer : waiting) timer->cancel();
}

asio::awaitable<void> Intake::Impl::news_after(std::uint64_t seen) {
  if (news != seen) co_return;
  asio::steady_timer timer(co_await asio::this_coro::executor);
  timer.expires_at(asio::steady_timer::time_point::max());
  const auto entry = waiting.insert(waiting.end(), &timer);
  co_await timer.async_wait(no_throw);
  waiting.erase(entry);
}

asio::awaitable<void> Intake::Impl::wait(core::SteadyTime when) {
  using namespace asio::experimental::awaitable_operators;
  if (news == news_seen) co_await (clock.sleep_until(when) || news_after(news_seen));
  news_seen = news;
}

asio::awaitable<void> Intake::Impl::run() {
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

asio::awaitable<void> Intake::Impl::send_all(core::SteadyTime deadline) {
  const auto executor = co_await asio::this_coro::executor;
  // Requests that left in normal times may hang for much longer than the stop may take.
  auto cut = clock.now() + (deadline - clock.now()) / 2;
  if (!drain_deadline) {
    for (Route& route : routes) {
      for (auto& [id, flight] : route.flights) flight.before_drain = true;
    }
  }
  drain_deadline = deadline;
  notify();  // run() ends
  for (Route& route : routes) {
    for (auto& [path, breaker] : route.breakers) breaker.unblock();
  }
  while (clock.now() < deadline) {
    health.beat();
    if (clock.now() >= cut) {
      cut = core::SteadyTime::max();
      cut_off(true);
    }
    send_what_may_leave(executor);
    if (!in_flight() && next_attempt() >= deadline) break;  // nothing left that may still leave
    co_await wait(std::min(next_attempt(), std::min(deadline, cut)));
  }
}

asio::awaitable<DrainReport> Intake::Impl::drain(core::SteadyTime deadline) {
  const std::uint64_t sent_before = counters.sent.value;
  co_await send_all(deadline);
  co_await cancel_flights();
  drained = true;

  DrainReport report;
  report.sent = static_cast<std::size_t>(counters.sent.value - sent_before);
  for (Route& route : routes) {
    const auto lose = [&](Transaction& transaction) {
      ++report.lost_payloads;
      report.lost_items += transaction.payload.items;
      transaction.receipt.settle(Fate::dropped);
    };
    while (auto transaction = route.queue.take_oldest()) lose(*transaction);
    // Requests that did not even end when cancelled: their outcome is unknown.
    for (auto& [id, flight] : route.flights) {
      if (!flight.transaction) continue;
      lose(*flight.transaction);
      flight.transaction.reset();
    }
  }
  report.refused_payloads = static_cast<std::size_t>(counters.dropped_rejected.value);
  report.pushed_out_payloads = static_cast<std::size_t>(counters.dropped_queue_full.value);
  report.dropped_items = static_cast<std::size_t>(counters.dropped_items.value);
  for (const Route& route : routes) {
    const Problem* worst = route.health.worst();
    if (worst == nullptr || !report.problem.empty()) continue;
    report.problem = route.domain.url.origin() + ": " + worst->text;
  }
  counters.dropped_at_stop.add(report.lost_payloads);
  counters.dropped_items.add(report.lost_items);
  notify();  // whoever waits for room
  co_return report;
}

asio::awaitable<void> Intake::Impl::cancel_flights() {
  if (!in_flight()) co_return;
  cut_off(false);
  const core::SteadyTime limit = clock.now() + kCancelGrace;
  while (in_flight() && clock.now() < limit) co_await wait(limit);
}

void Intake::Impl::cut_off(bool only_before_drain) {
  for (Route& route : routes) {
    // A request may end inside emit() and take its entry with it.
    for (auto it = route.flights.begin(); it != route.flights.end();) {
      Flight& flight = (it++)->second;
      if (only_before_drain && !flight.before_drain) continue;
      flight.cut_off = true;
      flight.cancel.emit(asio::cancellation_type::terminal);
    }
  }
}

bool Intake::Impl::in_flight() const {
  return std::any_of(routes.begin(), routes.end(),
                     [](const Route& route) { return !route.flights.empty(); });
}

Intake::Intake(net::HttpClient& http, core::Clock& clock, telemetry::ForwarderCounters& counters,
               telemetry::HealthComponent& health, IntakeOptions options)
    : impl_(std::make_shared<Impl>(http, clock, counters, health, std::move(options))) {}

Intake::~Intake() { impl_->abandoned = true; }

bool Intake::submit(model::Payload payload, Receipt receipt) {
  return impl_->submit(payload, std::move(receipt));
}
bool Intake::has_room(std::size_t bytes) const { return impl_->has_room(bytes); }
asio::awaitable<bool> Intake::room(std::size_t bytes, core::SteadyTime until) {
  return impl_->room(bytes, until);
}
asio::awaitable<void> Intake::run() { return impl_->run(); }
asio::awaitable<void> Intake::send_all(core::SteadyTime deadline) {
  return impl_->send_all(deadline);
}

asio::awaitable<DrainReport> Intake::drain(core::SteadyTime deadline) {
  return impl_->drain(deadline);
}
std::size_t Intake::queued_bytes() const { return impl_->queued_bytes(); }
telemetry::StatusNode Intake::status() const { return impl_->status(); }

}  // namespace remora::forwarder
