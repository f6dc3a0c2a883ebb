// The `metrics` option: which family is sent, under which name, as what.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "checks/openmetrics/text_map.hpp"
#include "checks/python_regex.hpp"
#include "remora/checks/openmetrics/exposition.hpp"
#include "remora/checks/openmetrics/mapper_options.hpp"
#include "remora/core/error.hpp"

namespace remora::checks::openmetrics {

enum class RuleType : std::uint8_t {
  native,          ///< the type exposed when the family is seen first
  native_dynamic,  ///< the type exposed each time
  counter,
  gauge,
  histogram,
  summary,
  rate,
  counter_gauge,
  time_elapsed,
  temporal_percent,
  service_check,
  metadata,
};

struct MetricRule {
  RuleType type = RuleType::native;
  std::optional<RuleType> first_seen;  ///< of a native one
  std::string name;                    ///< with the namespace, but for metadata
  std::string label;
  double scale = 1;
  std::vector<std::pair<std::int64_t, int>> statuses;

  /// The type comes from the configuration, not from the page.
  [[nodiscard]] bool gives_type() const noexcept {
    return type != RuleType::native && type != RuleType::native_dynamic;
  }
};

class MetricRules {
 public:
  [[nodiscard]] static Result<MetricRules> make(const std::vector<MetricEntry>& entries,
                                                std::string_view name_space, bool cache_wildcards);

  /// What becomes of this family; null when nothing. Lives until the next call.
  [[nodiscard]] MetricRule* find(std::string_view family);

  /// How many keys are expressions, in their order, and whether one is found in this name.
  [[nodiscard]] std::size_t expressions() const noexcept { return wildcards_.size(); }
  [[nodiscard]] const std::string& expression(std::size_t i) const { return wildcards_[i].key; }
  [[nodiscard]] bool expression_matches(std::size_t i, std::string_view family) const {
    return wildcards_[i].regex.found_in(family);
  }

 private:
  struct Wildcard {
    std::string key;
    PythonRegex regex;
    MetricRule rule;  ///< without name
  };

  std::string prefix_;
  bool cache_wildcards_ = true;
  TextMap<MetricRule> named_;  ///< those without metacharacters, and names wildcards were asked for
  std::size_t max_named_ = 0;
  std::vector<Wildcard> wildcards_;
  MetricRule uncached_;
  std::unordered_set<std::uint64_t> unmatched_;  ///< hashes of names that no wildcard takes
};

/// What a rule does with a family of this type; none: nothing.
[[nodiscard]] std::optional<RuleType> effective_type(MetricRule& rule, FamilyType exposed);

}  // namespace remora::checks::openmetrics
