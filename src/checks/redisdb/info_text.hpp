// The answer to INFO: "key:value" lines below "# Section" lines.
//
// Source: https://redis.io/commands/info/.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "remora/core/error.hpp"

namespace remora::checks::redisdb {

inline constexpr std::size_t kMaxInfoLines = 10'000;

/// Lifetime: views of the text it was read from.
class InfoText {
 public:
  using Line = std::pair<std::string_view, std::string_view>;

  /// Errors: too_large (lines).
  [[nodiscard]] static Result<InfoText> parse(std::string_view text);

  [[nodiscard]] const std::vector<Line>& lines() const { return lines_; }
  [[nodiscard]] std::optional<std::string_view> find(std::string_view key) const;

 private:
  std::vector<Line> lines_;  ///< in the order of the text
};

/// The value behind `name=` in "keys=2,expires=1".
[[nodiscard]] std::optional<std::string_view> info_field(std::string_view value,
                                                         std::string_view name);
/// A finite number that is the whole text.
[[nodiscard]] std::optional<double> info_number(std::string_view text);
/// The number behind `name=`.
[[nodiscard]] std::optional<double> info_field_number(std::string_view value,
                                                      std::string_view name);
/// 12 for ("db12", "db"): the prefix and one to nine digits, nothing else.
[[nodiscard]] std::optional<std::uint32_t> info_index(std::string_view key,
                                                      std::string_view prefix);

}  // namespace remora::checks::redisdb
