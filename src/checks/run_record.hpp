// What `agent status` shows about one check.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "remora/core/clock.hpp"
#include "remora/telemetry/status.hpp"

namespace remora::checks {

class RunRecord {
 public:
  /// One run ended. `error` is empty when it went well.
  void record(std::chrono::milliseconds elapsed, core::WallTime at, std::uint64_t samples,
              std::uint64_t service_checks, std::string error);

  [[nodiscard]] bool ran() const noexcept { return runs_ > 0; }
  [[nodiscard]] bool failed() const noexcept { return !last_error_.empty(); }
  /// Field names of the Datadog Agent's status page.
  [[nodiscard]] telemetry::StatusNode node(std::string_view name) const;

 private:
  struct Total {
    std::uint64_t last = 0, total = 0;
    void add(std::uint64_t n);
    [[nodiscard]] std::string text() const;
  };
  std::uint64_t runs_ = 0;
  Total samples_, service_checks_;
  std::chrono::milliseconds last_elapsed_{0}, total_elapsed_{0};
  core::WallTime last_run_{};
  std::optional<core::WallTime> last_success_;
  std::string last_error_;
};

}  // namespace remora::checks
