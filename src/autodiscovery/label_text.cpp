#include "autodiscovery/label_text.hpp"

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

// What the author most likely meant: single quotes, bare words, a comma too many and unquoted
// variables are all YAML; typographic quotes are JSON once they are straight.
std::string corrected(std::string_view text, const model::ValueLimits& limits) {
  std::string straight(text);
  for (const char* quote : {"\u201c", "\u201d", "\u201e", "\u00ab", "\u00bb"}) {
    straight = exchanged(straight, quote, "\"");
  }
  if (straight != text) {
    if (const auto value = parse_json(straight, limits)) return as_correction(*value);
  }
  if (!text.starts_with('[') && !text.starts_with('{')) return {};
  const auto value = parse_yaml(straight, limits);
  return value ? as_correction(*value) : std::string();
}

}  // namespace

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

std::string as_correction(const Value& value) {
  // The scrubber is not for megabytes.
  if (value.text_bytes() > kMaxCorrectionBytes || value.node_count() > kMaxCorrectionBytes)
    return {};
  std::string text = masked(value).json_text();
  return text.size() <= kMaxCorrectionBytes ? text : std::string();
}

std::string offence(const Value& value) {
  if (value.boolean() != nullptr || value.integer() != nullptr || value.real() != nullptr) {
    return value.json_text();
  }
  return std::string(model::type_name(value.type()));
}

}  // namespace remora::autodiscovery
