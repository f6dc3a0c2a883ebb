// Holds a YAML text against limits before the library reads it.
//
// yaml-cpp recurses once per bracket, and before its first event it queues the tokens of a whole
// line, and of everything within brackets, a hundred bytes each: 878 KiB of "[a,a,a" take 90 MiB
// there, whatever the receiver of the events thinks of them.
#pragma once

#include <cstddef>
#include <string_view>

#include "remora/core/error.hpp"

namespace remora::core {

/// Looks at brackets, commas, quotes and marks alone, wherever they stand, so what comments and
/// texts hold counts as well: `depth` is generous by a factor of four, and `values` are those of
/// one line, or of one bracket with all in it. A text that passes costs yaml-cpp at most some 400
/// bytes for each of `values`. Takes no memory. Errors: too_large, with the limit.
[[nodiscard]] Result<void> check_yaml_limits(std::string_view text, std::size_t depth,
                                             std::size_t values);

}  // namespace remora::core
