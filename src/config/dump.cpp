// `agent config`.
#include "config/render.hpp"
#include "config/value.hpp"
#include "remora/config/load.hpp"

namespace remora::config {

std::string dump(const Loaded& loaded) {
  std::string text;
  std::string variables;  // what has no key in the file: at the end, under a name of its own
  std::string_view section;
  for (const Option& option : options()) {
    const auto origin = loaded.origin.find(first_name(option));
    const std::string rest = ": " + rendered(option, loaded.settings) + "  # " +
                             (origin == loaded.origin.end() ? "default" : origin->second) + "\n";
    if (option.key.empty()) {
      variables += "#   " + std::string(first_name(option)) + rest;
      continue;
    }
    const auto dot = option.key.find('.');
    if (dot == std::string_view::npos) {
      section = {};
      text += std::string(option.key) + rest;
      continue;
    }
    if (section != option.key.substr(0, dot)) {
      section = option.key.substr(0, dot);
      text += std::string(section) + ":\n";
    }
    text += "  " + std::string(option.key.substr(dot + 1)) + rest;
  }
  return text + "# Only from the environment:\n" + variables;
}

}  // namespace remora::config
