// Text -> a tree, whichever of JSON and YAML it is.
#pragma once

#include <optional>
#include <string_view>

#include "remora/core/error.hpp"
#include "remora/model/value.hpp"

namespace remora::taskdef {

struct Document {
  model::Value root;
  bool yaml = false;  ///< its scalars are texts, its short forms maps: {"!Sub": …}
};

/// Pure. Errors: invalid_config with line and column, too_large, unsupported (another language).
[[nodiscard]] Result<Document> parse_document(std::string_view text);

/// Where a text stops being JSON: invalid_config with line and column. Empty when it is JSON. Pure.
[[nodiscard]] std::optional<Error> json_mistake(std::string_view text);

}  // namespace remora::taskdef
