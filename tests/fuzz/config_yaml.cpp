// datadog.yaml as bytes: through the YAML reader, the option table and everything that shows it.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "remora/config/load.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace remora::config;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const Loaded loaded = load_text({}, text, "datadog.yaml");
  (void)validate_for_run(loaded);
  (void)dump(loaded);
  for (const auto& warning : loaded.warnings) {
    if (warning.find('\n') != std::string::npos) std::abort();  // one line each
  }
  return 0;
}
