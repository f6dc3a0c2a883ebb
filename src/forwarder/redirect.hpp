// What to tell an operator whose intake answers with neither success nor error.
//
// Redirects are not followed: a payload would go, with its key, to a host that no setting names.
// The usual cause is a load balancer that sends http to https; the answer then holds the URL that
// belongs in the settings.
#pragma once

#include <string>
#include <string_view>

#include "remora/net/url.hpp"

namespace remora::forwarder {

/// The base URL to configure in place of `base` when `base` + `path` answered with `location`:
/// without query and user. Empty when the answer leads to no other address of an intake.
[[nodiscard]] std::string moved_base(const net::Url& base, std::string_view path,
                                     std::string_view location);

/// "status 301 on /api/v2/series, redirected to https://...: set DD_DD_URL=https://..." for any
/// status below 200 or from 300 to 399. `setting` holds the URL of this intake.
[[nodiscard]] std::string not_delivered(int status, const net::Url& base, std::string_view path,
                                        std::string_view location, std::string_view setting);

}  // namespace remora::forwarder
