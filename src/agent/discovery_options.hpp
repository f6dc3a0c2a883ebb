// Settings -> what autodiscovery and the checks of integrations run on.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "remora/autodiscovery/files.hpp"
#include "remora/autodiscovery/reconciler.hpp"
#include "remora/checks/integration_scheduler.hpp"
#include "remora/config/load.hpp"
#include "remora/core/memory_limit.hpp"
#include "remora/ecs/container_filter.hpp"
#include "remora/tagger/tagger.hpp"

namespace remora::agent {

struct DiscoveryOptions {
  std::vector<std::string> directories;  ///< of check configurations in files
  autodiscovery::FileOptions files;
  std::optional<std::chrono::seconds> poll_files;  ///< empty: read at start only
  autodiscovery::ReconcilerOptions reconciler;
  tagger::Cardinality cardinality = tagger::Cardinality::low;  ///< of tags on instances
  bool check_status = false;                                   ///< datadog.agent.check_status
  core::FilePolicy label_files;  ///< what checks of container labels may read
  checks::IntegrationSchedulerOptions scheduler;
};

/// `filter`: containers whose checks do not run. `environment`: what `%%env_NAME%%` reads. Pure but
/// for `/conf.d`, which is listed whether it is there or not.
[[nodiscard]] DiscoveryOptions discovery_options(const config::Loaded& loaded,
                                                 const core::MemoryLimit& memory,
                                                 const ecs::ContainerFilter& filter,
                                                 const config::Environment& environment);

/// The configurations that integrations bring for images they know.
[[nodiscard]] std::vector<autodiscovery::BuiltInTemplate> built_in_templates();
/// Those and the files of the directories. Blocking.
[[nodiscard]] autodiscovery::FileTemplates load_templates(const DiscoveryOptions& options);

/// `config` as its check gets it: with the tags `injected`, and `label_files` when a label wrote
/// it. Makes its secrets known to the scrubber.
[[nodiscard]] checks::InstanceConfig instance_config(const autodiscovery::CheckConfig& config,
                                                     const core::FilePolicy& label_files,
                                                     const model::Tags& injected,
                                                     std::vector<std::string>& problems);

}  // namespace remora::agent
