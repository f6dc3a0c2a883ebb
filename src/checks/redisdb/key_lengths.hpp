// The option `keys`: how long the listed keys are, in which databases.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "checks/redisdb/run_scope.hpp"

namespace remora::checks::redisdb {

/// Keys that one run reports; more are left out with a warning.
inline constexpr std::size_t kMaxKeys = 10'000;
/// SCAN requests of one run, with 1,000 keys looked at in each.
inline constexpr std::size_t kMaxScans = 10'000;

/// True for what SCAN must expand: an unescaped *, ? or [.
[[nodiscard]] bool is_pattern(std::string_view key);

/// `databases`: those that hold keys, as INFO lists them. Leaves the connection at the instance's
/// database. Errors: of the connection only; what the server refuses is skipped.
[[nodiscard]] asio::awaitable<Result<void>> submit_key_lengths(
    RunScope& scope, std::vector<std::uint32_t> databases);

}  // namespace remora::checks::redisdb
