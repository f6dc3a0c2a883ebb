// The secret scrubber of every text that leaves the process.
#pragma once

#include <string>

namespace remora::core {

/// Hides known secrets (known_secrets.hpp), 32-digit hex keys but for their last five characters, passwords in URLs, and values of
/// api_key=, token=, password= in any text.
[[nodiscard]] std::string scrub(std::string text);

}  // namespace remora::core
