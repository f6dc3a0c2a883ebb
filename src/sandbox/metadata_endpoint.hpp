// Serves the task metadata endpoint, version 4: /v4/<container id> and what is below it.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "remora/net/http_server.hpp"
#include "sandbox/metadata_documents.hpp"
#include "sandbox/task_definition.hpp"

namespace remora::sandbox {

/// Threading: the loop. Lifetime: `definition` and `identity` outlive it.
class MetadataEndpoint {
 public:
  /// Stats of container `index` as a JSON object; empty = not yet.
  using StatsOf = std::function<std::string(std::size_t index)>;

  MetadataEndpoint(const TaskDefinition& definition, const TaskIdentity& identity, StatsOf stats)
      : definition_(definition), identity_(identity), stats_(std::move(stats)) {}

  /// As the ECS agent answers: 404 with a JSON text for an unknown container or path.
  [[nodiscard]] net::ServerResponse answer(const net::ServerRequest& request);
  [[nodiscard]] std::uint64_t requests() const noexcept { return requests_; }

 private:
  const TaskDefinition& definition_;
  const TaskIdentity& identity_;
  StatsOf stats_;
  std::uint64_t requests_ = 0;
};

}  // namespace remora::sandbox
