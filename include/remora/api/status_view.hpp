// `agent status`: the blocks of all components as text or JSON.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "remora/telemetry/status.hpp"

namespace remora::api {

/// Titles between lines of '=' as long as the title, sub-titles underlined; thousands separators.
/// The text passes the secret scrubber.
[[nodiscard]] std::string status_text(std::span<const telemetry::StatusNode> blocks);
/// Names in snake_case, numbers as numbers.
[[nodiscard]] std::string status_json(std::span<const telemetry::StatusNode> blocks, bool pretty);
/// The blocks whose title matches `section` (any case, blanks and dashes ignored); empty when none
/// does.
[[nodiscard]] std::vector<telemetry::StatusNode> select_section(
    std::span<const telemetry::StatusNode> blocks, std::string_view section);

}  // namespace remora::api
