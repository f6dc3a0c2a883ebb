#include "autodiscovery/label_text.hpp"

#include <algorithm>
#include <array>

#include "autodiscovery/scalar_text.hpp"
#include "autodiscovery/variable_text.hpp"
#include "remora/autodiscovery/masking.hpp"
#include "remora/autodiscovery/parse.hpp"

namespace remora::autodiscovery {
namespace {

using model::Value;

constexpr int kMostWrappings = 3;
constexpr std::size_t kMaxCorrectionBytes = 2000;

// Follows text into text. The last value that parses: for JSON text of plain words that text.
Value unwrapped(Value value, const model::ValueLimits& limits, bool& any) {
  for (int i = 0; i < kMostWrappings && value.text() != nullptr; ++i) {
    auto inner = parse_json(*value.text(), limits);
    if (!inner || !(inner->text() || inner->list() || inner->map())) break;
    value = *std::move(inner);
    any = true;
  }
  return value;
}

// `{\"redisdb\":…}`: the inside of a JSON text whose outer quotes were lost.
std::optional<Value> without_backslashes(std::string_view text, const model::ValueLimits& limits) {
  if (text.find("\\\"") == std::string_view::npos) return std::nullopt;
  const auto quoted = parse_json('"' + std::string(text) + '"', limits);
  if (!quoted) return std::nullopt;
  bool any = false;
  Value value = unwrapped(*quoted, limits, any);
  if (!any) return std::nullopt;
  return value;
}

struct Blank {
  std::string_view written, meant;
};
constexpr auto kBlanks = std::to_array<Blank>({
    {"\u00a0", " "},
    {"\u2002", " "},
    {"\u2003", " "},
    {"\u2007", " "},
    {"\u2009", " "},
    {"\u202f", " "},
    {"\u205f", " "},
    {"\u3000", " "},
    {"\u200b", ""},
    {"\u200c", ""},
    {"\u200d", ""},
    {"\u2060", ""},
    {"\ufeff", ""},
    {"\u00ad", ""},
});

// Exchanges blanks between the texts of a JSON document only: inside of one they may be meant.
std::string with_plain_blanks_outside(std::string_view text) {
  std::string out;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '"') continue;
    out += with_plain_blanks(text.substr(begin, i - begin));
    begin = i++;
    while (i < text.size() && text[i] != '"') i += text[i] == '\\' ? 2 : 1;
    i = std::min(i, text.size());
    out += text.substr(begin, i - begin);
    begin = i;
    if (i < text.size()) {
      out += text[i];
      begin = i + 1;
    }
  }
  return out + with_plain_blanks(text.substr(std::min(begin, text.size())));
}

std::string with_straight_quotes(std::string_view text) {
  std::string out(text);
  for (const char* quote : {"\u201c", "\u201d", "\u201e", "\u00ab", "\u00bb"}) {
    out = exchanged(out, quote, "\"");
  }
  for (const char* quote : {"\u2018", "\u2019", "\u201a", "\u2039", "\u203a"}) {
    out = exchanged(out, quote, "'");
  }
  return out;
}

// A quote at the edge of a text is left over from a piece that was not understood.
bool holds_stray_quotes(const Value& value) {
  if (const std::string* text = value.text()) {
    const std::string_view inside = trimmed(*text);
    return inside.starts_with('"') || inside.ends_with('"');
  }
  if (const Value::List* list = value.list())
    return std::any_of(list->begin(), list->end(), holds_stray_quotes);
  const model::Map* map = value.map();
  return map != nullptr && std::any_of(map->entries().begin(), map->entries().end(), [](auto& e) {
           return holds_stray_quotes(Value(e.key)) || holds_stray_quotes(e.value);
         });
}

// What the author most likely meant: single quotes, bare words, a comma too many and unquoted
// variables are all YAML; typographic quotes and blanks are JSON once they are plain.
std::string corrected(std::string_view text, const model::ValueLimits& limits) {
  if (const std::string spaced = with_plain_blanks_outside(text); spaced != text) {
    if (const auto value = parse_json(spaced, limits)) return as_correction(*value);
  }
  const std::string plain = with_plain_blanks(with_straight_quotes(text));
  if (plain != text) {
    if (const auto value = parse_json(plain, limits)) return as_correction(*value);
  }
  const std::string_view begin = trimmed(plain);
  if (!begin.starts_with('[') && !begin.starts_with('{')) return {};
  const auto value = parse_yaml(plain, limits);
  return value && !holds_stray_quotes(*value) ? as_correction(*value) : std::string();
}

}  // namespace

std::string with_plain_blanks(std::string_view text) {
  std::string out(text);
  for (const Blank& blank : kBlanks) {
    if (out.find(blank.written) != std::string::npos)
      out = exchanged(out, blank.written, blank.meant);
  }
  return out;
}

LabelText read_label(std::string_view text, const model::ValueLimits& limits) {
  LabelText out;
  text = trimmed(text);
  if (text.empty()) {
    out.problem = "is empty";
    return out;
  }
  auto parsed = parse_json(text, limits);
  if (parsed) {
    out.value = unwrapped(*std::move(parsed), limits, out.unwrapped);
    return out;
  }
  if (parsed.error().code() == Errc::malformed_payload) {
    out.value = without_backslashes(text, limits);
    out.unwrapped = out.value.has_value();
    if (out.unwrapped) return out;
    out.correction = corrected(text, limits);
  }
  out.problem = "is " + parsed.error().message();
  return out;
}

std::optional<Value> object_inside(const Value& value, const model::ValueLimits& limits) {
  if (value.text() == nullptr) return std::nullopt;
  bool any = false;
  Value inside = unwrapped(value, limits, any);
  if (!any || inside.map() == nullptr) return std::nullopt;
  return inside;
}

Value with_objects(const Value::List& list, const model::ValueLimits& limits) {
  Value::List out = list;
  for (Value& item : out) {
    if (auto inside = object_inside(item, limits)) item = *std::move(inside);
  }
  return out;
}

std::string as_correction(const Value& value) {
  // The scrubber is not for megabytes.
  if (value.text_bytes() > kMaxCorrectionBytes || value.node_count() > kMaxCorrectionBytes)
    return {};
  std::string text = with_placeholders(value).json_text();
  return text.size() <= kMaxCorrectionBytes ? text : std::string();
}

std::string offence(const Value& value) {
  if (value.boolean() != nullptr || value.integer() != nullptr || value.real() != nullptr) {
    return value.json_text();
  }
  return std::string(model::type_name(value.type()));
}

}  // namespace remora::autodiscovery
