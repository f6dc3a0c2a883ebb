// The table of options: one row per setting, read by the environment and YAML readers, by
// `agent config`, by docs/configuration.md (held to it by a test) and by the unknown-name warning.
#pragma once

#include <chrono>
#include <limits>
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

/// What a duration without a unit means. The Agent is not uniform: some keys are integers in a
/// documented unit, others are Go durations, where a bare number counts nanoseconds.
enum class BareNumber { field_unit, seconds, nanoseconds };

/// What the text of an option may be, beyond the type of its field.
struct Accept {
  double min = std::numeric_limits<double>::lowest();  ///< numbers, and durations in field units
  double max = std::numeric_limits<double>::max();
  std::string_view words = {};  ///< accepted words, lower case, blank-separated; empty = any text
  BareNumber bare = BareNumber::field_unit;
  bool split_on_commas = true;  ///< lists; false where an item is a regex that may hold commas
  bool json_array = false;      ///< a text option that holds a JSON array, or a list in the file
  bool empty_in_file = false;   ///< `key: ""` sets the empty text, which differs from the default
};

struct Option {
  std::string_view key;  ///< name in datadog.yaml, "a.b" for nested; empty = environment only
  std::string_view
      env;      ///< names in order of precedence, blank-separated: no rule derives them from `key`
  Field field;  ///< the type, and the default through Settings{}
  Show show;    ///< redacted for secrets: `agent config` prints ***
  std::string_view group;  ///< heading of docs/configuration.md
  std::string_view help;   ///< effect, unit, edge values, who should change it
  Accept accept = {};
  std::string_view other_key = {};  ///< a second spelling in datadog.yaml
};

[[nodiscard]] std::span<const Option> options();

/// A Datadog setting we know and do not honour.
struct IgnoredOption {
  std::string_view env;  ///< exact name, or a prefix ending in '*'
  std::string_view reason;  ///< "not yet: …", "not needed: …", …; empty = quiet (tracer variables)
  std::string_view quiet =
      {};  ///< values that ask for nothing we lack, blank-separated: "false 0";
           ///< "*" = any: nobody loses anything
};
[[nodiscard]] std::span<const IgnoredOption> ignored_options();

}  // namespace remora::config
