// One text as the value of every variable at once; a first byte picks a further, unknown name.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "remora/config/load.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace remora::config;
  const std::string text(reinterpret_cast<const char*>(data), size);
  Environment environment;
  for (const Option& option : options()) {
    environment.emplace(option.env.substr(0, option.env.find(' ')), text);
  }
  environment.emplace("NO_PROXY", text);
  environment.emplace("DD_" + text.substr(0, 64), text);
  const Loaded loaded = load_text(environment, "", "");
  (void)validate_for_run(loaded);
  (void)dump(loaded);
  for (const auto& warning : loaded.warnings) {
    if (warning.find('\n') != std::string::npos) std::abort();  // one line each
  }
  return 0;
}
