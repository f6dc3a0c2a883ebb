#include "config/quotes.hpp"

#include <array>
#include <nlohmann/json.hpp>

#include "config/text.hpp"

namespace remora::config {
namespace {

bool is_json_like(std::string_view text) {
  return (text.starts_with('{') && text.ends_with('}')) ||
         (text.starts_with('[') && text.ends_with(']'));
}

/// "[\"a\"]": a JSON text that holds JSON.
bool is_json_in_json(std::string_view text) {
  if (!text.starts_with('"')) return false;
  const auto json = nlohmann::json::parse(text, nullptr, false);
  return json.is_string() && is_json_like(trimmed(json.get_ref<const std::string&>()));
}

std::string_view stripped(std::string_view text) {
  constexpr auto kQuotes = std::to_array<std::string_view>({"'", "\"", "\\\"", "\\'"});
  for (const std::string_view quote : kQuotes) {
    if (text.size() < 2 * quote.size() || !text.starts_with(quote) || !text.ends_with(quote))
      continue;
    const std::string_view inside = text.substr(quote.size(), text.size() - 2 * quote.size());
    const bool one_pair = inside.find(quote) == std::string_view::npos && !inside.ends_with('\\');
    if (one_pair || is_json_like(trimmed(inside))) return inside;
  }
  return text;
}

}  // namespace

std::optional<std::string> without_quotes(std::string_view value) {
  constexpr int kMostPairs = 3;
  std::string_view text = trimmed(value);
  const std::string_view before = text;
  for (int i = 0; i < kMostPairs && !is_json_in_json(text); ++i) {
    const std::string_view inside = stripped(text);
    if (inside.size() == text.size()) break;
    text = trimmed(inside);
  }
  if (text.size() == before.size()) return std::nullopt;
  return std::string(text);
}

}  // namespace remora::config
