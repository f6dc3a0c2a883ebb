// The task object of the ECS task metadata endpoint, version 4, as plain values.
//
// Answers: "which task am I in, and which containers run beside me?".
// Source: Amazon ECS developer guide, "Task metadata endpoint version 4"; aws/amazon-ecs-agent
// ecs-agent/tmds/handlers/v4/state/response.go.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "remora/core/clock.hpp"
#include "remora/core/error.hpp"

namespace remora::ecs {

enum class LaunchType : std::uint8_t { unknown, ec2, fargate, managed_instances, external };
[[nodiscard]] std::string_view to_string(
    LaunchType type);  ///< "EC2", "FARGATE", … as ECS writes it

struct Network {
  std::string mode;                     ///< "awsvpc", "host", "bridge", …
  std::vector<std::string> ipv4, ipv6;  ///< empty strings removed

  bool operator==(const Network&) const = default;
};

struct Port {
  std::uint16_t container_port = 0;
  std::uint16_t host_port = 0;
  std::string protocol;

  bool operator==(const Port&) const = default;
};

struct ContainerMetadata {
  std::string docker_id;  ///< 64 hex digits on EC2, "<task>-<n>" on Fargate and Managed Instances;
                          ///< may be empty
  std::string name;       ///< container name in the task definition
  std::string docker_name;   ///< name in the runtime; empty = same as `name`
  std::string image;         ///< as in the task definition, tag or digest included
  std::string image_id;      ///< "sha256:…"; may be empty before the pull
  std::string known_status;  ///< "RUNNING", "STOPPED", …
  std::string desired_status;
  std::string type;    ///< "NORMAL", "CNI_PAUSE", …; empty = NORMAL
  std::string health;  ///< "HEALTHY", "UNHEALTHY"; empty = no health check or unknown
  std::map<std::string, std::string> labels;
  std::vector<Port> ports;
  std::vector<Network> networks;
  std::optional<core::WallTime> started_at;
  std::optional<double> cpu_limit_units;          ///< CPU units, 1024 = 1 vCPU
  std::optional<std::uint64_t> memory_limit_mib;  ///< MiB; empty or 0 = no limit
  std::optional<std::int64_t> exit_code;
  std::optional<std::int64_t> restart_count;

  [[nodiscard]] bool running() const { return known_status == "RUNNING"; }
  bool operator==(const ContainerMetadata&) const = default;
};

struct TaskMetadata {
  std::string cluster;  ///< short name or full ARN: ECS sends either
  std::string task_arn;
  std::string family;
  std::string revision;      ///< decimal, kept as text: it is only ever a tag value
  std::string service_name;  ///< empty for run-task
  std::string availability_zone;
  std::string known_status, desired_status;
  LaunchType launch_type = LaunchType::unknown;
  std::optional<double> cpu_limit_vcpu;           ///< vCPU (0.25 = 256 CPU units); empty = none
  std::optional<std::uint64_t> memory_limit_mib;  ///< MiB; empty = none
  std::optional<std::uint64_t> ephemeral_utilized_mib, ephemeral_reserved_mib;
  std::map<std::string, std::string> task_tags, container_instance_tags;  ///< /taskWithTags only
  bool tags_complete = true;  ///< false: /taskWithTags named tags that ECS could not read
  std::vector<ContainerMetadata> containers;  ///< sorted by name, then id: ECS sends any order
  std::string own_docker_id;  ///< of the container we run in; empty = not known. Not in /task
  std::vector<std::string>
      warnings;  ///< entries skipped or cut, one line each: container and field; at most 51
  std::size_t malformed_containers = 0;  ///< entries skipped or with a field of a wrong type

  [[nodiscard]] std::string cluster_name() const;  ///< after the last '/'
  [[nodiscard]] std::string task_id() const;       ///< after the last '/' of the ARN
  [[nodiscard]] std::string region() const;        ///< ARN field 3; empty when not an ARN
  [[nodiscard]] std::string account() const;       ///< ARN field 4
  /// Null for an unknown and for an empty id.
  [[nodiscard]] const ContainerMetadata* find(std::string_view docker_id) const;
  /// True when everything that identifies the task and its containers is the same; what moves
  /// while nothing happens (ephemeral storage in use) and warnings do not count.
  [[nodiscard]] bool same_as(const TaskMetadata& other) const;
};

/// Most containers of one task we keep; ECS allows 10 in a task definition plus injected ones.
inline constexpr std::size_t kMaxContainers = 1000;

/// Parses the body of GET ${ECS_CONTAINER_METADATA_URI_V4}/task (or /taskWithTags). Pure.
///
/// Unknown fields are ignored; null counts as absent; a container entry with a wrong type in it
/// keeps its good fields and leaves a warning. Of several entries with one DockerId the first is
/// kept; entries without a DockerId (pulled, not created) are all kept. Streams: no document tree.
/// Errors: malformed_payload, naming the field (TaskARN missing or not text, root not an object,
/// nested deeper than 32).
[[nodiscard]] Result<TaskMetadata> parse_task(std::string_view body);

/// The DockerId of a container document (GET of the base address alone). Pure.
/// Errors: malformed_payload (DockerId missing, empty or not text).
[[nodiscard]] Result<std::string> parse_own_docker_id(std::string_view body);

/// RFC 3339 with up to nine fractional digits. Empty for the zero time 0001-01-01 and for garbage.
[[nodiscard]] std::optional<core::WallTime> parse_rfc3339(std::string_view text);

}  // namespace remora::ecs
