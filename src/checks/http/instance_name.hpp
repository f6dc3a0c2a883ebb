// The `name` of an instance as a tag of http_check and tcp_check.
#pragma once

#include <string>
#include <string_view>

namespace remora::checks {

/// Blanks and , + * - / ( ) [ ] { } become one '_' each run; none at an end or beside a '.'.
/// Source: DataDog/integrations-core datadog_checks_base checks/base.py (normalize_tag).
[[nodiscard]] inline std::string normalized_name(std::string_view name) {
  std::string out;
  for (const char c : name) {
    const bool replaced = std::string_view(",+*-/()[]{}_ \t\n\r\v\f").find(c) != std::string::npos;
    if (!replaced) {
      if (c == '.') {
        while (out.ends_with('_')) out.pop_back();
      }
      out += c;
    } else if (!out.empty() && out.back() != '_' && out.back() != '.') {
      out += '_';
    }
  }
  while (out.ends_with('_')) out.pop_back();
  return out;
}

}  // namespace remora::checks
