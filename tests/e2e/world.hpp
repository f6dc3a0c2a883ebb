// The two servers an agent talks to: a metadata endpoint with a living task, and an intake.
//
// The intake decodes with a reader of its own, written from the published schema and not from our
// encoder, so both would have to be wrong in the same way to agree.
#pragma once

#include <zstd.h>

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <functional>
#include <memory>
#include <mutex>
#include <protozero/pbf_reader.hpp>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "remora/net/http_server.hpp"

namespace remora::e2e {

struct ReceivedSeries {
  std::string metric;
  std::vector<std::string> tags;
  std::vector<std::pair<std::int64_t, double>> points;  // timestamp, value
  int type = 0;
  std::int64_t interval = 0;
  bool host_resource = false;

  [[nodiscard]] bool has(std::string_view tag) const {
    for (const auto& t : tags) {
      if (t == tag) return true;
    }
    return false;
  }
};

// Source: DataDog/agent-payload proto/metrics/agent_payload.proto, message MetricPayload.
inline std::vector<ReceivedSeries> decode_series(const std::string& payload) {
  std::vector<ReceivedSeries> all;
  protozero::pbf_reader message(payload);
  while (message.next(1)) {
    ReceivedSeries series;
    protozero::pbf_reader fields = message.get_message();
    while (fields.next()) {
      switch (fields.tag()) {
        case 1: {
          protozero::pbf_reader resource = fields.get_message();
          while (resource.next()) {
            if (resource.tag() == 1)
              series.host_resource |= resource.get_string() == "host";
            else
              resource.skip();
          }
          break;
        }
        case 2:
          series.metric = fields.get_string();
          break;
        case 3:
          series.tags.push_back(fields.get_string());
          break;
        case 4: {
          protozero::pbf_reader point = fields.get_message();
          std::pair<std::int64_t, double> p{0, 0};
          while (point.next()) {
            if (point.tag() == 1)
              p.second = point.get_double();
            else if (point.tag() == 2)
              p.first = point.get_int64();
            else
              point.skip();
          }
          series.points.push_back(p);
          break;
        }
        case 5:
          series.type = fields.get_enum();
          break;
        case 8:
          series.interval = fields.get_int64();
          break;
        default:
          fields.skip();
      }
    }
    all.push_back(std::move(series));
  }
  return all;
}

/// A thread with an io_context for the servers of a test.
class ServerThread {
 public:
  ServerThread() : work_(asio::make_work_guard(io)), thread_([this] { io.run(); }) {}
  ~ServerThread() {
    io.stop();
    thread_.join();
  }
  asio::io_context io{1};

 private:
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  std::thread thread_;
};

/// A server that answers with what `respond` says. Threading: `respond` runs on the server's
/// thread.
class Server {
 public:
  using Respond = std::function<net::ServerResponse(const net::ServerRequest&)>;
  Server(ServerThread& thread, Respond respond) : respond_(std::move(respond)) {
    net::ServerOptions options;
    options.max_body_bytes = 16 * 1024 * 1024;
    options.max_connections = 2048;  // a fleet of agents in the benchmarks
    auto server = net::HttpServer::listen(
        thread.io.get_executor(), options,
        [this](net::ServerRequest request) -> asio::awaitable<net::ServerResponse> {
          co_return respond_(request);
        });
    if (!server) throw std::runtime_error(server.error().message());
    server_ = std::move(*server);
    asio::co_spawn(thread.io, server_->run(), asio::detached);
  }
  [[nodiscard]] std::string url() const {
    return "http://127.0.0.1:" + std::to_string(server_->port());
  }

 private:
  Respond respond_;
  std::unique_ptr<net::HttpServer> server_;
};

/// An intake. Answers 202 unless `status` says otherwise; remembers every series it accepted.
class Intake {
 public:
  explicit Intake(ServerThread& thread)
      : server_(thread, [this](const net::ServerRequest& r) { return respond(r); }) {}

  std::atomic<int> status{202};
  std::atomic<int> requests{0};
  std::atomic<bool> bad_request_seen{false};
  std::string expected_key = "00d1e2f3a4b5c6d78091a2b3c4d5e6f7";

  [[nodiscard]] std::string url() const { return server_.url(); }
  [[nodiscard]] std::vector<ReceivedSeries> series() const {
    const std::scoped_lock lock(mutex_);
    return series_;
  }
  /// Values of `metric` for the container `name`, in the order of arrival.
  [[nodiscard]] std::vector<double> values(std::string_view metric,
                                           std::string_view container) const {
    std::vector<double> all;
    const std::string tag = "ecs_container_name:" + std::string(container);
    for (const auto& s : series()) {
      if (s.metric != metric || !s.has(tag)) continue;
      for (const auto& p : s.points) all.push_back(p.second);
    }
    return all;
  }
  [[nodiscard]] bool has(std::string_view metric) const {
    for (const auto& s : series()) {
      if (s.metric == metric) return true;
    }
    return false;
  }

 private:
  net::ServerResponse respond(const net::ServerRequest& request) {
    ++requests;
    if (request.path() == "/api/v1/validate") {
      return {status == 202 ? 200 : status.load(), "application/json", R"({"valid":true})"};
    }
    if (status != 202) return {status, "application/json", R"({"errors":["not now"]})"};
    if (request.header("dd-api-key") != expected_key) {
      bad_request_seen = true;
      return {403, "application/json", R"({"errors":["Forbidden"]})"};
    }
    if (request.path() == "/api/v2/series") {
      std::string raw(8 * 1024 * 1024, '\0');
      const std::size_t size =
          ZSTD_decompress(raw.data(), raw.size(), request.body.data(), request.body.size());
      if (request.header("content-encoding") != "zstd" || ZSTD_isError(size) != 0) {
        bad_request_seen = true;
        return {400, "application/json", R"({"errors":["bad body"]})"};
      }
      raw.resize(size);
      auto decoded = decode_series(raw);
      const std::scoped_lock lock(mutex_);
      series_.insert(series_.end(), decoded.begin(), decoded.end());
    }
    return {202, "application/json", R"({"errors":[]})"};
  }

