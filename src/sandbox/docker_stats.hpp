// Stats of containers that run in the local Docker Engine.
//
// Source: Docker Engine API v1.41, GET /containers/json and GET /containers/{id}/stats.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "remora/core/async.hpp"
#include "remora/core/clock.hpp"
#include "remora/core/error.hpp"
#include "sandbox/docker_engine.hpp"
#include "sandbox/stats_source.hpp"
#include "sandbox/task_definition.hpp"

namespace remora::sandbox {

struct DockerContainer {
  std::string id;
  std::vector<std::string> names;  ///< without the leading slash
  std::string ecs_name;            ///< label com.amazonaws.ecs.container-name
  std::string compose_service;     ///< label com.docker.compose.service
};

/// Body of GET /containers/json. Entries without an id are left out. Errors: malformed_payload.
[[nodiscard]] Result<std::vector<DockerContainer>> parse_container_list(std::string_view body);

/// For each container of the definition the id of its Docker container, or empty. In order: the ECS
/// label, the compose service, the name itself, a name ending in "-name-1", "_name_1" or "-name".
[[nodiscard]] std::vector<std::string> match_containers(
    const TaskDefinition& definition, const std::vector<DockerContainer>& running);

/// Polls in the background, so that an answer of ours never waits for the engine.
/// Threading: the loop. Lifetime: `definition` and `clock` outlive it.
class DockerStats final : public StatsSource {
 public:
  DockerStats(const TaskDefinition& definition, core::Clock& clock, std::string socket_path);

  /// Polls once per `interval` until cancelled. Failures are kept for `problem` and tried again.
  asio::awaitable<void> run(std::chrono::milliseconds interval);
  /// One round: the list, then the stats of each matched container.
  asio::awaitable<void> poll();

  [[nodiscard]] std::string stats(std::size_t index) const override;
  [[nodiscard]] std::string origin(std::size_t index) const override;
  /// Why the engine cannot be used, one line; empty when it answers.
  [[nodiscard]] const std::string& problem() const noexcept { return problem_; }

 private:
  const TaskDefinition& definition_;
  core::Clock& clock_;
  DockerEngine engine_;
  std::vector<std::string> matched_, stats_;
  std::string problem_;
};

}  // namespace remora::sandbox
