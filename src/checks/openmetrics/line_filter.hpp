// The option `raw_line_filters`.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "checks/python_regex.hpp"
#include "remora/checks/openmetrics/exposition.hpp"

namespace remora::checks::openmetrics {

class RegexLineFilter final : public LineFilter {
 public:
  /// Empty without patterns: every line passes.
  [[nodiscard]] static Result<std::optional<RegexLineFilter>> make(
      const std::vector<std::string>& patterns) {
    std::optional<RegexLineFilter> out;
    if (patterns.empty()) return out;
    auto regex = PythonRegex::compile_any(patterns);
    if (!regex) return fail(regex.error(), "raw_line_filters");
    out.emplace(RegexLineFilter(std::move(*regex)));
    return out;
  }
  bool drops(std::string_view line) const override { return regex_.found_in(line); }

 private:
  explicit RegexLineFilter(PythonRegex regex) : regex_(std::move(regex)) {}
  PythonRegex regex_;
};

}  // namespace remora::checks::openmetrics
