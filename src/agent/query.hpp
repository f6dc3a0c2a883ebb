// The query part of a request of our own command line: "a=1&b=two+words%21".
#pragma once

#include <string>
#include <string_view>

namespace remora::agent {

/// Value of `name`, with '+' for a blank and %XX decoded; empty when it is not there.
[[nodiscard]] std::string query_parameter(std::string_view query, std::string_view name);

}  // namespace remora::agent
