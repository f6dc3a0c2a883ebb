// A file of conf.d as bytes: through the YAML reader, with its limits, and the same text as JSON.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "remora/autodiscovery/files.hpp"
#include "remora/autodiscovery/parse.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace remora;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const model::ValueLimits limits;
  if (const auto value = autodiscovery::parse_yaml(text)) {
    if (value->node_count() > limits.nodes) std::abort();
    // What we write we read back.
    const auto again = autodiscovery::parse_json(value->json_text());
    if (again && again->canonical_text() != value->canonical_text()) std::abort();
  }
  if (const auto value = autodiscovery::parse_json(text)) {
    const auto again = autodiscovery::parse_json(value->canonical_text());
    if (again && !(*again == *value)) std::abort();
  }
  autodiscovery::FaultList faults;
  if (const auto parsed = autodiscovery::parse_file("redisdb", "f", text, {}, faults)) {
    for (const auto& instance : parsed->instances) {
      if (instance.map() == nullptr) std::abort();
    }
  } else if (faults.empty()) {
    std::abort();  // nothing runs, and nobody learns why
  }
  return 0;
}
