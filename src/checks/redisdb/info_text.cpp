#include "checks/redisdb/info_text.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string>

namespace remora::checks::redisdb {

Result<InfoText> InfoText::parse(std::string_view text) {
  InfoText info;
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty() || line.front() == '#') continue;
    auto colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    // Old servers count "Host:" of a stray HTTP request as a command: "cmdstat_host::calls=1,…".
    if (line.substr(colon).starts_with("::")) ++colon;
    if (info.lines_.size() == kMaxInfoLines) {
      return fail(Errc::too_large,
                  "INFO has more than " + std::to_string(kMaxInfoLines) + " lines");
    }
    info.lines_.emplace_back(line.substr(0, colon), line.substr(colon + 1));
  }
  return info;
}

std::optional<std::string_view> InfoText::find(std::string_view key) const {
  const auto line = std::find_if(lines_.begin(), lines_.end(),
                                 [key](const Line& candidate) { return candidate.first == key; });
  if (line == lines_.end()) return std::nullopt;
  return line->second;
}

std::optional<std::string_view> info_field(std::string_view value, std::string_view name) {
  while (!value.empty()) {
    const std::string_view field = value.substr(0, value.find(','));
    value.remove_prefix(std::min(value.size(), field.size() + 1));
    if (field.size() > name.size() && field.starts_with(name) && field[name.size()] == '=') {
      return field.substr(name.size() + 1);
    }
  }
  return std::nullopt;
}

std::optional<double> info_number(std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(number)) {
    return std::nullopt;
  }
  return number;
}

std::optional<double> info_field_number(std::string_view value, std::string_view name) {
  const auto field = info_field(value, name);
  return field ? info_number(*field) : std::nullopt;
}

std::optional<std::uint32_t> info_index(std::string_view key, std::string_view prefix) {
  if (!key.starts_with(prefix)) return std::nullopt;
  key.remove_prefix(prefix.size());
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  if (key.empty() || key.size() > 9 || !std::all_of(key.begin(), key.end(), digit)) {
    return std::nullopt;
  }
  std::uint32_t index = 0;
  std::from_chars(key.data(), key.data() + key.size(), index);
  return index;
}

}  // namespace remora::checks::redisdb
