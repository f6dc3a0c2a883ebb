// Scalars of labels as Go reads them.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace remora::autodiscovery {

/// strconv.ParseBool: 1 t T TRUE true True, 0 f F FALSE false False. Nothing else.
[[nodiscard]] std::optional<bool> go_bool(std::string_view text);
/// strconv.ParseInt with base 0: 42, -1, 0x2a, 0b101, 052, 0o52, 1_000.
[[nodiscard]] std::optional<std::int64_t> go_integer(std::string_view text);

[[nodiscard]] std::string_view trimmed(std::string_view text);

}  // namespace remora::autodiscovery
