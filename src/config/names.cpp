#include "config/names.hpp"

#include <algorithm>

#include "config/scalar.hpp"
#include "config/text.hpp"
#include "remora/core/ascii.hpp"
#include "remora/core/edit_distance.hpp"

namespace remora::config {
namespace {

constexpr std::size_t kMaxListed = 20;     ///< names in one warning, keys in warnings of their own
constexpr std::size_t kMaxLookedUp = 200;  ///< names that a nearest one is searched for
constexpr std::size_t kMaxCollected = 10'000;  ///< beyond, names are only counted as "more"

bool is_quiet(const IgnoredOption& option, std::string_view value) {
  if (option.quiet == "*") return true;
  const auto as_bool = parse_bool(value);
  for (const auto quiet : split(option.quiet, " ")) {
    if (core::ascii_lower(trimmed(value)) == quiet) return true;
    const auto quiet_bool = parse_bool(quiet);
    if (as_bool && quiet_bool && *as_bool == *quiet_bool) return true;
  }
  return false;
}

std::string listed(const std::vector<std::string>& names) {
  std::string line;
  for (std::size_t i = 0; i < std::min(names.size(), kMaxListed); ++i) {
    if (i > 0) line += ", ";
    line += names[i];
  }
  if (names.size() > kMaxListed) {
    line += " and " + std::to_string(names.size() - kMaxListed) + " more";
  }
  return line;
}

}  // namespace

bool is_option_name(std::string_view name) {
  const auto all = options();
  return std::any_of(all.begin(), all.end(), [&](const Option& option) {
    const auto names = split(option.env, " ");
    return std::find(names.begin(), names.end(), name) != names.end();
  });
}

const IgnoredOption* find_ignored(std::string_view name) {
  const IgnoredOption* found = nullptr;
  for (const IgnoredOption& option : ignored_options()) {
    if (option.env == name) return &option;
    if (!option.env.ends_with('*')) continue;
    if (!name.starts_with(option.env.substr(0, option.env.size() - 1))) continue;
    if (found == nullptr || option.env.size() > found->env.size()) found = &option;
  }
  return found;
}

std::string_view nearest_name(std::string_view name) {
  core::Nearest nearest(name, core::slip_limit(name));
  for (const Option& option : options()) {
    for (const auto known : split(option.env, " ")) nearest.consider(known);
  }
  for (const IgnoredOption& option : ignored_options()) {
    if (!option.env.ends_with('*') && !option.reason.empty()) nearest.consider(option.env);
  }
  return nearest.found();
}

std::string environment_name(std::string_view key) {
  // Source: DataDog/datadog-agent pkg/config/setup/apm_settings.go drops "_config".
  constexpr std::string_view kApmSection = "apm_config.";
  std::string name = "DD_";
  if (key.starts_with(kApmSection)) {
    name += "APM_";
    key.remove_prefix(kApmSection.size());
  }
  for (const char c : key) {
    name += c == '.' ? '_' : c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  }
  return name;
}

void UnusedNames::variable(std::string_view name, std::string_view value) {
  if (const auto* option = find_ignored(name)) {
    ignored(*option, name, value);
  } else if (unknown_variables_.size() < kMaxCollected) {
    std::string text = printable(name, 64);
    if (unknown_variables_.size() < kMaxLookedUp) {
      if (const auto nearest = nearest_name(name); !nearest.empty()) {
        text += " (did you mean " + std::string(nearest) + "?)";
      }
    }
    unknown_variables_.push_back(std::move(text));
  }
}

void UnusedNames::unknown_key(std::string_view key) {
  if (unknown_keys_.size() < kMaxCollected) unknown_keys_.push_back(printable(key, 64));
}

void UnusedNames::ignored(const IgnoredOption& option, std::string_view name,
                          std::string_view value) {
  if (option.reason.empty() || is_quiet(option, value)) return;
  auto& names = by_reason_[option.reason];
  if (names.size() < kMaxCollected) names.push_back(printable(name, 64));
}

void UnusedNames::append_warnings(std::vector<std::string>& warnings) const {
  for (const auto& [reason, names] : by_reason_) {
    warnings.push_back("no effect here: " + listed(names) + " (" + std::string(reason) + ")");
  }
  if (!unknown_variables_.empty()) {
    warnings.push_back("unknown variables, no effect unless a %%env_...%% template reads them: " +
                       listed(unknown_variables_));
  }
  for (std::size_t i = 0; i < std::min(unknown_keys_.size(), kMaxListed); ++i) {
    warnings.push_back("unknown key in the configuration file: " + unknown_keys_[i]);
  }
  if (unknown_keys_.size() > kMaxListed) {
    warnings.push_back("unknown keys in the configuration file: " +
                       std::to_string(unknown_keys_.size() - kMaxListed) + " more");
  }
}

}  // namespace remora::config
