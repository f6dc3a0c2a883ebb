// Documents that people give and that are not task definitions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "remora/model/value.hpp"

namespace remora::taskdef {

/// What `root`, parsed from `text`, is and what to give instead, in one line; empty when it is not
/// recognised. Pure.
[[nodiscard]] std::optional<std::string> what_else(const model::Value& root, std::string_view text);

/// The same for a text that does not parse as what it was taken for.
[[nodiscard]] std::optional<std::string> what_else(std::string_view text);

}  // namespace remora::taskdef
