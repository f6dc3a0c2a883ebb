// Reads datadog.yaml and the environment into Settings, keeping where each value came from.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "remora/config/options.hpp"
#include "remora/core/error.hpp"

namespace remora::config {

/// The environment as a value, so tests need no setenv. Only `environment()` calls the C library.
using Environment = std::map<std::string, std::string>;
[[nodiscard]] Environment environment();

struct Loaded {
  Settings settings;
  std::map<std::string_view, std::string>
      origin;  ///< by Option::env (first name): "default", "file", or the variable that set it
  std::string file;  ///< the file that was read; empty = none
  std::vector<std::string>
      warnings;  ///< one line each, for the log at start and for `agent status`
};

/// `path`: file or directory of -c; empty = /etc/datadog-agent. A missing file is no error; one
/// that cannot be read or parsed is a warning, and the environment still counts. A value that does
/// not parse is a warning that names variable, value (never a secret's) and what is accepted; the
/// default stays.
[[nodiscard]] Loaded load(const Environment& environment, std::string_view path);

/// The same with the text of the file at hand. Pure: no I/O. `yaml` holds at most 1 MiB; `file` is
/// its name for messages and `Loaded::file`.
[[nodiscard]] Loaded load_text(const Environment& environment, std::string_view yaml,
                               std::string file);

/// Checks what the agent cannot run without. Errors: invalid_config with the one clear line for the
/// operator: API key empty, a placeholder, a secret reference or too short; a site that is no host
/// name. The key itself is never in the message.
[[nodiscard]] Result<void> validate_for_run(const Loaded& loaded);

/// `agent config`: every option, value (or ***) and origin, as YAML.
[[nodiscard]] std::string dump(const Loaded& loaded);
/// docs/configuration.md's tables, from the option table.
[[nodiscard]] std::string options_markdown();
/// The table of settings we know and do not honour, for the same page.
[[nodiscard]] std::string ignored_markdown();

}  // namespace remora::config
