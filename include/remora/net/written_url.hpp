// A URL as people write it into the configuration of a check.
#pragma once

#include <string_view>

#include "remora/core/error.hpp"
#include "remora/net/url.hpp"

namespace remora::net {

/// As parse_url, but path and query may hold blanks, non-ASCII and the like, which are escaped as
/// Python's requests does. Escapes of letters, digits, '-', '.', '_' and '~' are undone, the others
/// get upper case; where one '%' begins no escape, each '%' means itself. Blanks at both ends are
/// dropped. Errors: as parse_url; an international host name has to be written as xn--….
[[nodiscard]] Result<Url> parse_written_url(std::string_view text);

}  // namespace remora::net
