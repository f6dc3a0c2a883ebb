// The task metadata endpoint's documents, version 4, for the task of a definition.
//
// Source: Amazon ECS developer guide, "Task metadata endpoint version 4"; aws/amazon-ecs-agent
// ecs-agent/tmds/handlers/v4/state/response.go.
#pragma once

#include <string>
#include <vector>

#include "remora/core/clock.hpp"
#include "sandbox/task_definition.hpp"

namespace remora::sandbox {

/// What ECS decides when it starts a task. The account is 111122223333, AWS's example account.
struct TaskIdentity {
  std::string cluster_arn;
  std::string task_id;  ///< 32 hex digits
  std::string task_arn;
  core::WallTime started_at;
  std::vector<std::string> docker_ids;  ///< one per container: "<task id>-<10 digits>"
  std::string own_ipv4;  ///< of this task alone: 127.x.y.z, where its servers can be started
  /// One per container: where the agent reaches it. 127.0.0.1, where programs of this machine and
  /// published ports are, until its server runs on `own_ipv4`.
  std::vector<std::string> ipv4;
};

/// `seed` makes ids and own_ipv4 differ between runs; the same seed gives the same ones.
[[nodiscard]] TaskIdentity make_identity(const TaskDefinition& definition, std::uint64_t seed,
                                         core::WallTime started_at);

/// Body of <base>/task.
[[nodiscard]] std::string task_document(const TaskDefinition& definition,
                                        const TaskIdentity& identity);
/// Body of <base> for the container `index`.
[[nodiscard]] std::string container_document(const TaskDefinition& definition,
                                             const TaskIdentity& identity, std::size_t index);
/// Body of <base>/task/stats: `stats[i]` is the JSON object of container i, empty = not yet (null).
[[nodiscard]] std::string stats_document(const TaskIdentity& identity,
                                         const std::vector<std::string>& stats);
/// RFC 3339 in UTC with nanoseconds, as ECS and Docker write times.
[[nodiscard]] std::string rfc3339(core::WallTime time);

}  // namespace remora::sandbox
