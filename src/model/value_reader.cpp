#include "remora/model/value_reader.hpp"

#include <charconv>
#include <cmath>

#include "remora/core/ascii.hpp"

namespace remora::model {
namespace {

constexpr double kTwoTo63 = 9223372036854775808.0;

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n\v\f";
  const auto first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

template <class Number>
std::optional<Number> whole_text_as(std::string_view text) {
  text = trimmed(text);
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

bool affirmative(const Value& value) {
  switch (value.type()) {
    case Value::Type::null:
      return false;
    case Value::Type::boolean:
      return *value.boolean();
    case Value::Type::integer:
      return *value.integer() != 0;
    case Value::Type::real:
      return *value.real() != 0;
    case Value::Type::text: {
      const std::string lower = core::ascii_lower(*value.text());
      return lower == "yes" || lower == "true" || lower == "1" || lower == "y" || lower == "on";
    }
    case Value::Type::list:
      return !value.list()->empty();
    case Value::Type::map:
      return !value.map()->empty();
  }
  return false;
}

std::optional<std::int64_t> as_integer(const Value& value) {
  if (const auto* integer = value.integer()) return *integer;
  if (const auto* boolean = value.boolean()) return *boolean ? 1 : 0;
  if (const auto* text = value.text()) return whole_text_as<std::int64_t>(*text);
  const auto* real = value.real();
  if (real == nullptr || !(std::abs(*real) < kTwoTo63)) return std::nullopt;
  return static_cast<std::int64_t>(*real);
}

std::optional<double> as_number(const Value& value) {
  if (const auto* real = value.real()) return *real;
  if (const auto* integer = value.integer()) return static_cast<double>(*integer);
  if (const auto* boolean = value.boolean()) return *boolean ? 1 : 0;
  const auto* text = value.text();
  const auto number = text == nullptr ? std::nullopt : whole_text_as<double>(*text);
  if (!number || !std::isfinite(*number)) return std::nullopt;
  return number;
}

std::optional<std::string> as_text(const Value& value) {
  if (const auto* text = value.text()) return *text;
  if (value.is_null() || value.list() != nullptr || value.map() != nullptr) return std::nullopt;
  return value.json_text();
}

bool ValueReader::has(std::string_view key) const {
  const Value* found = map_ == nullptr ? nullptr : map_->find(key);
  return found != nullptr && !found->is_null();
}

const Value* ValueReader::value(std::string_view key) {
  read_.emplace(key);
  return has(key) ? map_->find(key) : nullptr;
}

void ValueReader::problem(std::string_view key, const Value& value, std::string_view wanted) {
  problems_.push_back("`" + std::string(key) + "` is " + std::string(type_name(value.type())) +
                      (value.text() != nullptr ? " that is not " : ", not ") + std::string(wanted));
}

std::string ValueReader::text(std::string_view key, std::string_view fallback) {
  const Value* found = value(key);
  if (found == nullptr) return std::string(fallback);
  if (auto text = as_text(*found)) return *text;
  problem(key, *found, "a text");
  return std::string(fallback);
}

std::int64_t ValueReader::integer(std::string_view key, std::int64_t fallback) {
  const Value* found = value(key);
  if (found == nullptr) return fallback;
  if (const auto integer = as_integer(*found)) return *integer;
  problem(key, *found, "a whole number");
  return fallback;
}

double ValueReader::number(std::string_view key, double fallback) {
  const Value* found = value(key);
  if (found == nullptr) return fallback;
  if (const auto number = as_number(*found)) return *number;
  problem(key, *found, "a number");
  return fallback;
}

bool ValueReader::boolean(std::string_view key, bool fallback) {
  const Value* found = value(key);
  return found == nullptr ? fallback : affirmative(*found);
}

std::vector<std::string> ValueReader::texts(std::string_view key) {
  std::vector<std::string> out;
  const Value* found = value(key);
  if (found == nullptr) return out;
  if (const Value::List* items = found->list()) {
    for (const Value& item : *items) {
      if (auto text = as_text(item)) {
        out.push_back(*std::move(text));
      } else {
        problem(std::string(key) + "[" + std::to_string(&item - items->data()) + "]", item,
                "a text");
      }
    }
  } else if (auto text = as_text(*found)) {
    out.push_back(*std::move(text));
  } else {
    problem(key, *found, "a list of texts");
  }
  return out;
}

std::vector<std::string> ValueReader::unread() const {
  std::vector<std::string> out;
  if (map_ == nullptr) return out;
  for (const MapEntry& entry : map_->entries()) {
    if (!read_.contains(entry.key)) out.push_back(entry.key);
  }
  return out;
}

}  // namespace remora::model
