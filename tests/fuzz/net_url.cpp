// parse_url takes any text; what it accepts keeps its promises and survives printing and reading.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "remora/net/url.hpp"

namespace {
void require(bool ok) {
  if (!ok) std::abort();
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto url = remora::net::parse_url(text);
  if (!url) {
    require(url.error().code() == remora::Errc::invalid_config);
    return 0;
  }
  require(!url->host.empty() && url->port != 0 && url->target.front() == '/');
  const auto again = remora::net::parse_url(url->origin() + url->target);
  require(again && again->host == url->host && again->port == url->port &&
          again->scheme == url->scheme && again->target == url->target);
  require(url->join("x").target.ends_with("/x"));
  return 0;
}
