// Valid UTF-8 out of anything: a protobuf `string` or a JSON text with one bad byte makes the
// intake refuse the whole payload.
#pragma once

#include <string>
#include <string_view>

namespace remora::serializer {

/// `text` itself when it is valid UTF-8 (no overlong forms, no surrogates, at most U+10FFFF); else
/// `scratch`, filled with `text` where each offending byte is replaced by U+FFFD.
[[nodiscard]] std::string_view valid_utf8(std::string_view text, std::string& scratch);

}  // namespace remora::serializer
