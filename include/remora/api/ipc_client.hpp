// The CLI's side: one blocking request with a deadline, no Asio, so `agent health` starts in a
// millisecond.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "remora/api/ipc_auth.hpp"
#include "remora/api/ipc_server.hpp"
#include "remora/core/error.hpp"

namespace remora::api {

/// Speaks to whoever listens on one of the names, all at the same time: an impostor that keeps
/// silent costs no time. `request` is one line of printable ASCII, at most 4 KiB with its proof.
/// Errors: not_found (no daemon listens), unauthorized (somebody listens who does not know the
/// secret, or refuses ours), timeout, io.
[[nodiscard]] Result<IpcReply> ipc_request(const IpcIdentity& identity, std::string_view request,
                                           std::chrono::milliseconds timeout);

}  // namespace remora::api
