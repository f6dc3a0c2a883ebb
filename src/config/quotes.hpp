// Quotes around a value that a shell, a template or a file of variables was meant to take away.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace remora::config {

/// `'{"a":"b"}'` -> {"a":"b"}, `"k1:v1 k2:v2"` -> k1:v1 k2:v2, `\"x\"` -> x. Empty where the quotes
/// belong to the value: a pair of them encloses only a part (`'a','b'`), or the whole is JSON
/// inside JSON text, which its reader unwraps. Pure.
[[nodiscard]] std::optional<std::string> without_quotes(std::string_view value);

}  // namespace remora::config
