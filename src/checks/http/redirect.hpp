// Where a redirect leads, and where none may lead.
#pragma once

#include <boost/asio/ip/address.hpp>
#include <string>
#include <string_view>

#include "remora/core/error.hpp"
#include "remora/net/url.hpp"

namespace remora::checks {

/// Addresses that hand out credentials to whoever asks from here: metadata endpoints of ECS, EC2,
/// EKS and Alibaba, in every notation of IPv4 inside IPv6. All of 169.254.0.0/16 counts.
[[nodiscard]] bool is_metadata_address(const boost::asio::ip::address& address);

[[nodiscard]] bool is_redirect(int status);

/// The target of `location` as seen from `base`. Errors: malformed_payload; unauthorized when it
/// is written as a metadata address. (A name may still resolve to one.)
[[nodiscard]] Result<net::Url> redirect_target(const net::Url& base, std::string_view location);

/// The method after a redirect, as browsers and Python's requests have it.
[[nodiscard]] std::string redirected_method(const std::string& method, int status);

/// True when credentials for `from` may be sent to `to`: the same host and port, or the same host
/// with http turned into https.
[[nodiscard]] bool keeps_credentials(const net::Url& from, const net::Url& to);

}  // namespace remora::checks
