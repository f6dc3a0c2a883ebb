// The one sentence that helps against the most common mistake: a key of another site.
#pragma once

#include <string>
#include <string_view>

namespace remora::forwarder {

/// "the API key ending in xxxxx is not accepted by <host>: check ..." with the published sites.
[[nodiscard]] std::string key_refusal(std::string_view key, std::string_view host);

}  // namespace remora::forwarder
