#include "agent/component_options.hpp"

#include <algorithm>

#include "remora/core/version.hpp"
#include "remora/forwarder/hosts.hpp"

namespace remora::agent {
namespace {

std::vector<std::string> joined(const std::vector<std::string>& a,
                                const std::vector<std::string>& b) {
  std::vector<std::string> all = a;
  all.insert(all.end(), b.begin(), b.end());
  return all;
}

Result<std::optional<net::Url>> proxy_url(const std::string& text, std::string_view option) {
  if (text.empty()) return std::optional<net::Url>();
  auto url = net::parse_url(text.find("://") == std::string::npos ? "http://" + text : text);
  if (!url) return fail(url.error(), option);
  return std::optional<net::Url>(std::move(*url));
}

}  // namespace

core::LogOptions log_options(const config::Settings& settings) {
  core::LogOptions options;
  core::parse_level(settings.log_level, options.level);
  options.json = settings.log_format_json;
  options.rfc3339 = settings.log_format_rfc3339;
  options.to_console = settings.log_to_console;
  // The Agent's default log file is not ours: a container's log is its stderr. An explicit file
  // counts.
  if (!settings.disable_file_logging) options.file = settings.log_file;
  return options;
}

Result<net::ClientOptions> client_options(const config::Settings& settings) {
  net::ClientOptions options;
  options.tls.verify = !settings.skip_ssl_validation;
  options.tls.ca_file =
      settings.tls_cert_file.empty() ? settings.ssl_cert_file : settings.tls_cert_file;
  options.tls.ca_directory = settings.ssl_cert_dir;
  options.tls.min_version = settings.min_tls_version;
  auto http = proxy_url(settings.proxy_http, "DD_PROXY_HTTP");
  if (!http) return http.error();
  auto https = proxy_url(settings.proxy_https, "DD_PROXY_HTTPS");
  if (!https) return https.error();
  options.proxy.http = std::move(*http);
  options.proxy.https = std::move(*https);
  options.proxy.no_proxy = settings.proxy_no_proxy;
  options.proxy.nonexact_match = settings.no_proxy_nonexact_match;
  options.user_agent = "datadog-agent/" + std::string(core::kVersion);
  options.tls_handshake_timeout = settings.tls_handshake_timeout;
  options.connection_reset_interval = settings.forwarder_connection_reset_interval;
  return options;
}

Result<std::vector<forwarder::Domain>> intake_domains(const config::Settings& settings,
                                                      std::vector<std::string>& warnings) {
  std::vector<forwarder::Domain> domains;
  auto main = forwarder::infra_url(settings.site, settings.dd_url, core::kCompatibleAgentVersion);
  if (!main) return main.error();
  domains.push_back({std::move(*main), {settings.api_key}});
  for (const auto& [text, keys] : settings.additional_endpoints) {
    auto url = forwarder::infra_url_of(text, core::kCompatibleAgentVersion);
    if (!url) {
      warnings.push_back("DD_ADDITIONAL_ENDPOINTS: " + url.error().message());
      continue;
    }
    auto same = std::find_if(domains.begin(), domains.end(), [&](const forwarder::Domain& domain) {
      return domain.url.origin() == url->origin() && domain.url.target == url->target;
    });
    if (same == domains.end())
      same = domains.insert(domains.end(), {std::move(*url), {}, "DD_ADDITIONAL_ENDPOINTS"});
    for (const std::string& key : keys) {
      if (std::find(same->api_keys.begin(), same->api_keys.end(), key) == same->api_keys.end()) {
        same->api_keys.push_back(key);
      }
    }
  }
  return domains;
}

forwarder::IntakeOptions forwarder_options(const config::Settings& settings,
                                           std::vector<forwarder::Domain> domains) {
  forwarder::IntakeOptions options;
  options.domains = std::move(domains);
  options.agent_version = core::kVersion;
  options.allow_arbitrary_tags = settings.allow_arbitrary_tags;
  options.timeout = settings.forwarder_timeout;
  options.max_concurrent_requests =
      static_cast<std::size_t>(settings.forwarder_max_concurrent_requests);
  options.retry_queue_max_bytes =
      static_cast<std::size_t>(settings.forwarder_retry_queue_payloads_max_size);
  options.backoff_factor = settings.forwarder_backoff_factor;
  options.backoff_base_seconds = settings.forwarder_backoff_base;
  options.backoff_max_seconds = settings.forwarder_backoff_max;
  options.recovery_interval = static_cast<int>(settings.forwarder_recovery_interval);
  options.recovery_reset = settings.forwarder_recovery_reset;
  return options;
}

forwarder::ApiKeyValidatorOptions validator_options(const config::Settings& settings,
                                                    std::vector<forwarder::Domain> domains) {
  forwarder::ApiKeyValidatorOptions options;
  options.domains = std::move(domains);
  options.agent_version = core::kVersion;
  options.interval = settings.forwarder_apikey_validation_interval;
  return options;
}

ecs::EnvironmentVariables ecs_variables(const config::Settings& settings) {
  ecs::EnvironmentVariables variables;
  variables.metadata_uri_v4 = settings.ecs_metadata_uri_v4;
  variables.execution_env = settings.aws_execution_env;
  variables.ecs_fargate = settings.ecs_fargate;
  variables.ecs_managed_instances = settings.ecs_managed_instances;
  variables.deployment_mode = settings.ecs_deployment_mode;
  variables.launch_type_override = settings.ecs_launch_type;
  return variables;
}

Result<ecs::MetadataClientOptions> metadata_options(const config::Settings& settings) {
  ecs::MetadataClientOptions options;
  auto base = net::parse_url(settings.ecs_metadata_uri_v4);
  if (!base) return fail(base.error(), "ECS_CONTAINER_METADATA_URI_V4");
  options.base = std::move(*base);
  options.timeout = settings.ecs_metadata_timeout;
  options.retry_initial = settings.ecs_metadata_retry_initial_interval;
  options.retry_max_elapsed = settings.ecs_metadata_retry_max_elapsed_time;
  return options;
}

ecs::TaskSourceOptions task_source_options(const config::Settings& settings,
                                           ecs::LaunchType launch_type) {
  ecs::TaskSourceOptions options;
  options.launch_type = launch_type;
  options.own_container = !settings.service.empty() || !settings.version.empty();
  options.resource_tags = settings.ecs_collect_resource_tags_ec2;
  return options;
}

checks::ContainerCheckOptions container_check_options(const config::Settings& settings,
                                                      ecs::LaunchType launch_type) {
  checks::ContainerCheckOptions options;
  options.launch_type = launch_type;
  options.extended_metrics = settings.container_extended_metrics;
  return options;
}

ecs::ContainerFilterOptions metrics_filter(const config::Settings& settings) {
  ecs::ContainerFilterOptions options;
  options.include = joined(settings.container_include, settings.container_include_metrics);
  options.exclude = joined(settings.container_exclude, settings.container_exclude_metrics);
  // The legacy lists count only where the new ones are empty, each on its own.
  if (options.include.empty()) options.include = settings.ac_include;
  if (options.exclude.empty()) options.exclude = settings.ac_exclude;
  options.exclude_pause = settings.exclude_pause_container;
  return options;
}

tagger::TaggerOptions tagger_options(const config::Settings& settings) {
  tagger::TaggerOptions options;
  options.static_tags = joined(settings.tags, settings.extra_tags);
  if (!settings.env.empty()) options.static_tags.push_back("env:" + settings.env);
  options.own_service = settings.service;
  options.own_version = settings.version;
  options.labels_as_tags = settings.docker_labels_as_tags;
  for (const auto& [label, tag] : settings.container_labels_as_tags) {
    options.labels_as_tags[label] = tag;
  }
  options.disable_cluster_name_tag = settings.disable_cluster_name_tag_key;
  options.collect_resource_tags = settings.ecs_collect_resource_tags_ec2;
  options.resource_tags_replace_colon = settings.ecs_resource_tags_replace_colon;
  return options;
}

PipelineOptions pipeline_options(const config::Settings& settings) {
  PipelineOptions options;
  options.agent_version = core::kVersion;
  options.hostname = settings.hostname;
  options.self_cardinality =
      tagger::parse_cardinality(settings.checks_tag_cardinality).value_or(tagger::Cardinality::low);
  options.series = settings.enable_payloads_series;
  options.service_checks = settings.enable_payloads_service_checks;
  options.sketches = settings.enable_payloads_sketches;
  options.events = settings.enable_payloads_events;
  options.queue_room =
      static_cast<std::size_t>(settings.forwarder_retry_queue_payloads_max_size) / 2;
  return options;
}

Result<CompressionOptions> compression_options(const config::Settings& settings) {
  const auto kind = serializer::parse_compression(settings.serializer_compressor_kind);
  if (!kind) return kind.error();
  return CompressionOptions{*kind, static_cast<int>(settings.serializer_zstd_compressor_level)};
}

serializer::SeriesLimits series_limits(const config::Settings& settings) {
  serializer::SeriesLimits limits;
  limits.max_compressed_bytes =
      static_cast<std::size_t>(settings.serializer_max_series_payload_size);
  limits.max_uncompressed_bytes =
      static_cast<std::size_t>(settings.serializer_max_series_uncompressed_payload_size);
  limits.max_points = static_cast<std::size_t>(settings.serializer_max_series_points_per_payload);
  return limits;
}

serializer::PayloadLimits payload_limits(const config::Settings& settings) {
  serializer::PayloadLimits limits;
  limits.max_compressed_bytes = static_cast<std::size_t>(settings.serializer_max_payload_size);
  limits.max_uncompressed_bytes =
      static_cast<std::size_t>(settings.serializer_max_uncompressed_payload_size);
  return limits;
}

}  // namespace remora::agent
