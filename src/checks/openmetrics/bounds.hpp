// Bounds of buckets and quantiles: text of a label to a number and the text of a tag.
#pragma once

#include <array>
#include <string>
#include <string_view>

namespace remora::checks::openmetrics {

struct Bound {
  double value = 0;
  std::string text;  ///< as Python's str(float)
  [[nodiscard]] bool infinite() const noexcept { return text.ends_with("inf"); }
};

/// The same few bounds come again for every set of labels: the last ones are remembered.
class Bounds {
 public:
  /// `plain_zero`: zero is spelt "0" in place of "0.0". Fixed for the life of the object.
  explicit Bounds(bool plain_zero) : plain_zero_(plain_zero) {}
  /// Null when `label` is not a number. Lives until the next call.
  [[nodiscard]] const Bound* of(std::string_view label);
  /// Text of a bound that is known as a number.
  [[nodiscard]] std::string_view text(double value, std::string& out) const;

 private:
  struct Known {
    std::string label;
    Bound bound;
  };
  bool plain_zero_;
  std::array<Known, 64> known_;
};

}  // namespace remora::checks::openmetrics
