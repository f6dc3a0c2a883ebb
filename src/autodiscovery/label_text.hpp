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
  std::string correction;  ///< valid JSON of what was meant, without secrets; empty = not obvious
};

/// `text` with the blanks that a keyboard has: no-break and other wide ones become a blank, those
/// without width go. They come with texts copied from web pages, and no parser takes them.
[[nodiscard]] std::string with_plain_blanks(std::string_view text);

/// Reads `text` as JSON. JSON that is JSON text once more, with or without the outer quotes, is
/// unwrapped: infrastructure code often encodes a label before it encodes the task definition.
[[nodiscard]] LabelText read_label(std::string_view text, const model::ValueLimits& limits);

/// An object written as text ("{\"host\":\"x\"}") in a place where an object belongs. Empty when it
/// is none.
[[nodiscard]] std::optional<model::Value> object_inside(const model::Value& value,
                                                        const model::ValueLimits& limits);

/// `list` with every object that is written as text as the object itself.
[[nodiscard]] model::Value with_objects(const model::Value::List& list,
                                        const model::ValueLimits& limits);

/// `value` as JSON fit for a correction: placeholders for secrets, empty when too long to help.
[[nodiscard]] std::string as_correction(const model::Value& value);

/// What stands where something else belongs: a number or boolean itself, for the rest the type.
[[nodiscard]] std::string offence(const model::Value& value);

}  // namespace remora::autodiscovery