  mutable std::mutex mutex_;
  std::vector<ReceivedSeries> series_;
  Server server_;
};

/// A task whose containers use CPU at a constant rate from the moment the test starts it.
class Task {
 public:
  explicit Task(ServerThread& thread)
      : server_(thread, [this](const net::ServerRequest& r) { return respond(r); }) {}

  static constexpr double kCpuNanosecondsPerSecond = 250'000'000;  // a quarter of a core
  std::atomic<int> status{200};  ///< anything but 200: every request fails with it
  std::atomic<int> requests{0};

  [[nodiscard]] std::string url() const { return server_.url() + "/v4/" + kAgentId; }
  void set_containers(std::vector<std::string> names) {
    const std::scoped_lock lock(mutex_);
    names_ = std::move(names);
  }
  static std::string id(const std::string& name) {
    return std::string(kTaskId) + "-" +
           std::to_string(1000000000 + std::hash<std::string>{}(name) % 899999999);
  }

 private:
  static constexpr const char* kTaskId = "0123456789abcdef0123456789abcdef";
  static constexpr const char* kAgentId = "0123456789abcdef0123456789abcdef-1000000001";

  net::ServerResponse respond(const net::ServerRequest& request) {
    ++requests;
    if (status != 200)
      return {status, "application/json", R"("V4 task metadata handler: not now")"};
    const std::string path(request.path());
    const std::scoped_lock lock(mutex_);
    if (path.ends_with("/task/stats")) return {200, "application/json", stats()};
    if (path.ends_with("/task")) return {200, "application/json", task()};
    return {404, "application/json", R"("V4 container metadata handler: not found")"};
  }
  std::string task() const {
    std::string containers;
    for (const auto& name : names_) {
      containers +=
          (containers.empty() ? "" : ",") + std::string(R"({"DockerId":")") + id(name) +
          R"(","Name":")" + name + R"(","DockerName":")" + name + R"(","Image":")" + name +
          R"(:7","ImageID":"sha256:00","DesiredStatus":"RUNNING","KnownStatus":"RUNNING",)" +
          R"("Limits":{"CPU":2},"StartedAt":"2026-01-02T03:04:05.678901234Z","Type":"NORMAL"})";
    }
    return R"({"Cluster":"arn:aws:ecs:us-west-2:111122223333:cluster/demo","TaskARN":)"
           R"("arn:aws:ecs:us-west-2:111122223333:task/demo/0123456789abcdef0123456789abcdef",)"
           R"("Family":"shop","Revision":"3","KnownStatus":"RUNNING","Limits":{"CPU":0.5,"Memory":1024},)"
           R"("AvailabilityZone":"us-west-2b","LaunchType":"MANAGED_INSTANCES","ServiceName":"Shop-Svc",)"
           R"("Containers":[)" +
           containers + "]}";
  }
  std::string stats() const {
    const double elapsed =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count();
    // The time of the reading, as the endpoint tells it: rates are per second of it.
    const auto wall = std::chrono::system_clock::now();
    const std::time_t seconds = std::chrono::system_clock::to_time_t(wall);
    const auto nanoseconds = std::chrono::duration_cast<std::chrono::nanoseconds>(
                                 wall - std::chrono::system_clock::from_time_t(seconds))
                                 .count();
    std::tm utc{};
    gmtime_r(&seconds, &utc);
    char date[32], read[64];
    std::strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &utc);
    std::snprintf(read, sizeof read, "%s.%09ldZ", date, static_cast<long>(nanoseconds));
    const auto total =
        std::to_string(static_cast<std::uint64_t>(1e9 + elapsed * kCpuNanosecondsPerSecond));
    std::string entries;
    for (const auto& name : names_) {
      entries +=
          (entries.empty() ? "\"" : ",\"") + id(name) + R"(":{"read":")" + read +
          R"(","preread":"2026-01-02T03:04:55.1Z","pids_stats":{},)"
          R"("blkio_stats":{"io_service_bytes_recursive":[{"major":259,"minor":1,"op":"read","value":4096}],)"
          R"("io_serviced_recursive":null},"cpu_stats":{"cpu_usage":{"total_usage":)" +
          total +
          R"(,"usage_in_kernelmode":500000000,"usage_in_usermode":1500000000},)"
          R"("system_cpu_usage":90000000000,"online_cpus":2},"memory_stats":{"usage":52428800,)"
          R"("stats":{"anon":20971520,"file":31457280,"inactive_file":10485760,"pgfault":100},)"
          R"("limit":18446744073709551615}})";
    }
    return "{" + entries + "}";
  }

  std::mutex mutex_;
  std::vector<std::string> names_{"app", "datadog-agent", "redis"};
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
  Server server_;
};

inline const std::string kAgentProgram = REMORA_PROGRAMS "/agent";

/// The variables of an agent in `task` that ships to `intake`. A key of its own per test keeps the
/// command line of one test away from the agent of another.
inline std::map<std::string, std::string> agent_variables(const Task& task, const Intake& intake) {
  return {{"ECS_CONTAINER_METADATA_URI_V4", task.url()},
          {"AWS_EXECUTION_ENV", "AWS_ECS_MANAGED_INSTANCES"},
          {"DD_ECS_DEPLOYMENT_MODE", "sidecar"},
          {"DD_API_KEY", intake.expected_key},
          {"DD_DD_URL", intake.url()}};
}

}  // namespace remora::e2e
