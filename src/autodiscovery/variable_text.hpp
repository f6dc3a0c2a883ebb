// %%variables%% as the Agent reads them: while a text is read, the per-mille sign stands for %%.
//
// '%' cannot begin a plain YAML scalar, so `host: %%host%%` is no YAML before the exchange. Source:
// DataDog/datadog-agent comp/core/autodiscovery/configresolver.
#pragma once

#include <string>
#include <string_view>

namespace remora::autodiscovery {

inline constexpr std::string_view kMark = "\u2030";

[[nodiscard]] inline std::string exchanged(std::string_view text, std::string_view from,
                                           std::string_view to) {
  std::string out;
  out.reserve(text.size());
  std::size_t begin = 0;
  for (auto at = text.find(from); at != std::string_view::npos; at = text.find(from, begin)) {
    out += text.substr(begin, at - begin);
    out += to;
    begin = at + from.size();
  }
  out += text.substr(begin);
  return out;
}

[[nodiscard]] inline std::string with_marks(std::string_view text) {
  return exchanged(text, "%%", kMark);
}
[[nodiscard]] inline std::string without_marks(std::string_view text) {
  return exchanged(text, kMark, "%%");
}

}  // namespace remora::autodiscovery
