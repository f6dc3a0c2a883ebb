// What `agent status` shows about one check.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "remora/core/clock.hpp"
#include "remora/telemetry/status.hpp"

namespace remora::checks {

class RunRecord {
 public:
  /// One run ended. `error` is empty when it went well.
  void record(std::chrono::milliseconds elapsed, core::WallTime at, std::uint64_t samples,
              std::uint64_t service_checks, std::string error);
  /// Of the run just recorded.
  void add_details(std::uint64_t buckets, std::vector<std::string> warnings,
                   std::vector<std::string> notes);

  [[nodiscard]] bool ran() const noexcept { return runs_ > 0; }
  [[nodiscard]] bool failed() const noexcept { return !last_error_.empty(); }
  /// Field names of the Datadog Agent's status page. `id`: empty = the name; `source`: left out
  /// when empty.
  [[nodiscard]] telemetry::StatusNode node(std::string_view name, std::string_view id = {},
                                           std::string_view source = {}) const;

 private:
  struct Total {
    std::uint64_t last = 0, total = 0;
    void add(std::uint64_t n);
    [[nodiscard]] std::string text() const;
  };
  std::uint64_t runs_ = 0;
  Total samples_, service_checks_, buckets_;
  std::chrono::milliseconds last_elapsed_{0}, total_elapsed_{0};
  core::WallTime last_run_{};
  std::optional<core::WallTime> last_success_;
  std::string last_error_;
  std::vector<std::string> warnings_, notes_;
};

}  // namespace remora::checks
