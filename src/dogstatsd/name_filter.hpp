// The list of metric names to drop.
//
// Source: DataDog/datadog-agent comp/filterlist.
#pragma once

#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace remora::dogstatsd {

/// Hashing of std::string and std::string_view alike, so that a look-up needs no copy.
struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const noexcept {
    return std::hash<std::string_view>{}(text);
  }
};

class NameFilter {
 public:
  NameFilter() = default;
  /// Empty names are left out: as a prefix one would drop everything.
  NameFilter(const std::vector<std::string>& names, bool match_prefix);

  [[nodiscard]] bool empty() const noexcept { return names_.empty() && prefixes_.empty(); }
  [[nodiscard]] bool matches(std::string_view name) const;

 private:
  std::unordered_set<std::string, TextHash, std::equal_to<>> names_;
  std::vector<std::string> prefixes_;  ///< sorted; none begins with another
};

/// Names of `names` that end in one of `suffixes`: those that can mean a series of a histogram.
[[nodiscard]] std::vector<std::string> names_with_suffix(const std::vector<std::string>& names,
                                                         const std::vector<std::string>& suffixes);

}  // namespace remora::dogstatsd
