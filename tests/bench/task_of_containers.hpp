// A metadata endpoint on Managed Instances: as many containers as wanted, each a copy of the one in
// tests/fixtures/ecs with an id, a name and counters of its own. Stats are refreshed every 10 s, as
// there. One server answers for any number of tasks: the path names the task.
#pragma once

#include <cstdio>
#include <ctime>

#include "bench/bench_options.hpp"
#include "e2e/process.hpp"
#include "e2e/world.hpp"
#include "fakes/source_dir.hpp"

namespace remora::bench {

inline Json fixture(const char* name) {
  std::ifstream file((fakes::source_dir() + "/tests/fixtures/ecs/") + name);
  return Json::parse(file);
}

inline std::string task_id(int task) {
  char text[33];
  std::snprintf(text, sizeof text, "%032x", 0x1000 + task);
  return text;
}
inline std::string container_id(int task, int container) {
  return task_id(task) + "-" + std::to_string(1'000'000'001 + container);
}

/// The body of /task.
inline std::string task_document(int task, int containers) {
  static const Json kModel = fixture("task_managed_instances.json");
  Json document = kModel;
  const std::string arn = "arn:aws:ecs:us-west-2:111122223333:task/demo/" + task_id(task);
  document["TaskARN"] = arn;
  document["Containers"] = Json::array();
  for (int i = 0; i < containers; ++i) {
    Json container = kModel["Containers"][0];
    const std::string name = i == 0 ? "datadog-agent" : "service-" + std::to_string(i);
    container["DockerId"] = container_id(task, i);
    container["Name"] = container["DockerName"] = name;
    container["Image"] = "111122223333.dkr.ecr.us-west-2.amazonaws.com/" + name + ":1.2.3";
    container["Labels"]["com.amazonaws.ecs.container-name"] = name;
    container["Labels"]["com.amazonaws.ecs.task-arn"] = arn;
    document["Containers"].push_back(std::move(container));
  }
  return document.dump();
}

/// The body of /task/stats as of `seconds` (Unix): every container uses 5 % of a core.
inline std::string stats_document(int task, int containers, std::int64_t seconds) {
  static const Json kModel = fixture("stats_managed_instances.json").front();
  const auto iso = [](std::int64_t at) {
    const auto t = static_cast<std::time_t>(at);
    std::tm utc{};
    gmtime_r(&t, &utc);
    char text[32];
    std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S.123456789Z", &utc);
    return std::string(text);
  };
  const std::uint64_t total = static_cast<std::uint64_t>(seconds % 10'000'000) * 50'000'000;
  Json document = Json::object();
  for (int i = 0; i < containers; ++i) {
    Json stats = kModel;
    const auto offset = static_cast<std::uint64_t>(i) * 1'000'003;
    stats["read"] = iso(seconds);
    stats["preread"] = iso(seconds - 10);
    stats["cpu_stats"]["cpu_usage"]["total_usage"] = total + offset;
    stats["cpu_stats"]["cpu_usage"]["usage_in_usermode"] = total / 2 + offset;
    stats["cpu_stats"]["system_cpu_usage"] = static_cast<std::uint64_t>(seconds) * 2'000'000'000;
    stats["memory_stats"]["usage"] = 52'428'800 + offset;
    stats["memory_stats"]["stats"]["anon"] = 20'971'520 + offset;
    stats["id"] = container_id(task, i);
    stats["name"] = i == 0 ? "datadog-agent" : "service-" + std::to_string(i);
    document[container_id(task, i)] = std::move(stats);
  }
  return document.dump();
}

class Tasks {
 public:
  Tasks(e2e::ServerThread& thread, int containers)
      : containers_(containers),
        server_(thread, [this](const net::ServerRequest& request) { return respond(request); }) {}

  [[nodiscard]] std::string url(int task) const {
    return server_.url() + "/v4/" + container_id(task, 0);
  }
  std::atomic<int> requests{0};
  std::atomic<bool> has_stats{true};  ///< false: every container is at "no stats yet"

 private:
  net::ServerResponse respond(const net::ServerRequest& request) {
    ++requests;
    const std::string path(request.path());  // /v4/<task id>-<number>/task[/stats]
    if (path.size() < 40) return {404, "application/json", "\"not found\""};
    const int task =
        static_cast<int>(std::strtol(path.substr(4, 32).c_str(), nullptr, 16)) - 0x1000;
    if (path.ends_with("/task") || path.ends_with("/taskWithTags")) {
      auto& body = bodies_[task];
      if (body.empty()) body = task_document(task, containers_);
      return {200, "application/json", body};
    }
    if (!path.ends_with("/task/stats")) return {404, "application/json", "\"not found\""};
    if (!has_stats) {
      Json none = Json::object();
      for (int i = 0; i < containers_; ++i) none[container_id(task, i)] = nullptr;
      return {200, "application/json", none.dump()};
    }
    return {200, "application/json",
            stats_document(task, containers_, std::time(nullptr) / 10 * 10)};
  }

  int containers_;
  std::map<int, std::string> bodies_;  ///< of /task; the server's thread only
  e2e::Server server_;
};

}  // namespace remora::bench
