// The shapes that options of the check have beside scalars and lists of texts, read as loosely as
// model::ValueReader does. Messages name the place: `metrics[2].requests`.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "remora/checks/openmetrics/mapper_options.hpp"
#include "remora/core/error.hpp"
#include "remora/model/value.hpp"

namespace remora::checks::openmetrics {

/// "`place` is a list, not `wanted`": invalid_config.
[[nodiscard]] Error wrong_shape(std::string_view place, const model::Value& value,
                                std::string_view wanted);

/// An object of names and texts. Null is an empty one.
[[nodiscard]] Result<TextPairs> read_text_pairs(const model::Value& value, std::string_view place);

/// A list of texts; a text alone is a list of one, null an empty list.
[[nodiscard]] Result<std::vector<std::string>> read_texts(const model::Value& value,
                                                          std::string_view place);

/// The entries of an object; none for null.
[[nodiscard]] Result<std::span<const model::MapEntry>> read_entries(const model::Value& value,
                                                                    std::string_view place);

/// `true`, also as text.
[[nodiscard]] bool is_true(const model::Value& value);

}  // namespace remora::checks::openmetrics
