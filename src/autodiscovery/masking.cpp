#include "remora/autodiscovery/masking.hpp"

#include <algorithm>
#include <array>

#include "remora/core/ascii.hpp"
#include "remora/core/known_secrets.hpp"
#include "remora/core/scrub.hpp"

namespace remora::autodiscovery {
namespace {

using model::Map;
using model::MapEntry;
using model::Value;

// Of instances of DataDog/integrations-core (spec.yaml files, entries marked secret) and of the
// scrubber of DataDog/datadog-agent pkg/util/scrubber/default.go.
constexpr auto kInside = std::to_array<std::string_view>(
    {"password",        "passwd",          "passphrase",    "secret",  "token",
     "api_key",         "apikey",          "api-key",       "app_key", "appkey",
     "application_key", "access_key",      "private_key",   "privkey", "authkey",
     "auth_key",        "credential",      "authorization", "headers", "connection_string",
     "cookie",          "community_string"});
constexpr auto kWhole = std::to_array<std::string_view>({"pass", "pwd", "auth", "dsn", "pin"});
constexpr auto kEnds =
    std::to_array<std::string_view>({"_pass", "-pass", "_pwd", "-pwd", "pass_word", "userpass"});
// Options that talk about secrets and hold none.
constexpr auto kHarmless = std::to_array<std::string_view>(
    {"token_type", "tokens_per_second", "ignore_connection_string"});

Value masked_text(const std::string& text) { return core::scrub(text); }

Value hidden(const Value& value) {
  // An empty password is a fact the operator wants to see, and no secret.
  if (value.is_null() || (value.text() != nullptr && value.text()->empty())) return value;
  return "********";
}

/// "tls.key-password" -> "<TLS_KEY_PASSWORD>"
std::string placeholder_of(std::string_view key) {
  constexpr std::size_t kMost = 64;
  std::string out = "<";
  for (const char c : key.substr(0, kMost)) {
    const bool lower = c >= 'a' && c <= 'z';
    const bool kept = (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    out += lower ? static_cast<char>(c - 'a' + 'A') : kept ? c : '_';
  }
  return out + ">";
}

bool is_variable(const std::string& text) {
  return text.starts_with("%%env_") && text.ends_with("%%");
}

/// Whatever stands below a secret key, in the shape it has.
Value placeholders_below(std::string_view key, const Value& value) {
  if (value.is_null()) return value;
  if (const std::string* text = value.text()) {
    return text->empty() || is_variable(*text) ? value : Value(placeholder_of(key));
  }
  if (const Value::List* list = value.list()) {
    Value::List out;
    out.reserve(list->size());
    for (const Value& item : *list) out.push_back(placeholders_below(key, item));
    return out;
  }
  if (const Map* map = value.map()) {
    std::vector<MapEntry> out;
    out.reserve(map->size());
    for (const MapEntry& entry : map->entries())
      out.push_back({core::scrub(entry.key), placeholders_below(entry.key, entry.value)});
    return Map::from_entries(std::move(out));
  }
  return placeholder_of(key);
}

/// The asterisks of the scrubber, with what it shows of a key behind them, as a placeholder.
std::string text_to_paste(const std::string& text) {
  constexpr std::size_t kShortestRun = 3;
  const std::string hidden = core::scrub(text);
  if (hidden == text) return text;
  std::string out;
  for (std::size_t i = 0; i < hidden.size();) {
    const std::size_t end = std::min(hidden.find_first_not_of('*', i), hidden.size());
    if (end - i < kShortestRun) {
      out += hidden[i++];
      continue;
    }
    out += "<SECRET>";
    const std::size_t tail = hidden.find_first_not_of("0123456789abcdefABCDEF", end);
    const bool shows_digits = end - i > std::string_view("********").size();
    i = shows_digits ? std::min(tail, hidden.size()) : end;
  }
  return out;
}

}  // namespace

bool is_secret_key(std::string_view key) {
  const std::string lower = core::ascii_lower(key);
  const std::string_view name = lower;
  if (std::find(kHarmless.begin(), kHarmless.end(), name) != kHarmless.end()) return false;
  return std::find(kWhole.begin(), kWhole.end(), name) != kWhole.end() ||
         std::any_of(kInside.begin(), kInside.end(),
                     [&](auto part) { return name.find(part) != std::string_view::npos; }) ||
         std::any_of(kEnds.begin(), kEnds.end(), [&](auto end) { return name.ends_with(end); });
}

Value masked(const Value& value) {
  if (const std::string* text = value.text()) return masked_text(*text);
  if (const Value::List* list = value.list()) {
    Value::List out;
    out.reserve(list->size());
    for (const Value& item : *list) out.push_back(masked(item));
    return out;
  }
  if (const Map* map = value.map()) {
    std::vector<MapEntry> out;
    out.reserve(map->size());
    for (const MapEntry& entry : map->entries()) {
      out.push_back({core::scrub(entry.key),
                     is_secret_key(entry.key) ? hidden(entry.value) : masked(entry.value)});
    }
    return Map::from_entries(std::move(out));
  }
  return value;
}

Value with_placeholders(const Value& value) {
  if (const std::string* text = value.text()) return text_to_paste(*text);
  if (const Value::List* list = value.list()) {
    Value::List out;
    out.reserve(list->size());
    for (const Value& item : *list) out.push_back(with_placeholders(item));
    return out;
  }
  if (const Map* map = value.map()) {
    std::vector<MapEntry> out;
    out.reserve(map->size());
    for (const MapEntry& entry : map->entries()) {
      out.push_back({core::scrub(entry.key), is_secret_key(entry.key)
                                                 ? placeholders_below(entry.key, entry.value)
                                                 : with_placeholders(entry.value)});
    }
    return Map::from_entries(std::move(out));
  }
  return value;
}

namespace {

// "Bearer abc": a server repeats it with or without the first word.
void remember_value(const std::string& text) {
  core::remember_secret(text);
  for (const std::string_view scheme : {"Bearer ", "Basic ", "Token "}) {
    if (text.starts_with(scheme))
      core::remember_secret(std::string_view(text).substr(scheme.size()));
  }
}

}  // namespace

void remember_secrets(const Value& value) {
  if (const std::string* text = value.text()) core::remember_secrets_of_url(*text);
  if (const Value::List* list = value.list()) {
    for (const Value& item : *list) remember_secrets(item);
  }
  const Map* map = value.map();
  if (map == nullptr) return;
  for (const MapEntry& entry : map->entries()) {
    if (entry.value.text() != nullptr && is_secret_key(entry.key)) {
      remember_value(*entry.value.text());
    }
    remember_secrets(entry.value);
  }
}

}  // namespace remora::autodiscovery
