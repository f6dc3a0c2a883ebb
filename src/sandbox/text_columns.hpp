// Fitting text into terminal columns.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace remora::sandbox {

/// Columns `text` takes: one for each UTF-8 character.
[[nodiscard]] std::size_t columns(std::string_view text);
/// At most `width` columns; a cut is shown by an ellipsis. What is received from
/// outside is made printable first (remora/core/printable.hpp).
[[nodiscard]] std::string fit(std::string_view text, std::size_t width);
/// `fit`, then filled with blanks to exactly `width` columns.
[[nodiscard]] std::string left(std::string_view text, std::size_t width);
[[nodiscard]] std::string right(std::string_view text, std::size_t width);
/// Lines of at most `width` columns holding `words` separated by blanks.
[[nodiscard]] std::vector<std::string> wrap(const std::vector<std::string>& words,
                                            std::size_t width);
/// The words of `text`.
[[nodiscard]] std::vector<std::string> words_of(std::string_view text);

}  // namespace remora::sandbox
