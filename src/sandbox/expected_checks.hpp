// Which checks the labels of a container ask for, and what of them arrived.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "sandbox/received.hpp"
#include "sandbox/task_definition.hpp"

namespace remora::sandbox {

/// Names of checks, each once: those of the labels, and `built_in`, the one the agent's own
/// configuration runs for the image (empty = none), unless the labels keep it away: an empty
/// check_names, or a check.id. Pure.
/// Source: https://docs.datadoghq.com/containers/docker/integrations/.
[[nodiscard]] std::vector<std::string> expected_checks(const ContainerDefinition& container,
                                                       std::string_view built_in);

/// True when its labels look for the server on localhost: here it is at %%host%% only.
[[nodiscard]] bool names_localhost(const ContainerDefinition& container);

/// "redis." for "redisdb"; empty for a check the sandbox does not know.
[[nodiscard]] std::string_view metric_prefix(std::string_view check);

/// Series whose name starts with `prefix`, of that container or of none in particular.
[[nodiscard]] std::size_t rows_of_check(const Received& received, std::string_view docker_id,
                                        std::string_view name, std::string_view prefix);

}  // namespace remora::sandbox
