// Requests to the local Docker Engine over its socket.
//
// Source: Docker Engine API v1.41.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "remora/core/async.hpp"
#include "remora/core/error.hpp"

namespace remora::sandbox {

/// One request for each connection, answers up to 4 MiB. Threading: the loop.
class DockerEngine {
 public:
  explicit DockerEngine(std::string socket_path) : socket_path_(std::move(socket_path)) {}

  /// Status and body, whatever the status. `body` is JSON, or empty.
  /// Errors: io (no engine), timeout (5 s), too_large, malformed_payload.
  [[nodiscard]] asio::awaitable<Result<std::pair<int, std::string>>> request(std::string method,
                                                                             std::string target,
                                                                             std::string body = {});
  /// The body of a GET answered with 200. Errors: as `request`, http_status.
  [[nodiscard]] asio::awaitable<Result<std::string>> get(std::string target);

 private:
  std::string socket_path_;
};

/// The status and body of a whole HTTP/1.0 answer. Errors: malformed_payload.
[[nodiscard]] Result<std::pair<int, std::string>> split_http_answer(std::string_view bytes);

}  // namespace remora::sandbox
