// What is wrong with one domain, since when, in one line for operators.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "remora/core/clock.hpp"

namespace remora::forwarder {

struct Problem {
  std::string text;  ///< "status 503 on /api/v2/series"; never a secret
  bool network = false;
  core::SteadyTime since{};
  core::WallTime since_wall{};
};

/// A failure on the way (network, TLS, time-out) ends with any success at the domain; a status is
/// about one path and one key and ends with a success there.
class EndpointHealth {
 public:
  /// `since` stays that of the first failure in a row.
  void failed(std::string_view path, std::size_t key, Problem problem);
  void succeeded(std::string_view path, std::size_t key);
  /// The problem that lasts longest; nothing when all is well.
  [[nodiscard]] const Problem* worst() const;

 private:
  std::map<std::pair<std::string_view, std::size_t>, Problem> problems_;
};

/// "2026-11-23 01:30:00 UTC".
[[nodiscard]] std::string utc(core::WallTime time);

}  // namespace remora::forwarder
