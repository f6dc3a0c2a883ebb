// SLOWLOG GET: which entries are new since the last run.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "checks/redisdb/resp.hpp"

namespace remora::checks::redisdb {

/// What the server keeps at most unless `slowlog-max-len` asks for more.
inline constexpr std::int64_t kDefaultSlowLogEntries = 128;

struct SlowCommand {
  std::string_view command;  ///< first word; empty when the server does not say
  double micros = 0;
};

/// Remembers the newest entry it has seen. An entry is new when it is younger, or of the same
/// second with a higher number; the first time all are.
class SlowLog {
 public:
  /// The new ones of `answer`, at most `limit`. Entries that do not read are left out.
  [[nodiscard]] std::vector<SlowCommand> take_new(const RespValue& answer, std::size_t limit);

 private:
  struct Place {
    std::int64_t time = 0, id = -1;
    friend auto operator<=>(const Place&, const Place&) = default;
  };
  Place newest_;
};

}  // namespace remora::checks::redisdb
