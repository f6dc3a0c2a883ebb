// One sample line: name{labels} value [timestamp] [# exemplar].
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "remora/checks/openmetrics/exposition.hpp"

namespace remora::checks::openmetrics {

/// Reads the name first and the rest on demand, so that lines nobody wants cost little. The buffers
/// are reused: in steady state nothing is allocated.
class SampleReader {
 public:
  SampleReader(std::size_t max_labels, std::size_t max_label_bytes)
      : max_labels_(max_labels), max_label_bytes_(max_label_bytes) {}

  /// Takes a line without surrounding space. Why it cannot be read (a literal), or empty. The name
  /// is empty when it stands between the braces, as quoted UTF-8 names do: `rest` finds it there.
  [[nodiscard]] std::string_view begin(std::string_view line, std::string_view& name);
  /// The rest of that line. Views of `out` live until the next `begin`, and as long as the line.
  [[nodiscard]] std::string_view rest(Sample& out);

 private:
  [[nodiscard]] std::string_view labels();
  [[nodiscard]] std::string_view value_and_tail(double& value);
  [[nodiscard]] bool quoted(std::string_view& out);
  void unescape(const char* from, const char* to, std::string_view& out);
  void skip_space() {
    while (at_ != end_ && (*at_ == ' ' || *at_ == '\t')) ++at_;
  }

  std::size_t max_labels_, max_label_bytes_;
  const char* begin_ = nullptr;
  const char* at_ = nullptr;
  const char* end_ = nullptr;
  std::string_view name_;
  std::vector<Label> labels_;
  std::string scratch_;  ///< values with escapes resolved; room for the whole line from the first
  bool scratch_used_ = false;
};

/// A name that needs no quotes: letters, digits, `_` and `:`, no digit first.
[[nodiscard]] bool is_plain_name(std::string_view name) noexcept;

/// Appends `text` to `out` with \\, \" and \n resolved; any other backslash stays.
void append_unescaped(std::string_view text, std::string& out);

}  // namespace remora::checks::openmetrics
