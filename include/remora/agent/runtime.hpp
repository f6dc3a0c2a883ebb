// The composition root: builds, wires, starts and stops every component. No logic lives here.
#pragma once

#include "remora/config/load.hpp"

namespace remora::agent {

/// The daemon in the foreground, until SIGTERM or SIGINT. Returns the exit code of the process:
/// 0 after a clean stop, 1 when it could not start (one line on stderr says why).
///
/// Never returns before the stop sequence is over, and never later than `stop_timeout` after the
/// signal (docs/architecture.md has the sequence). A second signal ends it at once.
[[nodiscard]] int run_agent(const config::Loaded& loaded);

}  // namespace remora::agent
