#include "remora/core/json_walk.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "remora/core/utf8.hpp"

namespace remora::core {
namespace {

constexpr double kTwoTo64 = 18446744073709551616.0;
constexpr double kTwoTo63 = 9223372036854775808.0;

/// nlohmann's SAX events, turned into ours. Exceptions stay off: parse_error is an event as well.
class Adapter {
 public:
  using number_integer_t = nlohmann::json::number_integer_t;
  using number_unsigned_t = nlohmann::json::number_unsigned_t;
  using number_float_t = nlohmann::json::number_float_t;
  using string_t = nlohmann::json::string_t;
  using binary_t = nlohmann::json::binary_t;

  Adapter(const JsonRules& rules, JsonHandler& handler) : rules_(rules), handler_(handler) {}
  [[nodiscard]] const std::optional<Error>& error() const { return error_; }

  bool null() { return value({}); }
  bool boolean(bool b) {
    JsonValue v;
    v.type = JsonValue::Type::boolean;
    v.boolean = b;
    return value(v);
  }
  bool number_integer(number_integer_t n) {
    JsonValue v;
    v.type = JsonValue::Type::negative;
    v.negative = n;
    return value(v);
  }
  bool number_unsigned(number_unsigned_t n) {
    JsonValue v;
    v.type = JsonValue::Type::integer;
    v.integer = n;
    return value(v);
  }
  bool number_float(number_float_t n, const string_t&) {
    JsonValue v;
    v.type = JsonValue::Type::real;
    v.real = n;
    return value(v);
  }
  bool string(string_t& s) {
    JsonValue v;
    v.type = JsonValue::Type::text;
    v.text = s;
    return value(v);
  }
  bool binary(binary_t&) { return value({}); }
  bool start_object(std::size_t) { return open(false); }
  bool start_array(std::size_t) { return open(true); }
  bool end_object() { return close(false); }
  bool end_array() { return close(true); }
  bool key(string_t& name) {
    path_.set_key(name);
    return true;
  }
  // The token at fault is not repeated: it may hold a secret of a log option.
  bool parse_error(std::size_t position, const std::string&, const nlohmann::json::exception&) {
    return stop(fail(
        Errc::malformed_payload,
        "not " + std::string(rules_.what) + ": syntax error at byte " + std::to_string(position)));
  }

 private:
  bool stop(std::optional<Error> error) {
    error_ = std::move(error);
    return !error_;
  }
  [[nodiscard]] Error no_object(std::string_view but) const {
    return fail(Errc::malformed_payload, "not " + std::string(rules_.what) + std::string(but));
  }
  bool value(const JsonValue& v) {
    if (path_.depth() == 0 && rules_.object) return stop(no_object(""));
    return stop(handler_.on_value(path_, v));
  }
  bool open(bool array) {
    if (path_.depth() == 0 && array && rules_.object) return stop(no_object(" but an array"));
    if (!stop(handler_.on_open(path_, array))) return false;
    path_.push(array);
    return true;
  }
  bool close(bool array) {
    path_.pop();
    return stop(handler_.on_close(path_, array));
  }

  const JsonRules& rules_;
  JsonHandler& handler_;
  JsonPath path_;
  std::optional<Error> error_;
};

}  // namespace

std::optional<std::uint64_t> JsonValue::as_unsigned() const {
  if (type == Type::integer) return integer;
  if (type == Type::real && real >= 0 && real < kTwoTo64) return static_cast<std::uint64_t>(real);
  return std::nullopt;
}

std::optional<std::int64_t> JsonValue::as_signed() const {
  if (type == Type::negative) return negative;
  if (type == Type::integer && integer <= static_cast<std::uint64_t>(INT64_MAX)) {
    return static_cast<std::int64_t>(integer);
  }
  if (type == Type::real && real > -kTwoTo63 && real < kTwoTo63) {
    return static_cast<std::int64_t>(real);
  }
  return std::nullopt;
}

std::optional<double> JsonValue::as_double() const {
  if (type == Type::integer) return static_cast<double>(integer);
  if (type == Type::negative) return static_cast<double>(negative);
  if (type == Type::real && std::isfinite(real)) return real;
  return std::nullopt;
}

void JsonPath::push(bool array) {
  if (steps_.size() == depth_) steps_.emplace_back();
  steps_[depth_].key.clear();
  steps_[depth_].array = array;
  ++depth_;
}

Result<void> check_json_limits(std::string_view text, const JsonRules& rules) {
  std::size_t depth = 0, values = 0;
  const auto value = [&] { return ++values <= rules.values; };
  const auto too_many = [&] {
    return fail(Errc::too_large, "more than " + std::to_string(rules.values) + " values");
  };
  const auto too_long = [&] {
    return fail(Errc::too_large,
                "a text of more than " + std::to_string(rules.token_bytes) + " bytes");
  };
  for (std::size_t i = 0; i < text.size();) {
    switch (text[i]) {
      case ' ':
      case '\t':
      case '\r':
      case '\n':
      case ',':
        ++i;
        break;
      case ':':  // what was before it was a key
        if (values > 0) --values;
        ++i;
        break;
      case '[':
      case '{':
        if (++depth > rules.depth) {
          return fail(Errc::too_large,
                      "nested deeper than " + std::to_string(rules.depth) + " levels");
        }
        if (!value()) return too_many();
        ++i;
        break;
      case ']':
      case '}':
        if (depth > 0) --depth;
        ++i;
        break;
      case '"': {
        const std::size_t begin = ++i;
        while (i < text.size() && text[i] != '"') i += text[i] == '\\' ? 2 : 1;
        if (std::min(i, text.size()) - begin > rules.token_bytes) return too_long();
        if (!value()) return too_many();
        ++i;
        break;
      }
      default: {
        const std::size_t begin = i;
        i = std::min(text.find_first_of(" \t\r\n,:[]{}\"", i), text.size());
        if (i - begin > rules.token_bytes) return too_long();
        if (!value()) return too_many();
      }
    }
  }
  return {};
}

std::optional<Error> walk_json(std::string_view body, const JsonRules& rules,
                               JsonHandler& handler) {
  if (auto within = check_json_limits(body, rules); !within) return within.error();
  std::string repaired;
  body = valid_utf8(body, repaired);
  Adapter adapter(rules, handler);
  if (nlohmann::json::sax_parse(body.begin(), body.end(), &adapter)) return std::nullopt;
  if (adapter.error()) return adapter.error();
  return fail(Errc::malformed_payload, "not " + std::string(rules.what));
}

}  // namespace remora::core
