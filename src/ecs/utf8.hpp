// Keeps one bad byte in a label from costing the whole document.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace remora::ecs {

/// `text` with every byte that is not part of well-formed UTF-8 replaced by U+FFFD; empty when
/// nothing had to be replaced.
[[nodiscard]] std::optional<std::string> repair_utf8(std::string_view text);

/// The longest prefix of at most `bytes` bytes that does not split a character.
[[nodiscard]] std::string_view utf8_prefix(std::string_view text, std::size_t bytes);

}  // namespace remora::ecs
