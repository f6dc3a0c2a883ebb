#include "autodiscovery/label_names.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "remora/autodiscovery/labels.hpp"
#include "remora/core/ascii.hpp"
#include "remora/core/edit_distance.hpp"

namespace remora::autodiscovery {
namespace {

constexpr std::string_view kTagPrefix = "com.datadoghq.tags.";
constexpr std::size_t kLongest = 128;  // of names that are looked at

constexpr auto kNames = std::to_array<std::string_view>(
    {"check_names", "init_configs", "instances", "checks", "logs", "tags", "check.id",
     "ignore_autodiscovery_tags", "check_tag_cardinality"});
constexpr auto kTagNames = std::to_array<std::string_view>({"env", "service", "version"});
/// Too far from what was meant to be near it, or nearer to something else.
constexpr auto kNearMisses =
    std::to_array<std::pair<std::string_view, std::string_view>>({{"check_name", "check_names"},
                                                                  {"init_config", "init_configs"},
                                                                  {"instance", "instances"},
                                                                  {"check", "checks"},
                                                                  {"log", "logs"},
                                                                  {"check_id", "check.id"},
                                                                  {"tag", "tags"}});

std::string full(std::string_view prefix, std::string_view name) {
  return std::string(prefix) + std::string(name);
}

/// `<name>` or `<container>.<name>` behind the prefix of an annotation.
template <class Names>
std::optional<std::string_view> name_of_annotation(std::string_view rest, const Names& names) {
  for (const std::string_view name : names) {
    if (rest == name) return name;
    const bool behind = rest.size() > name.size() + 1 && rest.ends_with(name) &&
                        rest[rest.size() - name.size() - 1] == '.';
    if (behind) return name;
  }
  return std::nullopt;
}

std::optional<Misnamed> annotation(const std::string& lower) {
  constexpr std::string_view kChecks = "ad.datadoghq.com/";
  constexpr std::string_view kTags = "tags.datadoghq.com/";
  const std::string message = "is a name for Kubernetes and is not read on ECS";
  std::string_view rest = lower;
  if (rest.starts_with(kChecks)) {
    rest.remove_prefix(kChecks.size());
    if (const auto name = name_of_annotation(rest, kNames))
      return Misnamed{message, full(kLabelPrefix, *name)};
  } else if (rest.starts_with(kTags)) {
    rest.remove_prefix(kTags.size());
    if (const auto name = name_of_annotation(rest, kTagNames))
      return Misnamed{message, full(kTagPrefix, *name)};
  }
  return std::nullopt;
}

}  // namespace

bool concerns_datadog(std::string_view label) {
  return label.size() <= kLongest && core::ascii_lower(label).find("datadog") != std::string::npos;
}

std::optional<Misnamed> misnamed(std::string_view label) {
  if (!concerns_datadog(label)) return std::nullopt;
  if (label.starts_with("com.datadoghq.sd.")) return std::nullopt;  // old names, known as such
  const std::string lower = core::ascii_lower(label);
  if (auto found = annotation(lower)) return found;
  std::string folded = lower;
  std::replace(folded.begin(), folded.end(), '-', '_');
  const std::string message = "is not a label of Datadog's";
  for (const auto& [wrong, right] : kNearMisses) {
    if (folded == full(kLabelPrefix, wrong)) return Misnamed{message, full(kLabelPrefix, right)};
  }
  core::Nearest nearest(folded, 2);
  std::array<std::string, kNames.size() + kTagNames.size()> known;
  for (std::size_t i = 0; i < known.size(); ++i) {
    known[i] = i < kNames.size() ? full(kLabelPrefix, kNames[i])
                                 : full(kTagPrefix, kTagNames[i - kNames.size()]);
    if (label == known[i]) return std::nullopt;
    if (lower == known[i])
      return Misnamed{"is not read: the names of labels are case-sensitive", known[i]};
    nearest.consider(known[i]);
  }
  if (nearest.found().empty()) return std::nullopt;
  return Misnamed{message, std::string(nearest.found())};
}

}  // namespace remora::autodiscovery
