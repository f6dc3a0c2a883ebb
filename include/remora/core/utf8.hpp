// Text from outside made safe to send on: one bad byte in a label makes the intake refuse a whole
// payload, and a JSON parser a whole document.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace remora::core {

/// `text` itself when it is valid UTF-8 (no overlong forms, no surrogates, at most U+10FFFF); else
/// `scratch`, filled with `text` where each offending byte is replaced by U+FFFD.
[[nodiscard]] std::string_view valid_utf8(std::string_view text, std::string& scratch);

/// The longest prefix of at most `bytes` bytes that does not split a character.
[[nodiscard]] std::string_view utf8_prefix(std::string_view text, std::size_t bytes);

/// Bytes of the well-formed character at `at`, 1 to 4; 0 when there is none.
[[nodiscard]] std::size_t character_length(std::string_view text, std::size_t at);

/// True for every byte but the second to last of a character.
[[nodiscard]] constexpr bool starts_character(char c) noexcept {
  return (static_cast<unsigned char>(c) & 0xC0u) != 0x80u;
}

}  // namespace remora::core
