#include "dogstatsd/mapping_template.hpp"

#include <algorithm>
#include <charconv>

namespace remora::dogstatsd {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_word(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/// Takes "name" or "{name}" off the front of `rest`. Empty when there is none.
std::string_view take_group_name(std::string_view& rest) {
  const bool braces = rest.starts_with('{');
  const std::string_view from = rest.substr(braces ? 1 : 0);
  const auto end =
      static_cast<std::size_t>(std::find_if_not(from.begin(), from.end(), is_word) - from.begin());
  if (end == 0 || (braces && (end == from.size() || from[end] != '}'))) return {};
  rest.remove_prefix(end + (braces ? 2 : 0));
  return from.substr(0, end);
}

}  // namespace

MappingTemplate::MappingTemplate(std::string_view text, const std::map<std::string, int>& groups) {
  for (;;) {
    const auto dollar = text.find('$');
    add_text(text.substr(0, dollar));
    if (dollar == std::string_view::npos) return;
    text.remove_prefix(dollar + 1);
    if (text.starts_with('$')) {
      add_text("$");
      text.remove_prefix(1);
      continue;
    }
    const std::string_view name = take_group_name(text);
    if (name.empty()) {
      add_text("$");
    } else if (std::all_of(name.begin(), name.end(), is_digit)) {
      Piece piece;
      const auto parsed = std::from_chars(name.data(), name.data() + name.size(), piece.group);
      if (parsed.ec == std::errc{}) pieces_.push_back(std::move(piece));
    } else if (const auto it = groups.find(std::string(name)); it != groups.end()) {
      pieces_.push_back({{}, it->second});
    }
  }
}

void MappingTemplate::add_text(std::string_view text) {
  if (text.empty()) return;
  if (pieces_.empty() || pieces_.back().group >= 0) pieces_.emplace_back();
  pieces_.back().text += text;
}

void MappingTemplate::expand(std::span<const std::string_view> matched, std::string& out) const {
  for (const Piece& piece : pieces_) {
    if (piece.group < 0) {
      out += piece.text;
    } else if (static_cast<std::size_t>(piece.group) < matched.size()) {
      out += matched[static_cast<std::size_t>(piece.group)];
    }
  }
}

}  // namespace remora::dogstatsd
