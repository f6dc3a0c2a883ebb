#include "checks/redisdb/slow_log.hpp"

#include <algorithm>

namespace remora::checks::redisdb {
namespace {

constexpr std::string_view kBlanks = " \t\r\n\v\f";

std::string_view first_word(const std::vector<RespValue>& argv) {
  for (const RespValue& argument : argv) {
    std::string_view text = argument.text();
    const auto begin = text.find_first_not_of(kBlanks);
    if (begin == std::string_view::npos) continue;
    text.remove_prefix(begin);
    return text.substr(0, text.find_first_of(kBlanks));
  }
  return {};
}

}  // namespace

std::vector<SlowCommand> SlowLog::take_new(const RespValue& answer, std::size_t limit) {
  std::vector<SlowCommand> fresh;
  Place newest = newest_;
  for (const RespValue& entry : answer.items()) {
    if (fresh.size() == limit) break;
    // Number, Unix time, microseconds, arguments; Redis Enterprise has a complexity before those.
    const std::vector<RespValue> fields = entry.items();
    if (fields.size() < 4 || fields[0].type() != RespType::integer ||
        fields[1].type() != RespType::integer || fields[2].type() != RespType::integer) {
      continue;
    }
    const Place place{fields[1].integer(), fields[0].integer()};
    if (place <= newest_) continue;
    newest = std::max(newest, place);
    const bool shifted = fields[3].type() != RespType::array && fields.size() > 4;
    fresh.push_back(
        {first_word(fields[shifted ? 4 : 3].items()), static_cast<double>(fields[2].integer())});
  }
  newest_ = newest;
  return fresh;
}

}  // namespace remora::checks::redisdb
