// A Datadog intake of our own: takes what a real one takes and refuses what a real one refuses.
//
// Source of paths and limits: DataDog/datadog-agent pkg/config/setup (serializer_max_*),
// comp/forwarder/defaultforwarder/endpoints.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "remora/core/clock.hpp"
#include "remora/net/http_server.hpp"
#include "sandbox/received.hpp"

namespace remora::sandbox {

/// One request that was accepted, for `--json`.
struct AcceptedPayload {
  core::WallTime at;
  std::string path, content_encoding;
  std::size_t bytes = 0, uncompressed_bytes = 0;
  std::vector<ReceivedSeries> series;
  std::vector<ReceivedSketch> sketches;
  std::vector<ReceivedEvent> events;
  std::vector<ReceivedServiceCheck> service_checks;
};

/// Threading: the loop. Lifetime: `clock` and `received` outlive it.
class Intake {
 public:
  Intake(std::string api_key, const core::Clock& clock, Received& received)
      : api_key_(std::move(api_key)), clock_(clock), received_(received) {}

  /// 202 accepted; 400 undecodable body, unknown encoding or wrong content type; 403 unknown key;
  /// 404 unknown path; 405 wrong method; 413 over a limit. A refusal is counted with its reason.
  [[nodiscard]] net::ServerResponse answer(const net::ServerRequest& request);

  void on_accepted(std::function<void(AcceptedPayload)> listener) {
    on_accepted_ = std::move(listener);
  }

 private:
  net::ServerResponse refuse(int status, const net::ServerRequest& request, std::string reason);
  net::ServerResponse take(const net::ServerRequest& request, const std::string& kind);

  std::string api_key_;
  const core::Clock& clock_;
  Received& received_;
  std::function<void(AcceptedPayload)> on_accepted_;
};

}  // namespace remora::sandbox
