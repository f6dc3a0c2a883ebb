// %%variables%% of a template -> values of one container.
//
// Source: https://docs.datadoghq.com/containers/guide/template_variables/ and
// DataDog/datadog-agent comp/core/autodiscovery/configresolver.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "remora/core/error.hpp"
#include "remora/ecs/metadata.hpp"
#include "remora/model/value.hpp"

namespace remora::autodiscovery {

/// A variable of the agent's own environment; empty = not set.
using EnvironmentLookup = std::function<std::optional<std::string>(std::string_view)>;

struct VariableOptions {
  EnvironmentLookup environment;     ///< null: no variable is set
  bool no_environment = false;       ///< DD_AD_DISABLE_ENV_VAR_RESOLUTION
  std::vector<std::string> allowed;  ///< DD_AD_ALLOWED_ENV_VARS; empty = all
  /// The agent's own secrets: labels read them only when `allowed` names them.
  std::set<std::string, std::less<>> own_secrets;
  std::size_t max_bytes = 4 * 1024 * 1024;  ///< of all texts of one resolved value
};

/// Who wrote the value: a label may be written by others than the operator of the agent.
enum class Author : std::uint8_t { label, file };

/// Where a container is reached: what %%host%% and %%port%% say. Made once per container.
struct Address {
  /// Network mode and address. awsvpc, bridge and others with what the endpoint reported; "host" is
  /// 127.0.0.1. Where a container reports no network (Managed Instances) but another one of the
  /// task has the task's own (awsvpc), that.
  std::vector<std::pair<std::string, std::string>> hosts;
  std::vector<std::uint16_t> ports;  ///< ascending, each once
};
[[nodiscard]] Address address_of(const ecs::ContainerMetadata& container,
                                 const ecs::TaskMetadata& task);

/// Resolves the variables of every text of `value`; keys stay as they are. A text that is nothing
/// but one variable becomes an integer or boolean where it reads as one (`%%env_…%%` stays text);
/// an IPv6 address inside a URL gets its brackets. `address` null: a configuration without a
/// container, where only `%%env_…%%` can be resolved.
///
/// Errors (invalid_config; the first one ends it; too_large): the variable and why, never a value.
[[nodiscard]] Result<model::Value> resolve(const model::Value& value, const Address* address,
                                           const VariableOptions& options,
                                           Author author = Author::file);

}  // namespace remora::autodiscovery
