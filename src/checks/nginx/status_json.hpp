// A status page in JSON (NGINX Plus, VTS), flattened into names, values and tags.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "remora/core/error.hpp"

namespace remora::checks::nginx {

struct FlatValue {
  std::string_view name;  ///< "upstream.peers.active", without "nginx."
  double value = 0;
  const std::vector<std::string>& tags;
};

inline constexpr std::size_t kMaxValues = 400'000;  ///< of a page, of any type

/// Calls `out` for each number, boolean and time of `body`; `nest` names the objects around it
/// ("stream.server_zones"), empty for none. Errors: malformed_payload and too_large, before
/// anything went to `out`. Takes no memory that grows with the page, but for 2 MiB of servers.
[[nodiscard]] Result<void> flatten(std::string_view body, std::string_view nest,
                                   const std::function<void(const FlatValue&)>& out);

/// The text under `key` of the outermost object; empty when there is none.
[[nodiscard]] std::string text_member(std::string_view body, std::string_view key);

/// The texts of a JSON list. Errors: malformed_payload.
[[nodiscard]] Result<std::vector<std::string>> text_list(std::string_view body);

}  // namespace remora::checks::nginx
