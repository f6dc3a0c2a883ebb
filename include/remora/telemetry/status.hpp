// What a component says about itself in `agent status`: an ordered tree of names and values.
//
// `api` renders it as text and as JSON; the component knows neither form.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace remora::telemetry {

using StatusValue = std::variant<std::string, std::int64_t, std::uint64_t, double, bool>;

struct StatusNode {
  std::string title;
  std::vector<std::pair<std::string, StatusValue>> fields;  ///< in the order shown
  std::vector<StatusNode> children;

  StatusNode& add(std::string name, std::string_view value) {
    fields.emplace_back(std::move(name), std::string(value));
    return *this;
  }
  StatusNode& add(std::string name, const char* value) {
    return add(std::move(name), std::string_view(value));
  }
  template <class T>
  requires std::is_arithmetic_v<T> StatusNode& add(std::string name, T value) {
    if constexpr (std::is_same_v<T, bool>)
      fields.emplace_back(std::move(name), value);
    else if constexpr (std::is_floating_point_v<T>)
      fields.emplace_back(std::move(name), double{value});
    else if constexpr (std::is_signed_v<T>)
      fields.emplace_back(std::move(name), std::int64_t{value});
    else
      fields.emplace_back(std::move(name), std::uint64_t{value});
    return *this;
  }
};

/// Implemented by components that have a block in `agent status`.
/// Threading: called on the loop's thread; must not block.
class StatusSource {
 public:
  virtual ~StatusSource() = default;
  [[nodiscard]] virtual StatusNode status() const = 0;
};

}  // namespace remora::telemetry
