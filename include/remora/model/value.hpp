// A small tree of values: what a label, a YAML file or an answer of a server said, without the
// library that read it.
//
// Check instances travel in this form from autodiscovery to the checks. Whoever builds a tree from
// bytes of the outside keeps it within `ValueLimits`: everything here recurses once per level.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace remora::model {

/// What a tree built from outside may cost at most.
struct ValueLimits {
  std::size_t input_bytes = 1024 * 1024;
  std::size_t depth = 100;             ///< lists and maps inside each other
  std::size_t nodes = 50'000;          ///< values of any type, repeated ones counted each time
  std::size_t text_bytes = 4'194'304;  ///< of all texts and keys, repeated ones counted each time
};

class Value;
struct MapEntry;

/// Keys and values in the order they were written. A key is there once.
class Map {
 public:
  Map();
  Map(std::initializer_list<MapEntry> entries);
  Map(const Map&);
  Map(Map&&) noexcept;
  Map& operator=(const Map&);
  Map& operator=(Map&&) noexcept;
  ~Map();

  /// Entries with one key become one: the last value, at the place of the first. In n log n.
  [[nodiscard]] static Map from_entries(std::vector<MapEntry> entries);

  [[nodiscard]] const Value* find(std::string_view key) const;
  [[nodiscard]] Value* find(std::string_view key);
  void set(std::string_view key, Value value);
  [[nodiscard]] std::span<const MapEntry> entries() const;
  [[nodiscard]] std::span<MapEntry> entries();
  [[nodiscard]] std::size_t size() const;
  [[nodiscard]] bool empty() const { return size() == 0; }

 private:
  std::vector<MapEntry> entries_;
};

class Value {
 public:
  enum class Type : std::uint8_t { null, boolean, integer, real, text, list, map };
  using List = std::vector<Value>;

  Value();
  Value(std::nullptr_t);
  Value(bool value);
  Value(int value);
  Value(std::int64_t value);
  Value(double value);  ///< finite
  Value(const char* value);
  Value(std::string_view value);
  Value(std::string value);
  Value(List value);
  Value(Map value);
  Value(const Value&);
  Value(Value&&) noexcept;
  Value& operator=(const Value&);
  Value& operator=(Value&&) noexcept;
  ~Value();

  [[nodiscard]] Type type() const { return static_cast<Type>(data_.index()); }
  [[nodiscard]] bool is_null() const { return type() == Type::null; }

  /// Null when the value is of another type.
  [[nodiscard]] const bool* boolean() const { return std::get_if<bool>(&data_); }
  [[nodiscard]] const std::int64_t* integer() const { return std::get_if<std::int64_t>(&data_); }
  [[nodiscard]] const double* real() const { return std::get_if<double>(&data_); }
  [[nodiscard]] const std::string* text() const { return std::get_if<std::string>(&data_); }
  [[nodiscard]] std::string* text() { return std::get_if<std::string>(&data_); }
  [[nodiscard]] const List* list() const { return std::get_if<List>(&data_); }
  [[nodiscard]] List* list() { return std::get_if<List>(&data_); }
  [[nodiscard]] const Map* map() const { return std::get_if<Map>(&data_); }
  [[nodiscard]] Map* map() { return std::get_if<Map>(&data_); }

  /// The value of `key`; null where this is no map, or has no such key.
  [[nodiscard]] const Value* find(std::string_view key) const;

  /// Deep. The order of keys does not count; 1 and 1.0 differ.
  friend bool operator==(const Value& a, const Value& b);

  /// JSON without blanks, keys in the order written.
  [[nodiscard]] std::string json_text() const;
  /// JSON without blanks, keys sorted: equal values have equal texts. What digests are made of.
  [[nodiscard]] std::string canonical_text() const;
  /// The values of the tree, this one included.
  [[nodiscard]] std::size_t node_count() const;
  /// The bytes of all texts and keys of the tree.
  [[nodiscard]] std::size_t text_bytes() const;

 private:
  std::variant<std::monostate, bool, std::int64_t, double, std::string, List, Map> data_;
};

struct MapEntry {
  std::string key;
  Value value;
};

/// "null", "a boolean", "a number", "a text", "a list", "an object": for messages.
[[nodiscard]] std::string_view type_name(Value::Type type);

}  // namespace remora::model
