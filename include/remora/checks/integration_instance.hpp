// One configured check with everything one run needs: made once, run many times. The scheduler runs
// it on its interval, `agent check` a few times in a row.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "remora/checks/integration.hpp"
#include "remora/metrics/check_sampler.hpp"
#include "remora/metrics/histogram.hpp"
#include "remora/telemetry/counters.hpp"

namespace remora::checks {

/// Where values go. Lifetime: the references outlive every instance.
struct InstancePorts {
  telemetry::AggregatorCounters& aggregator;
  telemetry::CheckCounters& checks;
  metrics::SamplerBudget& budget;
  std::function<void(model::ServiceCheck)> service_checks;
};

struct InstanceOptions {
  metrics::HistogramOptions histogram;
  std::string hostname;  ///< of values whose check names no host; empty in sidecar mode
  std::size_t max_contexts = 100'000;
  std::size_t max_bytes = 16u << 20;
};

/// What one run came to.
struct RunOutcome {
  std::string error;  ///< empty = success; one line, scrubbed
  std::chrono::milliseconds elapsed{0};
  std::uint64_t samples = 0, buckets = 0, service_checks = 0;
  std::vector<std::string> warnings, notes;
  RunOutcome() {}
};

/// Threading: the loop.
class IntegrationInstance {
 public:
  /// Errors: those of IntegrationInfo::create, and of the options every instance understands.
  [[nodiscard]] static Result<std::unique_ptr<IntegrationInstance>> make(
      const IntegrationInfo& info, InstanceConfig config, const CheckServices& services,
      const InstancePorts& ports, const InstanceOptions& options);
  ~IntegrationInstance();

  /// Runs once and commits what was submitted, also when the check fails, throws or is cancelled.
  /// Runs must not overlap; the instance outlives the coroutine.
  [[nodiscard]] asio::awaitable<RunOutcome> run();
  /// Commits what a run in flight has submitted so far.
  void commit();
  /// Gives everything committed since the last flush. Returns how much that was.
  std::size_t flush(metrics::FlushSink& sink);

  [[nodiscard]] const IntegrationInfo& info() const noexcept;
  [[nodiscard]] const InstanceConfig& config() const noexcept;
  /// "redisdb", or "redisdb (cache)" where the instance has a name.
  [[nodiscard]] std::string title() const;
  [[nodiscard]] std::chrono::seconds interval() const noexcept;
  /// Options that were passed over when it was made, and why; one line each.
  [[nodiscard]] const std::vector<std::string>& notes() const noexcept;
  /// As of the last run that told it.
  [[nodiscard]] const std::map<std::string, std::string, std::less<>>& metadata() const noexcept;

 private:
  struct Impl;
  explicit IntegrationInstance(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace remora::checks
