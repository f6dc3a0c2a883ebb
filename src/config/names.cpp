#include "config/names.hpp"

#include <algorithm>
#include <array>

#include "config/scalar.hpp"
#include "config/text.hpp"
#include "remora/core/ascii.hpp"
#include "remora/core/edit_distance.hpp"

namespace remora::config {
namespace {

constexpr std::size_t kMaxListed = 20;     ///< names in one warning, keys in warnings of their own
constexpr std::size_t kMaxLookedUp = 200;  ///< names that a nearest one is searched for
constexpr std::size_t kMaxCollected = 10'000;  ///< beyond, names are only counted as "more"

struct Meant {
  std::string_view written, setting;
};
// Seen in public task definitions and questions; the nearest spelling is another setting for most.
constexpr auto kMeant = std::to_array<Meant>({
    {"DD_HTTP_PROXY", "DD_PROXY_HTTP"},
    {"DD_HTTPS_PROXY", "DD_PROXY_HTTPS"},
    {"DD_NO_PROXY", "DD_PROXY_NO_PROXY"},
    {"DD_NOPROXY", "DD_PROXY_NO_PROXY"},
    {"DD_PROXY_NOPROXY", "DD_PROXY_NO_PROXY"},
    {"DD_PROXY", "DD_PROXY_HTTPS"},
    {"DD_PROXY_URL", "DD_PROXY_HTTPS"},
    {"DD_PROXY_HOST", "DD_PROXY_HTTPS"},
    {"DATADOG_API_KEY", "DD_API_KEY"},
    {"DATADOG_APIKEY", "DD_API_KEY"},
    {"DD_APIKEY", "DD_API_KEY"},
    {"DD_KEY", "DD_API_KEY"},
    {"DD_DATADOG_API_KEY", "DD_API_KEY"},
    {"DATADOG_SITE", "DD_SITE"},
    {"DD_DATADOG_SITE", "DD_SITE"},
    {"DD_REGION", "DD_SITE"},
    {"DD_DATADOG_URL", "DD_DD_URL"},
    {"DD_INTAKE_URL", "DD_DD_URL"},
    {"DATADOG_TAGS", "DD_TAGS"},
    {"DD_HOST_TAGS", "DD_TAGS"},
    {"DD_TAG", "DD_TAGS"},
    {"DATADOG_ENV", "DD_ENV"},
    {"DD_ENVIRONMENT", "DD_ENV"},
    {"DATADOG_LOG_LEVEL", "DD_LOG_LEVEL"},
    {"DD_LOGLEVEL", "DD_LOG_LEVEL"},
    {"DD_LOGS_LEVEL", "DD_LOG_LEVEL"},
    {"DD_LOGGING_LEVEL", "DD_LOG_LEVEL"},
    {"DD_STATSD_PORT", "DD_DOGSTATSD_PORT"},
    {"DD_NON_LOCAL_TRAFFIC", "DD_DOGSTATSD_NON_LOCAL_TRAFFIC"},
    {"DD_STATSD_NON_LOCAL_TRAFFIC", "DD_DOGSTATSD_NON_LOCAL_TRAFFIC"},
    {"DD_EXCLUDE_CONTAINERS", "DD_CONTAINER_EXCLUDE"},
    {"DD_LABELS_AS_TAGS", "DD_CONTAINER_LABELS_AS_TAGS"},
    {"DD_HEALTHCHECK_PORT", "DD_HEALTH_PORT"},
    {"DD_SSL_SKIP_VERIFY", "DD_SKIP_SSL_VALIDATION"},
    {"DD_SKIP_SSL_VERIFY", "DD_SKIP_SSL_VALIDATION"},
});

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

std::string_view meant_name(std::string_view name) {
  constexpr std::size_t kLongest = 64;  // of all names of settings
  if (name.size() > kLongest) return {};
  const std::string lower = core::ascii_lower(name);
  for (const Meant& one : kMeant) {
    if (lower == core::ascii_lower(one.written)) return one.setting;
  }
  if (!lower.starts_with("dd_")) return {};
  for (const Option& option : options()) {
    for (const auto known : split(option.env, " ")) {
      if (known != name && core::ascii_lower(known) == lower) return known;
    }
  }
  return {};
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
  if (const auto meant = meant_name(name); !meant.empty()) {
    if (unknown_variables_.size() < kMaxCollected)
      unknown_variables_.push_back(printable(name, 64) + " (the setting is " + std::string(meant) +
                                   ")");
  } else if (const auto* option = find_ignored(name)) {
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
