// A health report as the CLI reads it from whoever answered.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "remora/api/health_view.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto report = remora::api::parse_health_json(text);
  if (!report) return 0;
  const auto again = remora::api::parse_health_json(remora::api::health_json(*report));
  if (!again || again->ok() != report->ok()) std::abort();
  (void)remora::api::health_text(*report, true);
  return 0;
}
