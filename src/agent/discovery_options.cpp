#include "agent/discovery_options.hpp"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <set>
#include <utility>

#include "remora/autodiscovery/masking.hpp"
#include "remora/autodiscovery/tag_injection.hpp"
#include "remora/checks/integration.hpp"
#include "remora/config/secrets.hpp"
#include "remora/core/known_secrets.hpp"
#include "remora/metrics/histogram.hpp"

namespace remora::agent {
namespace {

// The start script of the Datadog Agent's image copies these files into its configuration
// directory; a root that is read-only would not take the copy.
constexpr const char* kImageDirectory = "/conf.d";

// Values of checks between two flushes: an eighth of the container's limit.
constexpr std::uint64_t kMinBytes = 4u << 20, kMaxBytes = 64u << 20, kShare = 8;

std::vector<std::string> directories(const config::Loaded& loaded) {
  std::string first = loaded.settings.confd_path;
  const auto origin = loaded.origin.find("DD_CONFD_PATH");
  const bool written = origin != loaded.origin.end() && origin->second != "default";
  // `-c DIR` moves the whole configuration, conf.d with it.
  if (!written && !loaded.file.empty()) {
    first = (std::filesystem::path(loaded.file).parent_path() / "conf.d").string();
  }
  if (first == kImageDirectory) return {first};
  return {first, kImageDirectory};
}

autodiscovery::EnvironmentLookup lookup_in(const config::Environment& environment) {
  return [shared = std::make_shared<const config::Environment>(environment)](
             std::string_view name) -> std::optional<std::string> {
    const auto found = shared->find(std::string(name));
    if (found == shared->end()) return std::nullopt;
    // Whatever option it goes to.
    if (autodiscovery::is_secret_key(name)) core::remember_secret(found->second);
    return found->second;
  };
}

/// Names of variables that hold what the agent proves itself with, to Datadog and to AWS.
std::set<std::string, std::less<>> own_secrets() {
  std::set<std::string, std::less<>> out = {
      "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_CONTAINER_AUTHORIZATION_TOKEN",
      "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI"};
  for (const std::string_view name : config::secret_variables()) out.emplace(name);
  return out;
}

}  // namespace

std::vector<autodiscovery::BuiltInTemplate> built_in_templates() {
  std::vector<autodiscovery::BuiltInTemplate> out;
  for (const checks::IntegrationInfo* info : checks::integrations()) {
    if (info->ad_identifiers.empty()) continue;
    out.push_back({info->name, info->ad_identifiers, info->auto_instance});
  }
  return out;
}

autodiscovery::FileTemplates load_templates(const DiscoveryOptions& options) {
  return autodiscovery::load_files(options.directories, built_in_templates(), options.files);
}

checks::InstanceConfig instance_config(const autodiscovery::CheckConfig& config,
                                       const core::FilePolicy& label_files,
                                       const model::Tags& injected,
                                       std::vector<std::string>& problems) {
  checks::InstanceConfig out;
  out.check = config.check;
  out.id = config.id;
  out.source = config.source;
  out.instance = autodiscovery::tagged_instance(config, injected, problems);
  out.init_config = config.init_config;
  if (config.provider == autodiscovery::Provider::container_label) out.files = label_files;
  autodiscovery::remember_secrets(out.instance);
  autodiscovery::remember_secrets(out.init_config);
  return out;
}

DiscoveryOptions discovery_options(const config::Loaded& loaded, const core::MemoryLimit& memory,
                                   const ecs::ContainerFilter& filter,
                                   const config::Environment& environment) {
  const config::Settings& settings = loaded.settings;
  DiscoveryOptions options;
  options.directories = directories(loaded);
  options.files.ignore_autoconf = settings.ignore_autoconf;
  if (settings.autoconf_config_files_poll) {
    options.poll_files = settings.autoconf_config_files_poll_interval;
  }
  options.reconciler.variables.environment = lookup_in(environment);
  options.reconciler.variables.no_environment = settings.ad_disable_env_var_resolution;
  options.reconciler.variables.allowed = settings.ad_allowed_env_vars;
  options.reconciler.variables.own_secrets = own_secrets();
  options.label_files = {true, settings.ad_allowed_file_paths};
  options.reconciler.excluded = [filter](const ecs::ContainerMetadata& container) {
    return filter.excluded(container);
  };
  options.cardinality =
      tagger::parse_cardinality(settings.checks_tag_cardinality).value_or(tagger::Cardinality::low);
  options.check_status = settings.integration_check_status_enabled;

  std::vector<std::string> named_by_dogstatsd;  // which reads the same two settings
  options.scheduler.instance.histogram = metrics::parse_histogram_options(
      settings.histogram_aggregates, settings.histogram_percentiles, named_by_dogstatsd);
  options.scheduler.instance.hostname = settings.hostname;
  if (memory.container > 0) {
    options.scheduler.max_bytes =
        static_cast<std::size_t>(std::clamp(memory.container / kShare, kMinBytes, kMaxBytes));
  }
  return options;
}

}  // namespace remora::agent
