// Text -> boolean, number, duration. Pure; an empty result means "not one".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace remora::config {

/// Go's ParseBool: 1 t T TRUE true True, 0 f F FALSE false False. Nothing else.
[[nodiscard]] std::optional<bool> parse_bool(std::string_view text);
/// Decimal with an optional sign.
[[nodiscard]] std::optional<std::int64_t> parse_integer(std::string_view text);
/// Decimal, finite.
[[nodiscard]] std::optional<double> parse_double(std::string_view text);

struct ParsedDuration {
  double nanoseconds = 0;  ///< exact to the microsecond for anything under a century
  bool bare = false;       ///< no unit: the number is returned as it stands
};
/// Go's ParseDuration ("500ms", "1h30m", "1.5s"), or a bare number.
[[nodiscard]] std::optional<ParsedDuration> parse_duration(std::string_view text);

}  // namespace remora::config
