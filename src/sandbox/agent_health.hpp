// Asks `agent health`, as the health check of the task definition would.
#pragma once

#include <string>
#include <vector>

#include "remora/core/async.hpp"
#include "remora/core/clock.hpp"
#include "sandbox/child_process.hpp"

namespace remora::sandbox {

struct HealthAnswer {
  bool healthy = false;
  std::string text;  ///< its output in one line, or why there is none
};

/// One run of `<agent> health` with the agent's own environment; unhealthy after 5 s, the timeout
/// of the health check in the published task definitions. `clock` outlives the coroutine.
[[nodiscard]] asio::awaitable<HealthAnswer> ask_health(core::Clock& clock, std::string agent,
                                                       Variables environment);

/// The lines of `agent health` as one: blanks between, headings without their marks.
[[nodiscard]] std::string one_line(const std::vector<std::string>& lines);

}  // namespace remora::sandbox
