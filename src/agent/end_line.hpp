// The last line of the log: what became of everything the agent had to send.
#pragma once

#include <chrono>
#include <cstdint>

#include "remora/forwarder/intake.hpp"

namespace remora::agent {

/// "everything sent" only where nothing was lost: not at the stop, not to a full queue, not to an
/// intake that refused it (a wrong key).
void log_end(const forwarder::DrainReport& report, std::uint64_t sent_payloads,
             std::chrono::milliseconds took);

}  // namespace remora::agent
