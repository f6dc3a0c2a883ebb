// Which tags a metric may keep: DD_METRIC_TAG_FILTERLIST.
//
// Source: DataDog/datadog-agent comp/filterlist (tag matcher).
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "dogstatsd/name_filter.hpp"
#include "remora/dogstatsd/origins.hpp"

namespace remora::dogstatsd {

/// What an entry of the list says of one metric.
class TagKeyRule final : public TagRule {
 public:
  enum class Action : std::uint8_t { exclude, include };
  explicit TagKeyRule(Action action) : action_(action) {}

  /// The key of a tag is what stands before its first ':'; all of it when there is none.
  [[nodiscard]] bool keeps(std::string_view tag) const override {
    return keys_.contains(tag.substr(0, tag.find(':'))) == (action_ == Action::include);
  }

 private:
  friend class TagFilter;
  Action action_;
  std::unordered_set<std::string, TextHash, std::equal_to<>> keys_;
};

class TagFilter {
 public:
  TagFilter() = default;
  /// `json`: list of {"metric_name", "action": "include"|"exclude", "tags": [key, …]}; empty text
  /// is the empty list. Entries of one name and action are put together; of two actions only
  /// "exclude" counts. A bad entry is named in `warnings` and left out, its neighbours stay.
  static TagFilter parse(std::string_view json, std::vector<std::string>& warnings);

  /// Null when the tags of `metric` stay as they are. Lives as long as the filter.
  [[nodiscard]] const TagRule* rule(std::string_view metric) const;
  [[nodiscard]] bool empty() const noexcept { return rules_.empty(); }

 private:
  std::unordered_map<std::string, TagKeyRule, TextHash, std::equal_to<>> rules_;
};

}  // namespace remora::dogstatsd
