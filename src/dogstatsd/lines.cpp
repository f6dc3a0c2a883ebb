#include "remora/dogstatsd/parser.hpp"

namespace remora::dogstatsd {

bool Lines::next(std::string_view& line) {
  while (!rest_.empty()) {
    const auto end = rest_.find('\n');
    if (end == std::string_view::npos) {
      if (eol_required_) {
        unterminated_ = true;
        rest_ = {};
        return false;
      }
      line = rest_;
      rest_ = {};
    } else {
      line = rest_.substr(0, end);
      rest_.remove_prefix(end + 1);
    }
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (!line.empty()) return true;
  }
  return false;
}

MessageKind kind_of(std::string_view line) {
  if (line.size() < 3 || line[0] != '_') return MessageKind::metric;
  if (line[1] == 'e' && line[2] == '{') return MessageKind::event;
  if (line[1] == 's' && line[2] == 'c') return MessageKind::service_check;
  return MessageKind::metric;
}

}  // namespace remora::dogstatsd
