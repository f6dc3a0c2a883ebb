#include "remora/autodiscovery/fault.hpp"

#include "remora/core/ascii.hpp"

namespace remora::autodiscovery {

bool is_label(std::string_view place) {
  return !place.starts_with('/') && core::ascii_lower(place).find("datadog") != std::string::npos;
}

std::string to_string(const Fault& fault) {
  std::string out;
  if (!fault.container.empty()) out += "container \"" + fault.container + "\"";
  if (!fault.place.empty()) {
    if (!out.empty()) out += is_label(fault.place) ? ", label " : ", file ";
    out += fault.place;
  }
  if (!out.empty()) out += ": ";
  out += fault.message;
  if (!fault.correction.empty()) out += " (write: " + fault.correction + ")";
  return out;
}

void FaultList::add(Fault fault) {
  ++count_;
  if (fault.severity == Severity::error) ++errors_;
  if (kept_.size() < kMax) kept_.push_back(std::move(fault));
}

void FaultList::add(const FaultList& others) {
  for (const Fault& fault : others.kept_) {
    if (kept_.size() == kMax) break;
    kept_.push_back(fault);
  }
  count_ += others.count_;
  errors_ += others.errors_;
}

}  // namespace remora::autodiscovery
