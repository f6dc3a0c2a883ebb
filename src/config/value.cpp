#include "config/value.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <set>
#include <type_traits>

#include "config/quotes.hpp"
#include "config/scalar.hpp"
#include "config/text.hpp"
#include "remora/core/ascii.hpp"

namespace remora::config {
namespace {

using Json = nlohmann::json;
using Strings = std::vector<std::string>;
using StringMap = std::map<std::string, std::string>;
using ListMap = std::map<std::string, std::vector<std::string>>;

constexpr std::size_t kMaxItems = 1000;            ///< of a list or map; real ones have a few dozen
constexpr std::size_t kMaxItemBytes = 8192;        ///< more than any tag, URL or regex needs
constexpr std::size_t kMaxNamedItems = 5;          ///< bad items named one by one
constexpr std::size_t kMaxJsonBytes = 256 * 1024;  ///< of an option that is JSON
constexpr int kMaxJsonDepth = 32;

/// What the warnings of one value have in common.
struct Context {
  const Option& option;
  std::string_view name;
  Strings& warnings;

  void warn(const std::string& text) const { warnings.push_back(std::string(name) + ": " + text); }
  bool reject(std::string_view value, const std::string& accepted) const {
    warn("\"" + shown(option, value) + "\" is not accepted, " + accepted +
         "; the value it had before stays");
    return false;
  }
};

std::string number_text(double value) {
  if (std::abs(value) < 9e15 && value == std::floor(value)) {
    return std::to_string(static_cast<std::int64_t>(value));
  }
  std::string text = std::to_string(value);
  text.erase(text.find_last_not_of('0') + 1);
  return text;
}

std::string range_text(const Accept& accept, std::string_view unit) {
  const bool bounded = accept.max < std::numeric_limits<double>::max();
  std::string text = bounded ? number_text(accept.min) + " to " + number_text(accept.max)
                             : number_text(accept.min) + " or more";
  if (!unit.empty()) text += " " + std::string(unit);
  return text;
}

bool in_range(const Accept& accept, double value) {
  return value >= accept.min && value <= accept.max;
}

// The text of a scalar, as it would stand in a variable. Empty optional: not a scalar.
std::optional<std::string> scalar_text(const Json& value) {
  if (value.is_string()) return value.get_ref<const std::string&>();
  if (value.is_boolean()) return value.get<bool>() ? "true" : "false";
  if (value.is_number()) return value.dump();
  return std::nullopt;
}

// JSON inside the text, when it starts like JSON. JSON that is JSON text once more is unwrapped:
// infrastructure code often encodes a list before it encodes the task definition.
enum class JsonText { none, broken, found };
JsonText json_inside(const Context& context, std::string_view text, char opening, Json& result) {
  text = trimmed(text);
  if (!text.starts_with(opening) && !text.starts_with('"')) return JsonText::none;
  const bool quoted = text.starts_with('"');
  result = Json::parse(text, nullptr, false);
  bool unwrapped = false;
  for (int depth = 0; depth < 3 && result.is_string(); ++depth) {
    const std::string inner = result.get<std::string>();
    result = Json::parse(inner, nullptr, false);
    unwrapped = true;
  }
  if (result.is_array() && opening == '[' && result.size() == 1 && result[0].is_string()) {
    const std::string inner(trimmed(result[0].get_ref<const std::string&>()));
    if (inner.starts_with('[')) {
      Json list = Json::parse(inner, nullptr, false);
      if (list.is_array()) {
        result = std::move(list);
        unwrapped = true;
      }
    }
  }
  const bool right = opening == '[' ? result.is_array() : result.is_object();
  if (!right) return quoted ? JsonText::none : JsonText::broken;
  if (unwrapped) {
    context.warn("the value is JSON inside JSON text; it was unwrapped: encode it once");
  }
  return JsonText::found;
}

// Keeps usable items, in order; names the others.
Strings items_of(const Context& context, const Json& array) {
  Strings items;
  std::size_t bad = 0;
  for (const Json& element : array) {
    if (element.is_null()) continue;
    const auto text = scalar_text(element);
    const auto item = text ? trimmed(*text) : std::string_view();
    if (!text || item.size() > kMaxItemBytes) {
      if (++bad <= kMaxNamedItems) {
        context.warn(text ? "an item longer than " + std::to_string(kMaxItemBytes) +
                                " bytes was left out"
                          : std::string("an item that is not text was left out"));
      }
      continue;
    }
    if (item.empty()) continue;
    if (items.size() == kMaxItems) {
      context.warn("only the first " + std::to_string(kMaxItems) + " items count");
      break;
    }
    items.emplace_back(item);
  }
  return items;
}

bool parse(const Context& context, const Json& value, bool& field) {
  const auto text = scalar_text(value);
  const auto parsed = text ? parse_bool(*text) : std::nullopt;
  if (!parsed) return context.reject(text.value_or("(a list or map)"), "write true or false");
  field = *parsed;
  return true;
}

bool parse(const Context& context, const Json& value, std::int64_t& field) {
  const auto text = scalar_text(value);
  auto parsed = text ? parse_integer(*text) : std::nullopt;
  if (parsed && context.name == "DD_FORWARDER_RETRY_QUEUE_MAX_SIZE") {
    // The old setting counted payloads; the Agent converts it at 2 MiB each.
    constexpr std::int64_t kPayload = 2 * 1024 * 1024;
    if (*parsed > 0 && *parsed <= std::numeric_limits<std::int64_t>::max() / kPayload) {
      context.warn("deprecated, write DD_FORWARDER_RETRY_QUEUE_PAYLOADS_MAX_SIZE=" +
                   std::to_string(*parsed * kPayload) + " (bytes)");
      *parsed *= kPayload;
    }
  }
  if (!parsed || !in_range(context.option.accept, static_cast<double>(*parsed))) {
    return context.reject(text.value_or("(a list or map)"),
                          "write a whole number, " + range_text(context.option.accept, ""));
  }
  field = *parsed;
  return true;
}

bool parse(const Context& context, const Json& value, double& field) {
  const auto text = scalar_text(value);
  const auto parsed = text ? parse_double(*text) : std::nullopt;
  if (!parsed || !in_range(context.option.accept, *parsed)) {
    return context.reject(text.value_or("(a list or map)"),
                          "write a number, " + range_text(context.option.accept, ""));
  }
  field = *parsed;
  return true;
}

bool deeper_than(const Json& value, int levels) {
  if (!value.is_structured()) return false;
  return levels == 0 || std::any_of(value.begin(), value.end(), [&](const Json& inner) {
           return deeper_than(inner, levels - 1);
         });
}

// An option whose text is a JSON array: checked to be one, kept as text for whoever reads it.
bool parse_json_array(const Context& context, const Json& value, std::string& field) {
  const std::string accepted = "write a JSON array of at most " + std::to_string(kMaxJsonBytes) +
                               " bytes and " + std::to_string(kMaxJsonDepth) + " levels";
  Json array = value;
  if (const auto text = scalar_text(value)) {
    if (text->size() > kMaxJsonBytes ||
        json_inside(context, *text, '[', array) != JsonText::found) {
      return context.reject(*text, accepted);
    }
  }
  if (!array.is_array() || deeper_than(array, kMaxJsonDepth)) {
    return context.reject("(not an array, or nested too deeply)", accepted);
  }
  std::string dumped = array.dump(-1, ' ', false, Json::error_handler_t::replace);
  if (dumped.size() > kMaxJsonBytes) return context.reject("(too long)", accepted);
  field = array.empty() ? std::string() : std::move(dumped);
  return true;
}

bool parse(const Context& context, const Json& value, std::string& field) {
  if (context.option.accept.json_array) return parse_json_array(context, value, field);
  const auto text = scalar_text(value);
  if (!text) return context.reject("(a list or map)", "write one text");
  if (context.option.accept.words.empty()) {
    field = trimmed(*text);
    return true;
  }
  const std::string word = core::ascii_lower(trimmed(*text));
  const auto words = split(context.option.accept.words, " ");
  if (std::find(words.begin(), words.end(), word) == words.end()) {
    std::string list;
    for (const auto one : words) list += (list.empty() ? "" : ", ") + std::string(one);
    return context.reject(*text, "write one of " + list);
  }
  field = word;
  return true;
}

bool parse(const Context& context, const Json& value, Strings& field) {
  if (value.is_array()) {
    field = items_of(context, value);
    return true;
  }
  const auto text = scalar_text(value);
  if (!text) return context.reject("(a map)", "write a list");
  Json inside;
  switch (json_inside(context, *text, '[', inside)) {
    case JsonText::broken:
      return context.reject(*text, "it starts like a JSON array but does not parse as one");
    case JsonText::found:
      break;
    case JsonText::none: {
      // NO_PROXY has its own, older convention: commas only, and blanks around them.
      std::string separators(kBlanks);
      if (context.option.accept.split_on_commas) separators += ',';
      if (context.name == "NO_PROXY" || context.name == "no_proxy") separators = ",";
      inside = Json::array();
      bool quoted = false;
      for (const auto piece : split(*text, separators)) {
        const auto plain = without_quotes(piece);
        quoted = quoted || plain;
        inside.push_back(plain.value_or(std::string(piece)));
      }
      if (quoted)
        context.warn("the quotes around an item are not part of it; it is read without them");
    }
  }
  field = items_of(context, inside);
  return true;
}

// The object of a map option. False when there is none (already warned about).
bool object_of(const Context& context, const Json& value, std::string_view example, Json& object) {
  if (value.is_object()) {
    object = value;
    return true;
  }
  const auto text = scalar_text(value);
  if (text && json_inside(context, *text, '{', object) == JsonText::found) return true;
  return context.reject(text.value_or("(a list)"),
                        "write a JSON object such as " + std::string(example));
}

bool parse(const Context& context, const Json& value, StringMap& field) {
  Json object;
  if (!object_of(context, value, R"({"com.example.team":"team"})", object)) return false;
  StringMap result;
  std::size_t bad = 0;
  for (const auto& [key, element] : object.items()) {
    const auto text = scalar_text(element);
    if (!text || trimmed(*text).empty() || trimmed(key).empty() || result.size() == kMaxItems ||
        key.size() + text->size() > kMaxItemBytes) {
      if (++bad <= kMaxNamedItems) {
        context.warn("the entry \"" + shown(context.option, key) +
                     "\" was left out: a name and a text are needed, at most " +
                     std::to_string(kMaxItems) + " entries");
      }
      continue;
    }
    result.emplace(trimmed(key), trimmed(*text));
  }
  field = std::move(result);
  return true;
}

bool parse(const Context& context, const Json& value, ListMap& field) {
  Json object;
  if (!object_of(context, value, R"({"https://app.datadoghq.eu":["<key>"]})", object)) return false;
  ListMap result;
  for (const auto& [url, element] : object.items()) {
    const std::string name(trimmed(url));
    Json list = element.is_array() ? element : Json::array({element});
    Strings keys;
    for (std::string& key : items_of(context, list)) {
      if (is_secret_reference(key)) {
        context.warn("a key of " + printable(without_password(name)) +
                     " is a secret reference (ENC[...]), which is not resolved yet; it was left "
                     "out: use the `secrets` entry of the task definition");
        continue;
      }
      if (std::find(keys.begin(), keys.end(), key) == keys.end()) keys.push_back(std::move(key));
    }
    if (name.empty() || name.size() > kMaxItemBytes || keys.empty() || result.size() == kMaxItems) {
      context.warn("the entry \"" + printable(without_password(name)) +
                   "\" was left out: it has no key");
      continue;
    }
    auto& known = result[name];
    for (std::string& key : keys) {
      if (std::find(known.begin(), known.end(), key) == known.end()) {
        known.push_back(std::move(key));
      }
    }
  }
  field = std::move(result);
  return true;
}

template <class Duration>
constexpr std::string_view unit_name() {
  if constexpr (std::is_same_v<Duration, std::chrono::milliseconds>) return "milliseconds";
  if constexpr (std::is_same_v<Duration, std::chrono::seconds>) return "seconds";
  return "minutes";
}

template <class Rep, class Period>
bool parse(const Context& context, const Json& value, std::chrono::duration<Rep, Period>& field) {
  using Duration = std::chrono::duration<Rep, Period>;
  constexpr double kFieldUnit = 1e9 * static_cast<double>(Period::num) / Period::den;
  const Accept& accept = context.option.accept;
  const auto text = scalar_text(value);
  const auto parsed = text ? parse_duration(*text) : std::nullopt;
  const std::string accepted =
      "write a duration such as 30s or 500ms, " + range_text(accept, unit_name<Duration>());
  if (!parsed) return context.reject(text.value_or("(a list or map)"), accepted);
  double nanoseconds = parsed->nanoseconds;
  if (parsed->bare) {
    switch (accept.bare) {
      case BareNumber::field_unit:
        nanoseconds *= kFieldUnit;
        break;
      case BareNumber::seconds:
        nanoseconds *= 1e9;
        break;
      case BareNumber::nanoseconds:
        break;
    }
  }
  const double in_units = std::trunc(nanoseconds / kFieldUnit);
  if (!in_range(accept, in_units) || (nanoseconds > 0 && in_units == 0)) {
    if (parsed->bare && accept.bare == BareNumber::nanoseconds) {
      return context.reject(*text, "a number without a unit counts nanoseconds here: " + accepted);
    }
    return context.reject(*text, accepted);
  }
  field = Duration(static_cast<Rep>(in_units));
  return true;
}

}  // namespace

bool is_secret_reference(std::string_view text) {
  text = trimmed(text);
  return text.starts_with("ENC[") && text.ends_with(']');
}

std::string_view first_name(const Option& option) {
  return option.env.substr(0, option.env.find(' '));
}

std::string shown(const Option& option, std::string_view text) {
  using KeyLists = ListMap Settings::*;
  if (option.show == Show::redacted || std::holds_alternative<KeyLists>(option.field)) return "***";
  // An API key pasted into the wrong variable.
  const auto value = trimmed(text);
  const auto is_hex = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  if (value.size() >= 32 && std::all_of(value.begin(), value.end(), is_hex)) return "***";
  const bool url = option.group == "Proxy and TLS" || text.find("://") != std::string_view::npos;
  return printable(url ? without_password(text) : std::string(text));
}

bool assign(const Option& option, std::string_view name, const nlohmann::json& value,
            Settings& settings, std::vector<std::string>& warnings) {
  const Context context{option, name, warnings};
  // The API key keeps its reference, so that validate_for_run can say what is wrong with it.
  if (value.is_string() && first_name(option) != "DD_API_KEY" &&
      is_secret_reference(value.get_ref<const std::string&>())) {
    context.warn(
        "secret references (ENC[...]) are not resolved yet; the value it had before stays: use the "
        "`secrets` entry of the task definition");
    return false;
  }
  return std::visit([&](auto member) { return parse(context, value, settings.*member); },
                    option.field);
}

}  // namespace remora::config
