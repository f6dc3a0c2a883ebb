// The JSON of one label, read as forgivingly as it can be done without guessing.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "remora/model/value.hpp"

namespace remora::autodiscovery {

struct LabelText {
  std::optional<model::Value> value;
  bool unwrapped = false;  ///< the text was JSON inside JSON text
  std::string problem;     ///< when there is no value: why; never a part of the text
  std::string correction;  ///< valid JSON of what was meant, secrets masked; empty = not obvious
};

/// Reads `text` as JSON. JSON that is JSON text once more, with or without the outer quotes, is
/// unwrapped: infrastructure code often encodes a label before it encodes the task definition.
[[nodiscard]] LabelText read_label(std::string_view text, const model::ValueLimits& limits);

/// An object written as text ("{\"host\":\"x\"}") in a place where an object belongs. Empty when it
/// is none.
[[nodiscard]] std::optional<model::Value> object_inside(const model::Value& value,
                                                        const model::ValueLimits& limits);

/// `value` as JSON fit for a correction: secrets masked, empty when too long to help.
[[nodiscard]] std::string as_correction(const model::Value& value);

/// What stands where something else belongs: a number or boolean itself, for the rest the type.
[[nodiscard]] std::string offence(const model::Value& value);

}  // namespace remora::autodiscovery
