// Reads the options of a check instance, as loosely as the checks of the Agent do.
//
// Labels in the wild carry numbers and booleans as text ("port":"6379", "dbm":"true").
// Source: DataDog/integrations-core datadog_checks_base (is_affirmative, int(), float()).
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "remora/model/value.hpp"

namespace remora::model {

/// Text is true only as yes, true, 1, y or on, in any case; other values by their truthiness: zero,
/// null and what is empty are false.
[[nodiscard]] bool affirmative(const Value& value);
/// A whole number, also as text or boolean; a fraction is cut off. Empty for everything else.
[[nodiscard]] std::optional<std::int64_t> as_integer(const Value& value);
/// A finite number, also as text or boolean. Empty for everything else.
[[nodiscard]] std::optional<double> as_number(const Value& value);
/// A scalar as text: 6379 is "6379", true is "true". Empty for null, lists and objects.
[[nodiscard]] std::optional<std::string> as_text(const Value& value);

/// Reads a map by key, notes what could not be read and which keys nobody asked for.
/// Null counts as absent. Lifetime: the value outlives the reader.
class ValueReader {
 public:
  /// Anything but a map reads as an empty one.
  explicit ValueReader(const Value& map) : map_(map.map()) {}

  [[nodiscard]] std::string text(std::string_view key, std::string_view fallback = "");
  [[nodiscard]] std::int64_t integer(std::string_view key, std::int64_t fallback);
  [[nodiscard]] double number(std::string_view key, double fallback);
  [[nodiscard]] bool boolean(std::string_view key, bool fallback);
  /// A list of scalars; a single scalar is a list of one. Items of other types are problems.
  [[nodiscard]] std::vector<std::string> texts(std::string_view key);
  /// The value itself; null when absent.
  [[nodiscard]] const Value* value(std::string_view key);
  [[nodiscard]] bool has(std::string_view key) const;

  /// One line each, naming the option and what it should be; never its value.
  [[nodiscard]] const std::vector<std::string>& problems() const { return problems_; }
  /// The keys that were there and not asked for, in the order written.
  [[nodiscard]] std::vector<std::string> unread() const;

 private:
  void problem(std::string_view key, const Value& value, std::string_view wanted);
  const Map* map_;
  std::set<std::string, std::less<>> read_;
  std::vector<std::string> problems_;
};

}  // namespace remora::model
