// The table of options: one row per setting, read by the environment and YAML readers, by
// `agent config`, by docs/configuration.md (held to it by a test) and by the unknown-name warning.
#pragma once

#include <chrono>
#include <span>
#include <string_view>
#include <variant>

#include "remora/config/settings.hpp"

namespace remora::config {

using Field = std::variant<bool Settings::*, std::int64_t Settings::*, double Settings::*,
                           std::string Settings::*, std::vector<std::string> Settings::*,
                           std::map<std::string, std::string> Settings::*,
                           std::map<std::string, std::vector<std::string>> Settings::*,
                           std::chrono::milliseconds Settings::*, std::chrono::seconds Settings::*,
                           std::chrono::minutes Settings::*>;

enum class Show { value, redacted };

struct Option {
  std::string_view key;  ///< name in datadog.yaml, "a.b" for nested; empty = environment only
  std::string_view
      env;      ///< names in order of precedence, blank-separated: no rule derives them from `key`
  Field field;  ///< the type, and the default through Settings{}
  Show show;    ///< redacted for secrets: `agent config` prints ***
  std::string_view group;  ///< heading of docs/configuration.md
  std::string_view help;   ///< effect, unit, edge values, who should change it
};

[[nodiscard]] std::span<const Option> options();

/// A Datadog setting we know and do not honour.
struct IgnoredOption {
  std::string_view env;     ///< exact name, or a prefix ending in '*'
  std::string_view reason;  ///< "not yet: …" or "not needed: …"; empty = quiet (tracer variables)
};
[[nodiscard]] std::span<const IgnoredOption> ignored_options();

}  // namespace remora::config
