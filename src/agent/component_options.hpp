// Settings -> the options of each component: the one translation between what operators write and
// what components run on.
#pragma once

#include <string>
#include <vector>

#include "agent/pipeline.hpp"
#include "remora/checks/container/container_check.hpp"
#include "remora/config/settings.hpp"
#include "remora/core/error.hpp"
#include "remora/core/log.hpp"
#include "remora/ecs/container_filter.hpp"
#include "remora/ecs/environment.hpp"
#include "remora/ecs/metadata_client.hpp"
#include "remora/ecs/task_source.hpp"
#include "remora/forwarder/api_key_validator.hpp"
#include "remora/forwarder/intake.hpp"
#include "remora/net/beast_client.hpp"
#include "remora/serializer/series_encoder.hpp"
#include "remora/serializer/service_check_encoder.hpp"
#include "remora/tagger/tagger.hpp"

namespace remora::agent {

[[nodiscard]] core::LogOptions log_options(const config::Settings& settings);

/// Errors: invalid_config for a proxy URL that does not parse.
[[nodiscard]] Result<net::ClientOptions> client_options(const config::Settings& settings);

/// The main intake first, then DD_ADDITIONAL_ENDPOINTS; keys of the same URL are put together.
/// Bad additional URLs are named in `warnings` and left out. Errors: invalid_config for the main
/// one.
[[nodiscard]] Result<std::vector<forwarder::Domain>> intake_domains(
    const config::Settings& settings, std::vector<std::string>& warnings);

[[nodiscard]] forwarder::IntakeOptions forwarder_options(const config::Settings& settings,
                                                         std::vector<forwarder::Domain> domains);

[[nodiscard]] forwarder::ApiKeyValidatorOptions validator_options(
    const config::Settings& settings, std::vector<forwarder::Domain> domains);

[[nodiscard]] ecs::EnvironmentVariables ecs_variables(const config::Settings& settings);
/// Errors: invalid_config when ECS_CONTAINER_METADATA_URI_V4 is no URL.
[[nodiscard]] Result<ecs::MetadataClientOptions> metadata_options(const config::Settings& settings);
/// `launch_type`: as detected, unknown where the task has to tell.
[[nodiscard]] ecs::TaskSourceOptions task_source_options(const config::Settings& settings,
                                                         ecs::LaunchType launch_type);
[[nodiscard]] checks::ContainerCheckOptions container_check_options(
    const config::Settings& settings, ecs::LaunchType launch_type);
[[nodiscard]] ecs::ContainerFilterOptions metrics_filter(const config::Settings& settings);

[[nodiscard]] tagger::TaggerOptions tagger_options(const config::Settings& settings);

[[nodiscard]] PipelineOptions pipeline_options(const config::Settings& settings);

struct CompressionOptions {
  serializer::CompressionKind kind;
  int level;  ///< of zstd
};
/// Errors: invalid_config for a word that is no compression.
[[nodiscard]] Result<CompressionOptions> compression_options(const config::Settings& settings);
[[nodiscard]] serializer::SeriesLimits series_limits(const config::Settings& settings);
[[nodiscard]] serializer::PayloadLimits payload_limits(const config::Settings& settings);

}  // namespace remora::agent
