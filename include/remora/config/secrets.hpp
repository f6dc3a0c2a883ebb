// Which settings are secret, for the scrubber of everything that leaves the process.
#pragma once

#include <string_view>
#include <vector>

#include "remora/config/load.hpp"

namespace remora::config {

/// Names of the environment variables whose values are secret: API keys, and proxies and endpoints
/// that may hold a password or a key.
[[nodiscard]] std::vector<std::string_view> secret_variables();

/// Makes every secret of the settings known to the scrubber: API keys, passwords and users of URLs
/// wherever they stand, and variables of the agent and of AWS with secret names, honoured or not.
void remember_secrets(const Loaded& loaded, const Environment& environment);

}  // namespace remora::config
