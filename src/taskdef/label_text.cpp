#include "taskdef/label_text.hpp"

#include "remora/autodiscovery/masking.hpp"

namespace remora::taskdef {

std::string label_line(std::string_view label, std::string_view text, Syntax syntax) {
  const bool yaml = syntax == Syntax::yaml || syntax == Syntax::template_yaml;
  if (!yaml) return model::Value(label).json_text() + ": " + model::Value(text).json_text();
  std::string out = std::string(label) + ": '";
  for (const char c : text) {
    if (c == '\'') out += c;
    out += c;
  }
  return out + "'";
}

bool is_secretless(const model::Value& value) { return autodiscovery::masked(value) == value; }

std::string with_quoted_references(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos || (text[first] != '{' && text[first] != '[')) {
    return std::string(text);
  }
  std::string out;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (in_string && text[i] == '\\' && i + 1 < text.size()) {
      out += text[i++];
    } else if (text[i] == '"') {
      in_string = !in_string;
    } else if (const auto end = text.find('}', i);
               !in_string && text.substr(i).starts_with("${") && end != std::string_view::npos) {
      out += '"';
      out += text.substr(i, end - i + 1);
      out += '"';
      i = end;
      continue;
    }
    out += text[i];
  }
  return out;
}

}  // namespace remora::taskdef
