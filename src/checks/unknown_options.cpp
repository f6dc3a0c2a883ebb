#include "checks/unknown_options.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "remora/core/edit_distance.hpp"
#include "remora/core/utf8.hpp"

namespace remora::checks {
namespace {

constexpr std::size_t kMostNotes = 20;
constexpr std::size_t kShownBytes = 60;

// Of every check. Source: DataDog/integrations-core, templates of spec.yaml (instances/default).
constexpr auto kEverywhere = std::to_array<std::string_view>(
    {"tags", "service", "min_collection_interval", "name", "namespace", "empty_default_hostname",
     "disable_generic_tags", "metric_patterns", "max_returned_metrics", "no_index", "loader",
     "process_isolation", "debug_metrics", "ignore_autodiscovery_tags", "check_tag_cardinality"});

// Of the HTTP wrapper, with nothing to do here: what they tune or silence is not there.
constexpr auto kQuietHttp = std::to_array<std::string_view>(
    {"tls_ignore_warning", "tls_protocols_allowed", "request_size", "log_requests", "no_proxy"});

template <class List>
bool contains(const List& list, std::string_view name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

}  // namespace

std::vector<std::string> unknown_options(const IntegrationInfo& info,
                                         const model::Value& instance) {
  std::vector<std::string> out;
  if (instance.map() == nullptr) return out;
  for (const model::MapEntry& entry : instance.map()->entries()) {
    const std::string_view name = entry.key;
    const bool own = std::any_of(info.options.begin(), info.options.end(),
                                 [name](const OptionInfo& option) { return option.name == name; });
    if (own || contains(kEverywhere, name) || contains(kQuietHttp, name) ||
        contains(info.declined_options, name)) {
      continue;
    }
    if (out.size() == kMostNotes) break;
    core::Nearest near(name, core::slip_limit(name));
    for (const OptionInfo& option : info.options) near.consider(option.name);
    for (const std::string_view known : kEverywhere) near.consider(known);
    std::string scratch;
    std::string line =
        "`" + std::string(core::valid_utf8(core::utf8_prefix(name, kShownBytes), scratch)) +
        "` is not an option of " + std::string(info.name) + " here and has no effect";
    if (!near.found().empty()) line += ": did you mean `" + std::string(near.found()) + "`?";
    out.push_back(std::move(line));
  }
  return out;
}

}  // namespace remora::checks
