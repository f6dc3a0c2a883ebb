#include <utility>

#include "forwarder/intake_impl.hpp"
#include "forwarder/redact.hpp"

namespace remora::forwarder {

telemetry::StatusNode Intake::Impl::status() const {
  std::size_t waiting_payloads = 0, flying = 0, peak_bytes = 0;
  for (const Route& route : routes) {
    waiting_payloads += route.queue.size();
    flying += route.flights.size();
    peak_bytes = std::max(peak_bytes, route.budget.peak());
  }
  telemetry::StatusNode node;
  node.title = options.name;

  telemetry::StatusNode& transactions = node.children.emplace_back();
  transactions.title = "Transactions";
  transactions.add("Submitted", counters.submitted.value)
      .add("Success", counters.sent.value)
      .add("Success bytes", counters.sent_bytes.value)
      .add("Requests", counters.requests.value)
      .add("Requeued", counters.retried.value)
      .add("In flight", flying)
      .add("Queued", waiting_payloads)
      .add("Queued bytes", queued_bytes())
      .add("Queued bytes at most so far", peak_bytes)
      .add("Queue max bytes per endpoint", options.retry_queue_max_bytes)
      .add("Refused (no room)", refused)
      .add("Dropped (rejected)", counters.dropped_rejected.value)
      .add("Dropped (queue full)", counters.dropped_queue_full.value)
      .add("Dropped (at stop)", counters.dropped_at_stop.value)
      .add("Dropped items", counters.dropped_items.value);

  telemetry::StatusNode& by_path = node.children.emplace_back();
  by_path.title = "Transaction Successes";
  by_path.add("Total", counters.sent.value);
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
  std::vector<std::pair<std::string, std::uint64_t>> answers;
  std::uint64_t refusals = 0;
  for (std::size_t status = 0; status < counters.by_status.size(); ++status) {
    const std::uint64_t count = counters.by_status[status].value;
    if (count == 0 || (status >= 200 && status < 300)) continue;
    answers.emplace_back(std::to_string(status), count);
    refusals += count;
  }
  by_status.add("Total", refusals);
  for (const auto& [status, count] : answers) by_status.add(status, count);

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

}  // namespace remora::forwarder
