// An intake that accepts everything and remembers when how much of it came, but not the content.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zstd.h>

#include "e2e/process.hpp"
#include "e2e/world.hpp"

namespace remora::bench {

struct Arrival {
  std::chrono::steady_clock::time_point at;
  std::string path;
  std::size_t bytes = 0;  ///< of the body, compressed
  std::size_t series = 0;
  bool containers = false;  ///< holds a container.* metric
};

class RecordingIntake {
 public:
  explicit RecordingIntake(e2e::ServerThread& thread, bool decode = true)
      : decode_(decode),
        server_(thread, [this](const net::ServerRequest& request) { return respond(request); }) {}

  [[nodiscard]] std::string url() const { return server_.url(); }
  [[nodiscard]] std::vector<Arrival> arrivals() const {
    const std::scoped_lock lock(mutex_);
    return arrivals_;
  }

 private:
  net::ServerResponse respond(const net::ServerRequest& request) {
    Arrival arrival;
    arrival.at = std::chrono::steady_clock::now();
    arrival.path = request.path();
    arrival.bytes = request.body.size();
    if (arrival.path == "/api/v2/series" && decode_) {
      std::string raw(8 * 1024 * 1024, '\0');
      const std::size_t size =
          ZSTD_decompress(raw.data(), raw.size(), request.body.data(), request.body.size());
      if (ZSTD_isError(size) == 0) {
        raw.resize(size);
        const auto all = e2e::decode_series(raw);
        arrival.series = all.size();
        for (const auto& one : all) arrival.containers |= one.metric.starts_with("container.");
      }
    }
    const bool validation = arrival.path == "/api/v1/validate";
    const std::scoped_lock lock(mutex_);
    arrivals_.push_back(std::move(arrival));
    return {validation ? 200 : 202, "application/json",
            validation ? R"({"valid":true})" : R"({"errors":[]})"};
  }

  bool decode_;
  mutable std::mutex mutex_;
  std::vector<Arrival> arrivals_;
  e2e::Server server_;
};

inline const std::string kApiKey = "0123456789abcdef0123456789abcdef";

/// A UDP port of 127.0.0.1 nobody has right now.
inline std::uint16_t free_udp_port() {
  const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  bind(fd, reinterpret_cast<sockaddr*>(&address), size);
  getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  close(fd);
  return ntohs(address.sin_port);
}

/// Of an agent with DogStatsD sockets of its own, as each has in a task.
inline e2e::Variables agent_variables(const std::string& metadata, const std::string& intake) {
  static std::atomic<int> agents{0};
  const std::string socket_path =
      "/tmp/remora-bench-" + std::to_string(getpid()) + "-" + std::to_string(++agents) + ".sock";
  return {{"DD_DOGSTATSD_PORT", std::to_string(free_udp_port())},
          {"DD_DOGSTATSD_SOCKET", socket_path},
          {"ECS_CONTAINER_METADATA_URI_V4", metadata},
          {"AWS_EXECUTION_ENV", "AWS_ECS_MANAGED_INSTANCES"},
          {"DD_ECS_DEPLOYMENT_MODE", "sidecar"},
          {"DD_API_KEY", kApiKey},
          {"DD_DD_URL", intake}};
}

}  // namespace remora::bench
