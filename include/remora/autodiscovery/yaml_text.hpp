// model::Value -> YAML, for people: `agent configcheck`, `agent preview`.
#pragma once

#include <string>

#include "remora/model/value.hpp"

namespace remora::autodiscovery {

/// Block style, keys in the order written; texts that would read as something else are quoted, so
/// that parse_yaml gives the same value back. Ends in a line feed. Pure.
[[nodiscard]] std::string yaml_text(const model::Value& value);

}  // namespace remora::autodiscovery
