// The options that every instance of every integration understands.
//
// Source: DataDog/integrations-core datadog_checks_base (checks/base.py); DataDog/datadog-agent
// pkg/collector/check (min_collection_interval, service, empty_default_hostname).
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "remora/checks/integration.hpp"
#include "remora/core/error.hpp"
#include "remora/model/tags.hpp"

namespace remora::checks {

/// The include and exclude lists of `metric_patterns`. Threading: pure.
class MetricPatterns {
 public:
  /// Errors: invalid_config, when a list is none, or an expression cannot be used.
  [[nodiscard]] static Result<std::shared_ptr<const MetricPatterns>> read(
      const model::Value& patterns);
  virtual ~MetricPatterns() = default;
  /// `name` is the whole name. Expressions are searched in it; exclude wins.
  [[nodiscard]] virtual bool lets_through(std::string_view name) const = 0;
};

struct InstanceSettings {
  std::string name;  ///< `name` of the instance, for people; may be empty
  std::chrono::seconds interval{15};
  bool empty_hostname = false;
  std::size_t max_returned_metrics = 0;            ///< 0 = unlimited
  bool rename_generic_tags = false;                ///< `host:x` becomes `<check>_host:x` …
  bool keep_generic_tags = false;                  ///< … and stays beside it
  model::Tags tags = model::empty_tags();          ///< of the instance, renamed, with `service:`
  std::shared_ptr<const MetricPatterns> patterns;  ///< null = everything passes
  std::vector<std::string> notes;                  ///< what was wrong and passed over; for the log
};

/// Errors: invalid_config (metric_patterns), unsupported (an option remora does not implement:
/// named).
[[nodiscard]] Result<InstanceSettings> read_instance_settings(const IntegrationInfo& info,
                                                              const InstanceConfig& config);

/// True for keys that mean something to Datadog itself: host, env, service, cluster, …
[[nodiscard]] bool is_generic_tag_key(std::string_view key);
/// `host:x` -> `redisdb_host:x`. Empty when the tag's key is not generic.
[[nodiscard]] std::string renamed_tag(std::string_view check, std::string_view tag);
/// Not empty, and valid UTF-8.
[[nodiscard]] bool usable_tag(std::string_view tag);

}  // namespace remora::checks
