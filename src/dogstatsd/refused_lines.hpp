// The last refused line of each reason, fit to be shown: bounded, printable, without secrets.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "remora/dogstatsd/message.hpp"

namespace remora::dogstatsd {

/// At most 120 characters of `line`; control characters and bytes that are not UTF-8 as \\xNN,
/// secrets hidden.
[[nodiscard]] std::string shown_line(std::string_view line);

class RefusedLines {
 public:
  /// Keeps the first bytes of the line; made presentable only when somebody looks.
  void keep(Reject reason, std::string_view line);
  [[nodiscard]] std::string last(Reject reason) const;

 private:
  static constexpr std::size_t kKept = 160;
  std::array<std::string, kRejectCount> last_;
};

}  // namespace remora::dogstatsd
