// http and https URLs, as operators write them in DD_DD_URL, proxies and metadata variables.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "remora/core/error.hpp"

namespace remora::net {

struct Url {
  std::string scheme;      ///< "http" or "https", lower case
  std::string host;        ///< without brackets; lower case
  std::uint16_t port = 0;  ///< always set: 80 or 443 when not written
  std::string target;      ///< path and query, starts with '/'; "/" when none was written
  std::string userinfo;    ///< "user:password", percent-decoded; a secret, never printed

  /// "host" or "host:port" when the port is not the scheme's own; IPv6 in brackets.
  [[nodiscard]] std::string authority() const;
  /// scheme://authority, without userinfo, path and query: safe to print.
  [[nodiscard]] std::string origin() const;
  /// This URL with `path` put after its own path, exactly one '/' between them. A query of its own
  /// is dropped; `path` may bring one.
  [[nodiscard]] Url join(std::string_view path) const;
};

/// Errors: invalid_config, naming what is wrong (no scheme, empty host, port not 1-65535,
/// blanks or control characters). The message repeats no part of the text: it may hold a password.
/// A fragment is dropped.
[[nodiscard]] Result<Url> parse_url(std::string_view text);

}  // namespace remora::net
