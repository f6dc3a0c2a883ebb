// What the client writes in front of a body, and the check that nothing in it can forge a header.
#pragma once

#include <string>

#include "remora/core/error.hpp"
#include "remora/net/beast_client.hpp"

namespace remora::net {

/// Errors: invalid_config, without the value: it may be an API key with a line break.
[[nodiscard]] Result<void> check_request(const HttpRequest& request);

/// Request line and headers up to and with the empty line; absolute form for http when `proxy` is
/// not null.
[[nodiscard]] std::string request_head(const HttpRequest& request, const Url* proxy,
                                       const ClientOptions& options);

/// The CONNECT request for `target` ("host:port").
[[nodiscard]] std::string connect_head(const std::string& target, const Url& proxy,
                                       const ClientOptions& options);

/// "host:port", the port always written; IPv6 in brackets.
[[nodiscard]] std::string host_and_port(const Url& url);

}  // namespace remora::net
