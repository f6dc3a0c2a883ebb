// The text page of ngx_http_stub_status_module, and of servers derived from nginx, whose line of
// numbers may be longer (Tengine: request_time).
//
// Source: nginx.org/en/docs/http/ngx_http_stub_status_module.html
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "remora/core/error.hpp"

namespace remora::checks::nginx {

/// What the page does not say is empty.
struct StubStatus {
  std::optional<double> active, accepts, handled, requests, reading, writing, waiting;
};

/// Errors: malformed_payload when nothing of it is there.
[[nodiscard]] Result<StubStatus> parse_stub_status(std::string_view page);

/// Which parts of a page were not found, for people; empty when it is whole.
[[nodiscard]] std::string missing_parts(const StubStatus& status);

}  // namespace remora::checks::nginx
