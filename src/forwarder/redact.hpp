// Keeps API keys and control characters out of what people read.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace remora::forwarder {

/// The last 5 characters of a key, which is what Datadog itself shows; "*****" of a short one.
[[nodiscard]] std::string_view key_tail(std::string_view key);

/// The first `max_bytes` of `text` on one line, every key in it masked.
[[nodiscard]] std::string redact(std::string_view text, const std::vector<std::string>& keys,
                                 std::size_t max_bytes = 200);

}  // namespace remora::forwarder
