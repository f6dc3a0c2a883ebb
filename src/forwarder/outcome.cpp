// What an answer of the intake means for the payload, the route and the operator.
#include <utility>

#include "forwarder/intake_impl.hpp"
#include "forwarder/key_refusal.hpp"
#include "forwarder/redact.hpp"
#include "forwarder/redirect.hpp"

namespace remora::forwarder {
namespace {

const core::Logger kLog("forwarder");

// Only these say that the intake has the payload. A redirect or an upgrade is the word of something
// on the way: reverse proxies, captive portals.
bool is_delivery(int status) { return status >= 200 && status < 300; }

// Statuses that no retry can turn into a success. The intake understood and refused, so the route
// works. Source: DataDog/datadog-agent comp/forwarder/defaultforwarder/transaction.
bool is_rejection(int status) { return status == 400 || status == 403 || status == 413; }

// A sentence of ours and a URL of theirs.
constexpr std::size_t kLongestFailure = 500;

// Between two tries of a route while the agent stops: an intake that comes back is noticed at once,
// one that stays away is asked some twenty times.
constexpr std::chrono::milliseconds kDrainPause{500};

std::string describe_bytes(std::size_t bytes) {
  if (bytes < 10'000) return std::to_string(bytes) + " bytes";
  if (bytes < 10'000'000) return std::to_string(bytes / 1000) + " kB";
  return std::to_string(bytes / 1'000'000) + " MB";
}

}  // namespace

void Intake::Impl::settle(Route& route, Transaction transaction,
                          const Result<net::HttpResponse>& result, bool cut_off) {
  const int status = result ? result->status : 0;
  if (result && status >= 0 && static_cast<std::size_t>(status) < counters.by_status.size()) {
    counters.by_status[static_cast<std::size_t>(status)].add();
  }
  if (result && is_delivery(status)) {
    delivered(route, transaction);
    transaction.receipt.settle(Fate::delivered);
  } else if (result ? is_rejection(status) : result.error().code() == Errc::invalid_config) {
    rejected(route, transaction, result);
    transaction.receipt.settle(Fate::rejected);
  } else if (cut_off) {
    // Our own doing: it says nothing about the intake.
    breaker_of(route, transaction.payload.path).abandoned();
    route.queue.add(std::move(transaction));
  } else {
    put_back(route, std::move(transaction), result);
  }
  publish_health();
}

void Intake::Impl::delivered(Route& route, const Transaction& transaction) {
  const model::Payload& payload = transaction.payload;
  counters.sent.add();
  counters.sent_bytes.add(payload.body->size());
  ++successes[payload.path];
  CircuitBreaker& breaker = breaker_of(route, payload.path);
  breaker.success(clock.now());
  // At the stop there is no time to feel one's way back.
  if (drain_deadline) breaker.unblock();
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

void Intake::Impl::rejected(Route& route, const Transaction& transaction,
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
    const std::string text =
        key_refusal(route.domain.api_keys[transaction.key], route.domain.url.host);
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
    kLog.error("payload rejected and dropped", {{"endpoint", origin},
                                                {"path", payload.path},
                                                {"status", result->status},
                                                {"bytes", payload.body->size()},
                                                {"uncompressed_bytes", payload.uncompressed_bytes},
                                                {"items", payload.items},
                                                {"response", redact(result->body, secrets)},
                                                {"suppressed", route.rejected_log.suppressed()}});
  }
}

std::string Intake::Impl::failure_text(const Route& route, std::string_view path,
                                       const Result<net::HttpResponse>& result) const {
  if (!result) {
    return std::string(to_string(result.error().code())) + ": " +
           redact(result.error().message(), secrets);
  }
  if (result->status < 400) {
    return redact(not_delivered(result->status, route.domain.url, path, result->header("location"),
                                route.domain.setting),
                  secrets, kLongestFailure);
  }
  return "status " + std::to_string(result->status) + " on " + std::string(path);
}

void Intake::Impl::put_back(Route& route, Transaction transaction,
                            const Result<net::HttpResponse>& result) {
  const std::string_view path = transaction.payload.path;
  const Errc code = result ? Errc::http_status : result.error().code();
  counters.retried.add();
  counters.errors.add(code);
  CircuitBreaker& breaker = breaker_of(route, path);
  breaker.failure(clock.now());
  if (drain_deadline) breaker.reopen_by(clock.now() + kDrainPause);
  const std::string what = failure_text(route, path, result);
  problem(route, transaction, what, !result);
  kLog.debug("request failed, will be tried again", {{"endpoint", route.domain.url.origin()},
                                                     {"path", path},
                                                     {"error", what},
                                                     {"bytes", transaction.payload.body->size()}});
  route.queue.add(std::move(transaction));
}

void Intake::Impl::problem(Route& route, const Transaction& transaction, std::string text,
                           bool network) {
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

void Intake::Impl::publish_health() {
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

}  // namespace remora::forwarder
