#include "checks/openmetrics/bounds.hpp"

#include <cmath>

#include "checks/openmetrics/number_text.hpp"
#include "remora/core/hash.hpp"

namespace remora::checks::openmetrics {

const Bound* Bounds::of(std::string_view label) {
  Known& known = known_[core::hash_bytes(label, 0) % known_.size()];
  if (!known.label.empty() && known.label == label) return &known.bound;
  double value = 0;
  if (!parse_number(label, value) || std::isnan(value)) return nullptr;
  known.label.assign(label);
  known.bound.value = value;
  known.bound.text.assign(text(value, known.bound.text));
  return &known.bound;
}

std::string_view Bounds::text(double value, std::string& out) const {
  if (value == 0 && plain_zero_) return "0";
  out.resize(kPythonFloatSize);
  out.resize(python_float(value, out.data()).size());
  if (std::isinf(value)) out = value > 0 ? "inf" : "-inf";
  return out;
}

}  // namespace remora::checks::openmetrics
