#include "dogstatsd/name_filter.hpp"

#include <algorithm>

namespace remora::dogstatsd {

NameFilter::NameFilter(const std::vector<std::string>& names, bool match_prefix) {
  if (!match_prefix) {
    for (const std::string& name : names) {
      if (!name.empty()) names_.insert(name);
    }
    return;
  }
  std::vector<std::string> sorted(names);
  std::sort(sorted.begin(), sorted.end());
  for (std::string& prefix : sorted) {
    const bool covered = !prefixes_.empty() && prefix.starts_with(prefixes_.back());
    if (!prefix.empty() && !covered) prefixes_.push_back(std::move(prefix));
  }
}

bool NameFilter::matches(std::string_view name) const {
  if (!names_.empty()) return names_.contains(name);
  // No prefix begins with another, so only the last one that is not above the name can be one.
  const auto above = std::upper_bound(prefixes_.begin(), prefixes_.end(), name);
  return above != prefixes_.begin() && name.starts_with(*std::prev(above));
}

std::vector<std::string> names_with_suffix(const std::vector<std::string>& names,
                                           const std::vector<std::string>& suffixes) {
  std::vector<std::string> out;
  std::copy_if(names.begin(), names.end(), std::back_inserter(out), [&](const std::string& name) {
    return std::any_of(suffixes.begin(), suffixes.end(),
                       [&](const std::string& suffix) { return name.ends_with(suffix); });
  });
  return out;
}

}  // namespace remora::dogstatsd
