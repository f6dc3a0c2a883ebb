// Walks a JSON document as a stream of events, each with its path: no document tree is built, and
// nothing is read of a document that is over a limit.
//
// The one reader of JSON whose size a peer chooses: answers of the metadata endpoint and of checked
// servers, labels, files of checks. Who needs a tree builds it from the events.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "remora/core/error.hpp"

namespace remora::core {

/// What a document may hold, and what messages call it.
struct JsonRules {
  std::size_t depth = 32;                 ///< objects and arrays inside each other
  std::size_t values = 1'000'000;         ///< of any type, keys not counted
  std::size_t token_bytes = 1024 * 1024;  ///< one text, key or number as written
  std::string_view what = "valid JSON";   ///< "not <what>: syntax error at byte 3"
  bool object = false;                    ///< its root must be an object
};

/// Holds `text` against the limits without reading more of it than brackets, quotes and commas.
/// What is no JSON passes as well, but never costs a reader more than the limits: up to its first
/// mistake it looks like JSON. Takes no memory; some 300 MB/s. Errors: too_large, with the limit.
[[nodiscard]] Result<void> check_json_limits(std::string_view text, const JsonRules& rules);

struct JsonValue {
  enum class Type : std::uint8_t { null, boolean, integer, negative, real, text };
  Type type = Type::null;
  std::uint64_t integer = 0;  ///< type integer: not negative, below 2^64
  std::int64_t negative = 0;  ///< type negative
  double real = 0;            ///< type real: fractions, exponents and integers from 2^64 on
  bool boolean = false;
  std::string_view text;  ///< valid during the call

  [[nodiscard]] bool is_null() const { return type == Type::null; }
  [[nodiscard]] bool is_text() const { return type == Type::text; }
  /// null, and the text "None" that a Python server writes for it.
  [[nodiscard]] bool absent() const { return is_null() || (is_text() && text == "None"); }
  /// Not negative and below 2^64; a fraction is cut off. Empty for everything else.
  [[nodiscard]] std::optional<std::uint64_t> as_unsigned() const;
  [[nodiscard]] std::optional<std::int64_t> as_signed() const;
  [[nodiscard]] std::optional<double> as_double() const;
};

/// Where a value is: one step per container around it. Array elements have an empty key.
class JsonPath {
 public:
  [[nodiscard]] std::size_t depth() const { return depth_; }
  [[nodiscard]] std::string_view operator[](std::size_t i) const { return steps_[i].key; }
  [[nodiscard]] bool in_array(std::size_t i) const { return steps_[i].array; }
  /// Of the value itself; empty for the root and elements of arrays.
  [[nodiscard]] std::string_view key() const {
    return depth_ == 0 ? std::string_view() : std::string_view(steps_[depth_ - 1].key);
  }
  [[nodiscard]] bool in_object() const { return depth_ > 0 && !steps_[depth_ - 1].array; }

  void push(bool array);
  void pop() { --depth_; }
  void set_key(std::string_view key) { steps_[depth_ - 1].key.assign(key); }

 private:
  struct Step {
    std::string key;
    bool array = false;
  };
  std::vector<Step> steps_;  // kept between pushes: keys reuse their memory
  std::size_t depth_ = 0;
};

/// Receives the events. Returning a failure ends the walk with it.
class JsonHandler {
 public:
  virtual ~JsonHandler() = default;
  virtual std::optional<Error> on_value(const JsonPath& path, const JsonValue& value) = 0;
  /// An object or array begins at `path`; at depth 0 it is the root.
  virtual std::optional<Error> on_open(const JsonPath& path, bool array) = 0;
  virtual std::optional<Error> on_close(const JsonPath& path, bool array) = 0;
};

/// Walks `body`. Bytes that are not UTF-8 become U+FFFD.
/// Errors: too_large (before the first event), malformed_payload, and those of the handler.
[[nodiscard]] std::optional<Error> walk_json(std::string_view body, const JsonRules& rules,
                                             JsonHandler& handler);

}  // namespace remora::core
