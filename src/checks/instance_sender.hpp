// What one instance submits -> its sampler, by the rules of the Agent's base check.
//
// Source of the rules: DataDog/integrations-core datadog_checks_base checks/base.py
// (_submit_metric, degeneralise_tag), utils/limiter.py.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "checks/instance_settings.hpp"
#include "remora/checks/integration.hpp"
#include "remora/core/clock.hpp"
#include "remora/metrics/check_sampler.hpp"
#include "remora/model/metric.hpp"
#include "remora/telemetry/counters.hpp"

namespace remora::checks {

/// Threading: the loop. Lifetime: the references outlive it.
class SamplerSender final : public InstanceSender {
 public:
  using ServiceCheckSink = std::function<void(model::ServiceCheck)>;

  SamplerSender(const IntegrationInfo& info, const InstanceSettings& settings, std::string hostname,
                metrics::CheckSampler& sampler, const core::Clock& clock,
                telemetry::CheckCounters& counters, ServiceCheckSink service_checks);

  void submit(const Submission& submission) override;
  void service_check(std::string_view name, model::CheckStatus status, TagViews tags,
                     std::string_view message) override;
  void warning(std::string text) override;
  void note(std::string text) override;
  void metadata(std::string_view key, std::string_view value) override;

  /// What one run gave.
  struct Counts {
    std::uint64_t samples = 0, buckets = 0, service_checks = 0;
    std::vector<std::string> warnings, notes;
  };
  /// A run begins: limits, counts and warnings start anew.
  void begin_run();
  [[nodiscard]] const Counts& counts() const noexcept { return counts_; }
  /// As of the last run that told it.
  [[nodiscard]] const std::map<std::string, std::string, std::less<>>& known_metadata() const {
    return metadata_;
  }

 private:
  [[nodiscard]] std::string_view full_name(std::string_view name, bool raw);
  void collect_tags(TagViews tags);
  [[nodiscard]] bool within_limit(const Submission& submission, std::string_view name);

  const IntegrationInfo& info_;
  const InstanceSettings& settings_;
  std::string hostname_;
  metrics::CheckSampler& sampler_;
  const core::Clock& clock_;
  telemetry::CheckCounters& counters_;
  ServiceCheckSink service_checks_;

  Counts counts_;
  std::map<std::string, std::string, std::less<>> metadata_;
  std::size_t returned_ = 0;  ///< what max_returned_metrics counts
  bool limit_reached_ = false;
  std::unordered_set<std::uint64_t> seen_;  ///< contexts that count once per run
  // Kept for their memory only.
  std::string name_;
  std::vector<std::string_view> tags_;
  std::vector<std::string> renamed_;
};

}  // namespace remora::checks
