// The one file that reads the process environment: tests/config/environment_test.cpp holds the
// rest of the source to it.
#include <unistd.h>

#include "remora/config/load.hpp"

namespace remora::config {

Environment environment() {
  Environment result;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const auto equals = text.find('=');
    if (equals == std::string_view::npos) continue;
    result.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return result;
}

}  // namespace remora::config
