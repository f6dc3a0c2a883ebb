// How values are written: by `agent config` and in the tables of docs/configuration.md.
#pragma once

#include <string>
#include <string_view>

#include "remora/config/options.hpp"

namespace remora::config {

/// The value of `option` as one YAML flow value that `load` reads back. Secrets are "***", keys of
/// endpoints and passwords of URLs too.
[[nodiscard]] std::string rendered(const Option& option, const Settings& settings);

/// "boolean", "integer", "list", "duration", … for people.
[[nodiscard]] std::string_view type_name(const Option& option);

}  // namespace remora::config
