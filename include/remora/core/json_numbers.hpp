// Numbers of JSON that no double holds.
#pragma once

#include <string>
#include <string_view>

namespace remora::core {

/// `json` without numbers such as 1e999: each becomes null, so that it alone is lost and not the
/// whole document, which the parser refuses. Positions stay. Returns `json` itself where there is
/// none, else a view of `storage`. What is no JSON comes out as it went in, as far as the parser
/// can tell.
[[nodiscard]] std::string_view finite_numbers(std::string_view json, std::string& storage);

}  // namespace remora::core
