// The daemon's side of the CLI connection.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "remora/api/ipc_auth.hpp"
#include "remora/core/async.hpp"
#include "remora/core/error.hpp"
#include "remora/telemetry/counters.hpp"
#include "remora/telemetry/health.hpp"

namespace remora::api {

struct IpcReply {
  int status = 200;  ///< 200, 404 or 500
  std::string body;
  bool json = false;  ///< one JSON document, or one a line: scrubbed as such
};

/// The gate of everything that is asked of the daemon: bodies are scrubbed (core/scrub.hpp) and
/// made printable (core/printable.hpp) before they leave. Answers
/// "status?format=text&section=forwarder", "health", "config", "hostname", …: it only reads what
/// components already know, and gives the loop back where that is much. Runs on after the caller
/// has gone; `IpcServer::run` waits for it.
using IpcHandler = std::function<asio::awaitable<IpcReply>(std::string request)>;

/// At most 64 connections at a time, 4 KiB of request, 200 ms until the caller has proved to know
/// the secret and 2 s from there, 4 MiB of reply, 8 MiB of replies that wait to be read. With all
/// places taken the oldest caller that has said nothing is closed for a new one, or else the oldest
/// without a proof; while all have one, more wait in the kernel's queue. A caller that breaks the
/// protocol, does not know the secret, takes too long or is displaced is closed without an answer
/// and counted in `ipc_rejected`. Threading: the loop. Lifetime: counters and health must outlive
/// it; it must outlive `run()`.
class IpcServer {
 public:
  /// Errors: io when none of the names can be bound, invalid_config when the secret is empty.
  [[nodiscard]] static Result<std::unique_ptr<IpcServer>> listen(asio::any_io_executor executor,
                                                                 const IpcIdentity& identity,
                                                                 telemetry::Counters& counters,
                                                                 telemetry::HealthComponent& health,
                                                                 IpcHandler handler);
  ~IpcServer();
  /// Accepts until `stop()` or a terminal cancellation; beats `health` every 5 s, degrades it while
  /// connections cannot be accepted. Returns when every connection has ended.
  [[nodiscard]] asio::awaitable<void> run();
  /// Closes the socket and all connections.
  void stop();

 private:
  struct Impl;
  explicit IpcServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace remora::api
