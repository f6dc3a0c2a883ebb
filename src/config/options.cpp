// Sources of names and defaults: DataDog/datadog-agent pkg/config/setup/common_settings.go and
// pkg/config/setup/config.go; Datadog documentation, "Docker Agent" and "Amazon ECS on Fargate".
#include "remora/config/options.hpp"

#include <array>

namespace remora::config {
namespace {

using S = Settings;
constexpr Show kValue = Show::value;
constexpr Show kSecret = Show::redacted;

constexpr Accept range(double min, double max, BareNumber bare = BareNumber::field_unit) {
  return Accept{.min = min, .max = max, .bare = bare};
}
constexpr Accept at_least(double min) { return Accept{.min = min}; }
constexpr Accept words(std::string_view list) { return Accept{.words = list}; }
constexpr Accept kBlanksOnly{.split_on_commas = false};

constexpr double kDaySeconds = 86'400;
constexpr double kGibibyte = 1'073'741'824;

constexpr std::string_view kCore = "Core";
constexpr std::string_view kEcs = "ECS";
constexpr std::string_view kTagging = "Tagging";
constexpr std::string_view kContainers = "Containers";
constexpr std::string_view kNetwork = "Proxy and TLS";
constexpr std::string_view kSending = "Forwarder and serializer";
constexpr std::string_view kAgent = "Agent";

constexpr auto kOptions = std::to_array<Option>({
    // clang-format off
    {"api_key", "DD_API_KEY", &S::api_key, kSecret, kCore,
     "API key of the Datadog organisation; blanks around it are removed. Required: the agent does not start without it. Set it with a `secrets` entry of the task definition, never in plain text."},
    {"site", "DD_SITE", &S::site, kValue, kCore,
     "Datadog site that every intake host is built from. Everybody outside US1 sets it: a key is only known at its own site."},
    {"dd_url", "DD_DD_URL DD_URL", &S::dd_url, kValue, kCore,
     "Full URL of the metrics intake; empty = built from the site. For a proxy that ends TLS or an intake of your own."},
    {"env", "DD_ENV", &S::env, kValue, kCore,
     "Value of the tag `env:` on everything the agent sends; empty = no tag."},
    {"", "DD_SERVICE", &S::service, kValue, kCore,
     "Value of the tag `service:` on the agent's own container; empty = no tag. Other containers get theirs from the label `com.datadoghq.tags.service`."},
    {"", "DD_VERSION", &S::version, kValue, kCore,
     "Value of the tag `version:` on the agent's own container; empty = no tag. Other containers get theirs from the label `com.datadoghq.tags.version`."},
    {"tags", "DD_TAGS", &S::tags, kValue, kCore,
     "Tags for everything the agent sends, `key:value`, separated by blanks or commas or as a JSON array. In a task there is no host to carry them, so they go on each series."},
    {"extra_tags", "DD_EXTRA_TAGS", &S::extra_tags, kValue, kCore,
     "More tags, added after DD_TAGS. For templates that own DD_TAGS."},
    {"hostname", "DD_HOSTNAME", &S::hostname, kValue, kCore,
     "Host name on all data; empty = none, which is right in a task: a name makes Datadog count a host. Leave it alone."},
    {"additional_endpoints", "DD_ADDITIONAL_ENDPOINTS", &S::additional_endpoints, kValue, kCore,
     "Further intakes that receive a copy of everything: a JSON object from URL to a list of API keys. Empty keys and duplicates are dropped. For dual shipping during a migration."},
    {"auth_token_file_path", "DD_AUTH_TOKEN_FILE_PATH", &S::auth_token_file_path, kValue, kCore,
     "File with the secret that `agent status` and the daemon share; empty = derived from the API key, which needs no writable path. Rarely needed."},

    {"", "ECS_CONTAINER_METADATA_URI_V4", &S::ecs_metadata_uri_v4, kValue, kEcs,
     "Base URL of the task metadata endpoint. ECS sets it in every container; do not set it. Empty = not in ECS."},
    {"", "AWS_EXECUTION_ENV", &S::aws_execution_env, kValue, kEcs,
     "Launch type as ECS tells it (`AWS_ECS_FARGATE`, `AWS_ECS_EC2`, `AWS_ECS_MANAGED_INSTANCES`). ECS sets it; do not set it."},
    {"", "ECS_FARGATE", &S::ecs_fargate, kValue, kEcs,
     "Any text, even `false`, means Fargate. Datadog's guides set it to `true`; needed only where AWS_EXECUTION_ENV is missing, or for `ecs.fargate.*` metrics on Managed Instances."},
    {"", "ECS_MANAGED_INSTANCES", &S::ecs_managed_instances, kValue, kEcs,
     "`true` means ECS Managed Instances; needed only where AWS_EXECUTION_ENV is missing."},
    {"ecs_deployment_mode", "DD_ECS_DEPLOYMENT_MODE", &S::ecs_deployment_mode, kValue, kEcs,
     "`auto`, `sidecar` or `daemon`. This agent is always a sidecar: `daemon` is answered with a warning.",
     words("auto sidecar daemon")},
    {"ecs_launch_type", "DD_ECS_LAUNCH_TYPE", &S::ecs_launch_type, kValue, kEcs,
     "Overrides the detected launch type: `fargate`, `ec2` or `managed_instances`; empty = detect. Only of this agent; for tests and unusual platforms.",
     words("fargate ec2 managed_instances")},
    {"ecs_metadata_timeout", "DD_ECS_METADATA_TIMEOUT", &S::ecs_metadata_timeout, kValue, kEcs,
     "Longest time of one call to the metadata endpoint, in milliseconds. Raise it on hosts with many tasks.",
     range(1, 60'000)},
    {"ecs_metadata_retry_initial_interval", "DD_ECS_METADATA_RETRY_INITIAL_INTERVAL", &S::ecs_metadata_retry_initial_interval, kValue, kEcs,
     "Pause before the first repeat of a failed metadata call, doubled each time. A number without a unit counts nanoseconds: write `100ms`.",
     range(1, 60'000, BareNumber::nanoseconds)},
    {"ecs_metadata_retry_max_elapsed_time", "DD_ECS_METADATA_RETRY_MAX_ELAPSED_TIME", &S::ecs_metadata_retry_max_elapsed_time, kValue, kEcs,
     "Total time spent on repeats of one metadata call. A number without a unit counts nanoseconds: write `3s`.",
     range(1, 600'000, BareNumber::nanoseconds)},
    {"ecs_task_collection_enabled", "DD_ECS_TASK_COLLECTION_ENABLED", &S::ecs_task_collection_enabled, kValue, kEcs,
     "Reads task details such as the service name, ports and health. Off = fewer tags. Leave it on."},
    {"ecs_collect_resource_tags_ec2", "DD_ECS_COLLECT_RESOURCE_TAGS_EC2", &S::ecs_collect_resource_tags_ec2, kValue, kEcs,
     "Also turns the AWS tags of the task and the container instance into tags. Needs the ECS agent's permission to read them."},
    {"ecs_resource_tags_replace_colon", "DD_ECS_RESOURCE_TAGS_REPLACE_COLON", &S::ecs_resource_tags_replace_colon, kValue, kEcs,
     "Writes `_` for `:` in the names of those AWS tags, so that `aws:x` does not split at the wrong place."},

    {"checks_tag_cardinality", "DD_CHECKS_TAG_CARDINALITY", &S::checks_tag_cardinality, kValue, kTagging,
     "Tags on check instances and the agent's own metrics: `low`, `orchestrator` (adds `task_arn`) or `high` (adds container name and id). `container.*` and `ecs.fargate.*` always have all. Higher levels cost custom metrics.",
     words("low orchestrator high")},
    {"container_labels_as_tags", "DD_CONTAINER_LABELS_AS_TAGS", &S::container_labels_as_tags, kValue, kTagging,
     "Container label to tag name, a JSON object; `*` in a label matches anything, a leading `+` in the name makes a high-cardinality tag."},
    {"docker_labels_as_tags", "DD_DOCKER_LABELS_AS_TAGS", &S::docker_labels_as_tags, kValue, kTagging,
     "The same under its older name, which Datadog's ECS guide uses; both count."},
    {"disable_cluster_name_tag_key", "DD_DISABLE_CLUSTER_NAME_TAG_KEY", &S::disable_cluster_name_tag_key, kValue, kTagging,
     "Drops the tag `cluster_name`; `ecs_cluster_name` stays. For organisations where `cluster_name` means Kubernetes."},

    {"container_include", "DD_CONTAINER_INCLUDE", &S::container_include, kValue, kContainers,
     "Containers to keep: items `name:<regex>` or `image:<regex>`, separated by blanks (a regex may hold commas) or as a JSON array. Include always wins over exclude.", kBlanksOnly},
    {"container_exclude", "DD_CONTAINER_EXCLUDE", &S::container_exclude, kValue, kContainers,
     "Containers to leave out, same form. `image:.*` leaves out all that no include names.", kBlanksOnly},
    {"container_include_metrics", "DD_CONTAINER_INCLUDE_METRICS", &S::container_include_metrics, kValue, kContainers,
     "Containers to keep for metrics only, added to the general list.", kBlanksOnly},
    {"container_exclude_metrics", "DD_CONTAINER_EXCLUDE_METRICS", &S::container_exclude_metrics, kValue, kContainers,
     "Containers to leave out for metrics only, added to the general list.", kBlanksOnly},
    {"ac_include", "DD_AC_INCLUDE", &S::ac_include, kValue, kContainers,
     "Deprecated name of DD_CONTAINER_INCLUDE, used when that is empty.", kBlanksOnly},
    {"ac_exclude", "DD_AC_EXCLUDE", &S::ac_exclude, kValue, kContainers,
     "Deprecated name of DD_CONTAINER_EXCLUDE, used when that is empty.", kBlanksOnly},
    {"exclude_pause_container", "DD_EXCLUDE_PAUSE_CONTAINER", &S::exclude_pause_container, kValue, kContainers,
     "Leaves out the pause containers that ECS adds for networking. Leave it on."},
    {"container_extended_metrics", "DD_CONTAINER_EXTENDED_METRICS", &S::container_extended_metrics, kValue, kContainers,
     "Sends container metrics the Datadog Agent does not send from a task. Only of this agent; they count as custom metrics."},

    {"proxy.http", "DD_PROXY_HTTP HTTP_PROXY http_proxy", &S::proxy_http, kValue, kNetwork,
     "Proxy for http URLs, `http://user:password@host:port`; empty = none. The metadata endpoint never goes through it."},
    {"proxy.https", "DD_PROXY_HTTPS HTTPS_PROXY https_proxy", &S::proxy_https, kValue, kNetwork,
     "Proxy for https URLs, that is for the intake; empty = none."},
    {"proxy.no_proxy", "DD_PROXY_NO_PROXY NO_PROXY no_proxy", &S::proxy_no_proxy, kValue, kNetwork,
     "Hosts reached directly. DD_PROXY_NO_PROXY takes blanks or commas, NO_PROXY commas. Link-local and loopback addresses are always direct."},
    {"no_proxy_nonexact_match", "DD_NO_PROXY_NONEXACT_MATCH", &S::no_proxy_nonexact_match, kValue, kNetwork,
     "Lets entries of that list match domain suffixes and CIDR ranges too; off = whole host names only."},
    {"skip_ssl_validation", "DD_SKIP_SSL_VALIDATION", &S::skip_ssl_validation, kValue, kNetwork,
     "Accepts any TLS certificate, and so anybody who can answer. For a short test only; set DD_TLS_CERT_FILE for a private authority."},
    {"min_tls_version", "DD_MIN_TLS_VERSION", &S::min_tls_version, kValue, kNetwork,
     "Oldest TLS version that is accepted.", words("tlsv1.0 tlsv1.1 tlsv1.2 tlsv1.3")},
    {"tls_cert_file", "DD_TLS_CERT_FILE", &S::tls_cert_file, kValue, kNetwork,
     "PEM file of certificate authorities, in place of the system's; empty = the system's. A file that cannot be read stops the start. Only of this agent."},
    {"", "SSL_CERT_FILE", &S::ssl_cert_file, kValue, kNetwork,
     "PEM file of certificate authorities, as OpenSSL and Go read it; used when DD_TLS_CERT_FILE is empty."},
    {"", "SSL_CERT_DIR", &S::ssl_cert_dir, kValue, kNetwork,
     "Directory of certificate authorities, as OpenSSL reads it; empty = the system's."},
    {"tls_handshake_timeout", "DD_TLS_HANDSHAKE_TIMEOUT", &S::tls_handshake_timeout, kValue, kNetwork,
     "Longest time of a TLS handshake. A number without a unit counts nanoseconds: write `10s`.",
     range(1, 600, BareNumber::nanoseconds)},

    {"forwarder_timeout", "DD_FORWARDER_TIMEOUT", &S::forwarder_timeout, kValue, kSending,
     "Longest time of one intake request, in seconds. Raise it on slow links.", range(1, 3600)},
    {"forwarder_max_concurrent_requests", "DD_FORWARDER_MAX_CONCURRENT_REQUESTS", &S::forwarder_max_concurrent_requests, kValue, kSending,
     "Requests in flight per intake. Leave it alone.", range(1, 1000)},
    {"forwarder_retry_queue_payloads_max_size", "DD_FORWARDER_RETRY_QUEUE_PAYLOADS_MAX_SIZE DD_FORWARDER_RETRY_QUEUE_MAX_SIZE", &S::forwarder_retry_queue_payloads_max_size, kValue, kSending,
     "Bytes of payloads kept per intake while it cannot be reached; the oldest are dropped beyond. Memory of the task: lower it in small ones. The second, deprecated name counts payloads of 2 MiB.",
     range(1, kGibibyte)},
    {"forwarder_backoff_factor", "DD_FORWARDER_BACKOFF_FACTOR", &S::forwarder_backoff_factor, kValue, kSending,
     "Spread of the pause before a retry: each is drawn between pause/factor and pause. Leave it alone.", range(2, 1000)},
    {"forwarder_backoff_base", "DD_FORWARDER_BACKOFF_BASE", &S::forwarder_backoff_base, kValue, kSending,
     "Seconds that the pauses grow from, doubled after each failure. Leave it alone.", range(0.01, 3600)},
    {"forwarder_backoff_max", "DD_FORWARDER_BACKOFF_MAX", &S::forwarder_backoff_max, kValue, kSending,
     "Longest pause between retries, in seconds. Lower it to recover sooner after a long outage.", range(0.01, 3600)},
    {"forwarder_recovery_interval", "DD_FORWARDER_RECOVERY_INTERVAL", &S::forwarder_recovery_interval, kValue, kSending,
     "How many failures one success makes up for. Leave it alone.", range(1, 1000)},
    {"forwarder_recovery_reset", "DD_FORWARDER_RECOVERY_RESET", &S::forwarder_recovery_reset, kValue, kSending,
     "One success forgets all failures."},
    {"forwarder_connection_reset_interval", "DD_FORWARDER_CONNECTION_RESET_INTERVAL", &S::forwarder_connection_reset_interval, kValue, kSending,
     "Age in seconds at which a kept connection is replaced; 0 = never. For load balancers that drop old connections silently.", range(0, kDaySeconds)},
    {"forwarder_apikey_validation_interval", "DD_FORWARDER_APIKEY_VALIDATION_INTERVAL", &S::forwarder_apikey_validation_interval, kValue, kSending,
     "Minutes between checks of the API key at the intake. Leave it alone.", range(1, 10'080)},
    {"serializer_compressor_kind", "DD_SERIALIZER_COMPRESSOR_KIND", &S::serializer_compressor_kind, kValue, kSending,
     "Compression of payloads: `zstd`, `gzip`, `zlib` (also written `deflate`) or `none`. `zlib` for proxies that inspect bodies.",
     words("zstd gzip zlib deflate none")},
    {"serializer_zstd_compressor_level", "DD_SERIALIZER_ZSTD_COMPRESSOR_LEVEL", &S::serializer_zstd_compressor_level, kValue, kSending,
     "zstd level, 1 to 22. Higher levels cost much CPU and memory for few bytes.", range(1, 22)},
    {"serializer_max_series_payload_size", "DD_SERIALIZER_MAX_SERIES_PAYLOAD_SIZE", &S::serializer_max_series_payload_size, kValue, kSending,
     "Compressed bytes of one series payload. The intake refuses more than the default: lower it only.", at_least(1)},
    {"serializer_max_series_uncompressed_payload_size", "DD_SERIALIZER_MAX_SERIES_UNCOMPRESSED_PAYLOAD_SIZE", &S::serializer_max_series_uncompressed_payload_size, kValue, kSending,
     "Bytes of one series payload before compression. Lower it only.", at_least(1)},
    {"serializer_max_series_points_per_payload", "DD_SERIALIZER_MAX_SERIES_POINTS_PER_PAYLOAD", &S::serializer_max_series_points_per_payload, kValue, kSending,
     "Points of one series payload. Lower it only.", at_least(1)},
    {"serializer_max_payload_size", "DD_SERIALIZER_MAX_PAYLOAD_SIZE", &S::serializer_max_payload_size, kValue, kSending,
     "Compressed bytes of one payload of another kind (service checks). Lower it only.", at_least(1)},
    {"serializer_max_uncompressed_payload_size", "DD_SERIALIZER_MAX_UNCOMPRESSED_PAYLOAD_SIZE", &S::serializer_max_uncompressed_payload_size, kValue, kSending,
     "Bytes of one payload of another kind before compression. Lower it only.", at_least(1)},
    {"enable_payloads.series", "DD_ENABLE_PAYLOADS_SERIES", &S::enable_payloads_series, kValue, kSending,
     "Sends metrics. Off = the agent collects and throws away; for tests of other products."},
    {"enable_payloads.service_checks", "DD_ENABLE_PAYLOADS_SERVICE_CHECKS", &S::enable_payloads_service_checks, kValue, kSending,
     "Sends service checks."},
    {"allow_arbitrary_tags", "DD_ALLOW_ARBITRARY_TAGS", &S::allow_arbitrary_tags, kValue, kSending,
     "Asks the intake to keep tag values as they are. Only after Datadog enabled it for the organisation."},

    {"health_port", "DD_HEALTH_PORT", &S::health_port, kValue, kAgent,
     "TCP port that answers `/live`, `/ready` and `/startup` on all addresses; 0 = off, which is right for an ECS health check with `agent health`.", range(0, 65'535)},
    {"stop_timeout", "DD_STOP_TIMEOUT", &S::stop_timeout, kValue, kAgent,
     "Deadline of the whole stop sequence after SIGTERM; a number without a unit counts seconds. Keep it below the container's `stopTimeout` (30 s by default). Only of this agent.",
     range(100, 115'000, BareNumber::seconds)},
    {"log_level", "DD_LOG_LEVEL", &S::log_level, kValue, kAgent,
     "Least important lines that are logged: `trace`, `debug`, `info`, `warn`, `error`, `critical` or `off`.",
     words("trace debug info warn warning error critical off")},
    {"log_to_console", "DD_LOG_TO_CONSOLE", &S::log_to_console, kValue, kAgent,
     "Logs to stderr, where the `awslogs` driver and FireLens read. Leave it on."},
    {"log_format_json", "DD_LOG_FORMAT_JSON", &S::log_format_json, kValue, kAgent,
     "One JSON object per line."},
    {"log_format_rfc3339", "DD_LOG_FORMAT_RFC3339", &S::log_format_rfc3339, kValue, kAgent,
     "Dates of log lines as RFC 3339."},
    {"log_file", "DD_LOG_FILE", &S::log_file, kValue, kAgent,
     "Also logs to this file; empty = no file. A file that cannot be written is reported and left out."},
    {"disable_file_logging", "DD_DISABLE_FILE_LOGGING", &S::disable_file_logging, kValue, kAgent,
     "Ignores DD_LOG_FILE."},
    // clang-format on
});

}  // namespace

std::span<const Option> options() { return kOptions; }

}  // namespace remora::config
