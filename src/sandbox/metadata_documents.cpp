#include "sandbox/metadata_documents.hpp"

#include <array>
#include <cstdio>
#include <ctime>
#include <nlohmann/json.hpp>
#include <random>

namespace remora::sandbox {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kRevision = "1";

Json container_json(const TaskDefinition& definition, const TaskIdentity& identity,
                    std::size_t index) {
  const ContainerDefinition& container = definition.containers[index];
  Json labels = Json::object();
  for (const auto& [key, value] : container.labels) labels[key] = value;
  labels["com.amazonaws.ecs.cluster"] = identity.cluster_arn;
  labels["com.amazonaws.ecs.container-name"] = container.name;
  labels["com.amazonaws.ecs.task-arn"] = identity.task_arn;
  labels["com.amazonaws.ecs.task-definition-family"] = definition.family;
  labels["com.amazonaws.ecs.task-definition-version"] = kRevision;

  Json out;
  out["DockerId"] = identity.docker_ids[index];
  out["Name"] = container.name;
  out["DockerName"] = container.name;
  out["Image"] = container.image;
  out["ImageID"] = "";
  if (!container.ports.empty()) {
    Json ports = Json::array();
    for (const PortMapping& port : container.ports)
      ports.push_back({{"ContainerPort", port.container_port},
                       {"Protocol", port.protocol},
                       {"HostPort", port.container_port}});
    out["Ports"] = std::move(ports);
  }
  out["Labels"] = std::move(labels);
  out["DesiredStatus"] = "RUNNING";
  out["KnownStatus"] = "RUNNING";
  Json limits = Json::object();
  // ECS never reports less than two CPU units.
  if (container.cpu_units) limits["CPU"] = std::max(2.0, *container.cpu_units);
  if (container.memory_mib) limits["Memory"] = *container.memory_mib;
  if (!limits.empty()) out["Limits"] = std::move(limits);
  out["CreatedAt"] = rfc3339(identity.started_at);
  out["StartedAt"] = rfc3339(identity.started_at);
  out["Type"] = "NORMAL";
  if (!container.log_driver.empty()) out["LogDriver"] = container.log_driver;
  Json network;
  network["NetworkMode"] = definition.network_mode;
  network["IPv4Addresses"] = {identity.ipv4[index]};
  out["Networks"] = Json::array({std::move(network)});
  return out;
}

}  // namespace

std::string rfc3339(core::WallTime time) {
  using namespace std::chrono;
  const auto since = time.time_since_epoch();
  const auto whole = floor<seconds>(since);
  const auto nanos = duration_cast<nanoseconds>(since - whole).count();
  const std::time_t stamp = whole.count();
  std::tm parts{};
  gmtime_r(&stamp, &parts);
  std::array<char, 64> text{};
  const int size =
      std::snprintf(text.data(), text.size(), "%04d-%02d-%02dT%02d:%02d:%02d.%09lldZ",
                    parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday, parts.tm_hour,
                    parts.tm_min, parts.tm_sec, static_cast<long long>(nanos));
  return {text.data(), static_cast<std::size_t>(size)};
}

TaskIdentity make_identity(const TaskDefinition& definition, std::uint64_t seed,
                           core::WallTime started_at) {
  std::mt19937_64 random(seed);
  std::array<char, 33> hex{};
  std::snprintf(hex.data(), hex.size(), "%016llx%016llx", static_cast<unsigned long long>(random()),
                static_cast<unsigned long long>(random()));
  TaskIdentity out;
  out.task_id = hex.data();
  out.cluster_arn = "arn:aws:ecs:us-east-1:111122223333:cluster/sandbox";
  out.task_arn = "arn:aws:ecs:us-east-1:111122223333:task/sandbox/" + out.task_id;
  out.started_at = started_at;
  std::uint64_t number = 1'000'000'000 + random() % 8'000'000'000;
  for (std::size_t i = 0; i < definition.containers.size(); ++i)
    out.docker_ids.push_back(out.task_id + "-" + std::to_string(number + i));
  out.ipv4.assign(definition.containers.size(), "127.0.0.1");
  // Away from 127.0.0.x and 127.0.1.1, which machines use for themselves.
  const std::uint64_t place = random();
  out.own_ipv4 = "127." + std::to_string(16 + place % 224) + "." +
                 std::to_string((place >> 8U) % 256) + "." +
                 std::to_string(1 + (place >> 16U) % 254);
  return out;
}

std::string task_document(const TaskDefinition& definition, const TaskIdentity& identity) {
  Json out;
  out["Cluster"] = identity.cluster_arn;
  out["TaskARN"] = identity.task_arn;
  out["Family"] = definition.family;
  out["Revision"] = kRevision;
  out["DesiredStatus"] = "RUNNING";
  out["KnownStatus"] = "RUNNING";
  Json limits = Json::object();
  if (definition.cpu_vcpu) limits["CPU"] = *definition.cpu_vcpu;
  if (definition.memory_mib) limits["Memory"] = *definition.memory_mib;
  if (!limits.empty()) out["Limits"] = std::move(limits);
  out["PullStartedAt"] = rfc3339(identity.started_at);
  out["PullStoppedAt"] = rfc3339(identity.started_at);
  out["AvailabilityZone"] = "us-east-1a";
  out["LaunchType"] = definition.launch_type;
  Json containers = Json::array();
  for (std::size_t i = 0; i < definition.containers.size(); ++i)
    containers.push_back(container_json(definition, identity, i));
  out["Containers"] = std::move(containers);
  out["FaultInjectionEnabled"] = false;
  return out.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string container_document(const TaskDefinition& definition, const TaskIdentity& identity,
                               std::size_t index) {
  return container_json(definition, identity, index)
      .dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string stats_document(const TaskIdentity& identity, const std::vector<std::string>& stats) {
  std::string out = "{";
  for (std::size_t i = 0; i < identity.docker_ids.size() && i < stats.size(); ++i) {
    if (i > 0) out += ',';
    out += '"' + identity.docker_ids[i] + "\":" + (stats[i].empty() ? "null" : stats[i]);
  }
  return out + "}";
}

}  // namespace remora::sandbox
