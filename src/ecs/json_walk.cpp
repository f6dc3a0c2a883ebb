#include "ecs/json_walk.hpp"

#include <cmath>
#include <nlohmann/json.hpp>

#include "remora/core/json_numbers.hpp"
#include "remora/core/utf8.hpp"

namespace remora::ecs {
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

  explicit Adapter(JsonHandler& handler) : handler_(handler) {}
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
    return stop(fail(Errc::malformed_payload,
                     "not a JSON object: syntax error at byte " + std::to_string(position)));
  }

 private:
  bool stop(std::optional<Error> error) {
    error_ = std::move(error);
    return !error_;
  }
  bool value(const JsonValue& v) {
    if (path_.depth() == 0) return stop(fail(Errc::malformed_payload, "not a JSON object"));
    return stop(handler_.on_value(path_, v));
  }
  bool open(bool array) {
    if (path_.depth() == 0 && array) {
      return stop(fail(Errc::malformed_payload, "not a JSON object but an array"));
    }
    if (path_.depth() >= kMaxJsonDepth) {
      return stop(fail(Errc::malformed_payload, "JSON object nested deeper than 32 levels"));
    }
    if (!stop(handler_.on_open(path_, array))) return false;
    path_.push(array);
    return true;
  }
  bool close(bool array) {
    path_.pop();
    return stop(handler_.on_close(path_, array));
  }

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

std::optional<Error> walk_json(std::string_view body, JsonHandler& handler) {
  std::string repaired, finite;
  body = core::finite_numbers(core::valid_utf8(body, repaired), finite);
  Adapter adapter(handler);
  if (nlohmann::json::sax_parse(body.begin(), body.end(), &adapter)) return std::nullopt;
  if (adapter.error()) return adapter.error();
  return fail(Errc::malformed_payload, "not a JSON object");
}

}  // namespace remora::ecs
