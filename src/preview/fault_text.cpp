#include "preview/fault_text.hpp"

#include "remora/autodiscovery/labels.hpp"
#include "remora/autodiscovery/parse.hpp"
#include "remora/taskdef/label_syntax.hpp"

namespace remora::preview {
std::string to_paste(const autodiscovery::Fault& fault, taskdef::Syntax syntax) {
  const std::string& text = fault.correction;
  // "<label> = <value>" of labels that are missing.
  if (text.starts_with(autodiscovery::kLabelPrefix)) {
    const auto equals = text.find(" = ");
    if (equals == std::string::npos) return text;
    return taskdef::label_line(text.substr(0, equals), text.substr(equals + 3), syntax);
  }
  if (!fault.place.starts_with(autodiscovery::kLabelPrefix) || fault.part) return text;
  const auto value = autodiscovery::parse_json(text);
  if (!value) return text;
  const bool one_object = fault.place == std::string(autodiscovery::kLabelPrefix) + "checks";
  const bool whole = one_object ? value->map() != nullptr : value->list() != nullptr;
  return whole ? taskdef::label_line(fault.place, text, syntax) : text;
}

}  // namespace remora::preview
