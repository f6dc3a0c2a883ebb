#include "autodiscovery/shell_variables.hpp"

#include <optional>
#include <string_view>

#include "remora/autodiscovery/masking.hpp"

namespace remora::autodiscovery {
namespace {

using model::Value;

bool is_name_character(char c, bool first) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         (!first && c >= '0' && c <= '9');
}

struct Variable {
  std::string_view written, name;
};

/// The variable that `text` begins with.
std::optional<Variable> variable_at(std::string_view text, bool open_references) {
  if (!text.starts_with('$')) return std::nullopt;
  const bool braces = text.substr(1).starts_with('{');
  if (braces && open_references) return std::nullopt;
  const std::size_t begin = braces ? 2 : 1;
  std::size_t end = begin;
  while (end < text.size() && is_name_character(text[end], end == begin)) ++end;
  if (end == begin) return std::nullopt;
  const Variable out{text.substr(0, braces ? end + 1 : end), text.substr(begin, end - begin)};
  if (braces && (end == text.size() || text[end] != '}')) return std::nullopt;
  return out;
}

}  // namespace

void warn_about_shell_variables(const Value& instance, const std::string& check,
                                bool open_references, const FaultPlace& place) {
  if (instance.map() == nullptr) return;
  for (const model::MapEntry& entry : instance.map()->entries()) {
    const std::string* text = entry.value.text();
    if (text == nullptr) continue;
    const std::string_view whole = *text;
    const std::size_t scheme = whole.find("://");
    const bool url = scheme != std::string_view::npos && scheme < 16;
    const auto found = variable_at(url ? whole.substr(scheme + 3) : whole, open_references);
    if (!found || (!url && found->written.size() != whole.size())) continue;
    // A password may begin with a dollar; what it says stays out of the message.
    const bool secret = is_secret_key(entry.key);
    const std::string name = secret ? "NAME" : shown(found->name);
    place.warning(shown(entry.key) + " of " + check + " is written like a variable of a shell" +
                      (secret ? "" : " ($" + name + ")") + ", which nothing replaces: %%env_" +
                      name + "%% is a variable of the agent's container" +
                      (secret ? "" : ", %%host%% the address of this one"),
                  "%%env_" + name + "%%", FaultPlace::Replaces::part);
  }
}

}  // namespace remora::autodiscovery
