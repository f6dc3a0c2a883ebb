// The text of datadog.yaml as a tree of texts, lists and maps.
#pragma once

#include <nlohmann/json.hpp>
#include <string_view>

#include "remora/core/error.hpp"

namespace remora::config {

inline constexpr std::size_t kMaxFileBytes = 1024 * 1024;

/// Every scalar becomes a string and is typed later, by the option it belongs to; null and empty
/// documents become null. At most 32 levels and 20,000 nodes, aliases counted where they are used.
/// Errors: malformed_payload (with the line), too_large.
[[nodiscard]] Result<nlohmann::json> parse_yaml(std::string_view text);

}  // namespace remora::config
