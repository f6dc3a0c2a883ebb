// conf.d: check configurations in files, and those that come with the agent.
//
// Source: https://docs.datadoghq.com/containers/docker/integrations/ (auto-configuration, local
// file) and DataDog/datadog-agent comp/core/autodiscovery/providers (config_reader.go).
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "remora/autodiscovery/fault.hpp"
#include "remora/autodiscovery/template.hpp"
#include "remora/model/value.hpp"

namespace remora::autodiscovery {

struct FileOptions {
  Aliases aliases = default_aliases();
  std::vector<std::string> ignore_autoconf;  ///< DD_IGNORE_AUTOCONF: names of checks
  model::ValueLimits limits;
  std::size_t max_files = 1000;  ///< of all directories together
};

/// What an auto_conf.yaml would say, for a check that brings its own.
struct BuiltInTemplate {
  std::string_view check;
  std::span<const std::string_view> identifiers;
  std::string_view instance;  ///< a JSON object
};

struct FileTemplates {
  std::vector<Template> templates;  ///< without identifiers: scheduled at once
  FaultList faults;
};

/// The text of one file for `check`. Pure. Empty, with a fault, when nothing in it can run. Faults
/// name the path, line and column, and never repeat the text.
[[nodiscard]] std::optional<Template> parse_file(std::string_view check, const std::string& path,
                                                 std::string_view text, const FileOptions& options,
                                                 FaultList& faults);

/// Reads `<check>.yaml` and `<check>.d/*.yaml` of the directories (.yml too), in the order of their
/// names, then adds the built-in templates. A directory that does not exist is empty.
///
/// `auto_conf.yaml` and built-in templates of a check in `ignore_autoconf` are left out; a user's
/// auto_conf.yaml replaces the built-in one of its check. `*.yaml.default` counts only when its
/// check has no other file. `metrics.yaml` is no configuration. Of files that say the same the
/// first is kept. Blocking; for the start and for `agent configcheck`.
[[nodiscard]] FileTemplates load_files(const std::vector<std::string>& directories,
                                       std::span<const BuiltInTemplate> built_in,
                                       const FileOptions& options);

}  // namespace remora::autodiscovery
