// Which names are known: options, settings of the Datadog Agent we do not honour, neither.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "remora/config/options.hpp"

namespace remora::config {

/// True when `name` is one of the environment names of an option.
[[nodiscard]] bool is_option_name(std::string_view name);
/// The row for `name`: an exact name wins over a prefix, a longer prefix over a shorter one. Null
/// when there is none.
[[nodiscard]] const IgnoredOption* find_ignored(std::string_view name);
/// The setting that a well-known wrong name stands for: names of other programs' conventions
/// (DD_HTTPS_PROXY, DATADOG_API_KEY), and those of ours in another case. Empty when it is none.
[[nodiscard]] std::string_view meant_name(std::string_view name);
/// The known exact name closest to `name`, when it is close enough for a slip of the pen; or empty.
[[nodiscard]] std::string_view nearest_name(std::string_view name);

/// The environment name that belongs to a key of datadog.yaml: "logs_config.dd_url" ->
/// DD_LOGS_CONFIG_DD_URL, "apm_config.enabled" -> DD_APM_ENABLED. Only for keys outside the option
/// table, which writes its names out.
[[nodiscard]] std::string environment_name(std::string_view key);

/// Collects the names a source sets without effect and words them: one warning per reason, one for
/// all unknown variables, one per unknown key of the file.
class UnusedNames {
 public:
  /// `value` decides whether the setting asks for anything we lack; it is never shown.
  void variable(std::string_view name, std::string_view value);
  void unknown_key(std::string_view key);
  void ignored(const IgnoredOption& option, std::string_view name, std::string_view value);

  void append_warnings(std::vector<std::string>& warnings) const;

 private:
  std::map<std::string_view, std::vector<std::string>> by_reason_;
  std::vector<std::string> unknown_variables_, unknown_keys_;
};

}  // namespace remora::config
