#include "checks/openmetrics/label_policy.hpp"

#include <algorithm>

namespace remora::checks::openmetrics {
namespace {

constexpr std::size_t kMaxKnown = 1024;

}  // namespace

Result<LabelPolicy> LabelPolicy::make(const std::vector<std::string>& exclude,
                                      const std::vector<std::string>& include,
                                      const TextPairs& rename,
                                      const std::vector<LabelExclusion>& exclusions) {
  LabelPolicy policy;
  policy.exclude_.insert(exclude.begin(), exclude.end());
  policy.include_.insert(include.begin(), include.end());
  for (const auto& [label, key] : rename) {
    policy.rename_.insert_or_assign(label, key);
    policy.longest_key_ = std::max(policy.longest_key_, key.size());
  }
  int size = 0;
  for (const LabelExclusion& exclusion : exclusions) {
    Exclusion compiled{exclusion.any_value, std::nullopt};
    if (!exclusion.any_value) {
      auto regex = PythonRegex::compile_any(exclusion.patterns);
      if (!regex) return fail(regex.error(), "exclude_metrics_by_labels: " + exclusion.label);
      size += regex->size();
      if (size > kMaxProgramsTogether) {
        return fail(Errc::invalid_config, "exclude_metrics_by_labels: " + exclusion.label +
                                              ": the expressions are too large together");
      }
      compiled.regex = std::move(*regex);
    }
    policy.exclusions_.insert_or_assign(exclusion.label, std::move(compiled));
  }
  policy.trivial_ = exclude.empty() && include.empty() && rename.empty() && exclusions.empty();
  return policy;
}

LabelPolicy::Decision LabelPolicy::decide(std::string_view label) const {
  Decision decision;
  if (const auto it = exclusions_.find(label); it != exclusions_.end()) {
    decision.drops_any = it->second.any;
    decision.drops_where = it->second.regex ? &*it->second.regex : nullptr;
  }
  decision.tag = !exclude_.contains(label) && (include_.empty() || include_.contains(label));
  const auto renamed = rename_.find(label);
  decision.key = renamed == rename_.end() ? std::string(label) : renamed->second;
  return decision;
}

const LabelPolicy::Decision& LabelPolicy::of(std::string_view label) {
  if (const auto it = known_.find(label); it != known_.end()) return it->second;
  if (known_.size() < kMaxKnown) return known_.emplace(label, decide(label)).first->second;
  unknown_ = decide(label);
  return unknown_;
}

}  // namespace remora::checks::openmetrics
