// Fetches the task metadata endpoint, with the retry rules ECS needs.
#pragma once

#include <chrono>
#include <string>

#include "remora/core/async.hpp"
#include "remora/core/clock.hpp"
#include "remora/core/error.hpp"
#include "remora/ecs/metadata.hpp"
#include "remora/ecs/stats.hpp"
#include "remora/net/http_client.hpp"
#include "remora/telemetry/counters.hpp"

namespace remora::ecs {

struct MetadataClientOptions {
  net::Url base;                                      ///< ECS_CONTAINER_METADATA_URI_V4
  std::chrono::milliseconds timeout{1000};            ///< per request, connect included
  std::chrono::milliseconds retry_initial{100};       ///< doubles
  std::chrono::milliseconds retry_max_elapsed{3000};  ///< gives up after that
  std::chrono::seconds startup_404{60};               ///< 404 is retried this long after start
  std::size_t max_body_bytes = 4 * 1024 * 1024;
};

/// Retries connect errors, timeouts, 404 (first minute) and 5xx; never 400, 401. At most one
/// redirect is followed, and only on the same origin. After 429 the call fails at once and no
/// request leaves for 1 s, doubling to 30 s while it lasts (callers get `http_status` meanwhile and
/// keep their last good document).
/// Threading: the executor of `http`. Lifetime: `http`, `clock`, `counters` outlive it.
class MetadataClient {
 public:
  MetadataClient(net::HttpClient& http, core::Clock& clock, telemetry::EcsCounters& counters,
                 MetadataClientOptions options);
  /// Errors: timeout, network, http_status (status and first 200 bytes of the text), too_large,
  /// malformed_payload, cancelled. The message names the path below the base address, never the
  /// base itself.
  [[nodiscard]] asio::awaitable<Result<TaskMetadata>> task();
  /// The task with its AWS tags. One request, never repeated here: behind it ECS spends the quota
  /// of its tagging API, which the whole account shares. Same errors.
  [[nodiscard]] asio::awaitable<Result<TaskMetadata>> task_with_tags();
  [[nodiscard]] asio::awaitable<Result<TaskStats>> stats();
  /// The DockerId of the container we run in: GET of the base address itself. Same errors.
  [[nodiscard]] asio::awaitable<Result<std::string>> own_docker_id();
  /// The last component of the base address's path. On Fargate and Managed Instances it is our
  /// DockerId; on EC2 an id that says nothing.
  [[nodiscard]] std::string_view endpoint_id() const;

 private:
  asio::awaitable<Result<TaskMetadata>> fetch_task(std::string path,
                                                   std::chrono::milliseconds retry_for);
  asio::awaitable<Result<std::string>> get(std::string path, std::chrono::milliseconds retry_for);
  asio::awaitable<Result<net::HttpResponse>> exchange(std::string path);
  void note_throttled();
  net::HttpClient& http_;
  core::Clock& clock_;
  telemetry::EcsCounters& counters_;
  MetadataClientOptions options_;
  core::SteadyTime started_;
  core::SteadyTime blocked_until_{};
  std::chrono::milliseconds throttle_delay_{0};
};

}  // namespace remora::ecs
