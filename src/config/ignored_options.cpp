// Settings of the Datadog Agent and of its tracers that this agent knows by name and does not
// honour. An exact name wins over a prefix, a longer prefix over a shorter one.
//
// Source of the names: DataDog/datadog-agent pkg/config/setup, cmd/agent/dist/conf.d and the
// environment tables of the tracer libraries.
#include <array>

#include "remora/config/options.hpp"

namespace remora::config {
namespace {

constexpr std::string_view kApm = "not yet: the trace receiver is on the way";
constexpr std::string_view kLogs = "not yet: log collection is on the way";
constexpr std::string_view kOtlp = "not yet: the OTLP receiver is on the way";
constexpr std::string_view kProcesses = "not yet: live processes and containers";
constexpr std::string_view kExplorer = "not yet: the ECS view of the orchestrator explorer";
constexpr std::string_view kStopped = "not needed: stopped containers are not watched";
constexpr std::string_view kListeners =
    "not needed: the containers of the task and their labels are always read";
constexpr std::string_view kKubernetesOnly = "not needed: it reads annotations of Kubernetes";
constexpr std::string_view kKeyValueStore = "not needed: labels and files are the only sources";
constexpr std::string_view kFileTrust =
    "not yet: limits on the files that options of a check may name";
constexpr std::string_view kPythonChecks = "not yet: checks written in Python or Java";
constexpr std::string_view kHttpTimeout =
    "not yet: a timeout for all checks over HTTP; set `timeout` in init_config";
constexpr std::string_view kSecrets =
    "not yet: secret back ends; use the `secrets` entry of the task definition";
constexpr std::string_view kRemoteConfig = "not yet: remote configuration";
constexpr std::string_view kTelemetry = "not yet: an endpoint for the agent's own metrics";
constexpr std::string_view kSplit = "not yet: splitting one tag value into several";
constexpr std::string_view kPipelines = "not yet: observability pipelines; set DD_DD_URL";
constexpr std::string_view kFips = "not yet: the FIPS relay";
constexpr std::string_view kCel = "not yet: filters in the rule language; use DD_CONTAINER_EXCLUDE";
constexpr std::string_view kRotation =
    "not needed: in a task logs go to stderr, and the log driver rotates";
constexpr std::string_view kHost = "not needed: a task has no host to describe";
constexpr std::string_view kEnvironment =
    "not possible: the metadata endpoint does not show container variables";
constexpr std::string_view kSystemProbe =
    "not possible: system-probe and runtime security need rights a task does not give";
constexpr std::string_view kOtherPlatform = "not needed: a setting of another platform";
constexpr std::string_view kOneProcess = "not needed: one process does all the work";
constexpr std::string_view kOneReader =
    "not needed: one loop reads and adds up, without queues in between";
constexpr std::string_view kMemory = "not needed: DD_DOGSTATSD_MEMORY_LIMIT bounds what is kept";
constexpr std::string_view kDogStatsDStats = "not needed: `agent status` counts packets and losses";
constexpr std::string_view kDogStatsDLog = "not needed: refused lines go to the agent's log";
constexpr std::string_view kOneLoop = "not needed: one loop sends everything";
constexpr std::string_view kNoPort = "not needed: the command line uses no port and no file";
constexpr std::string_view kStop = "not needed: DD_STOP_TIMEOUT is the one deadline of a stop";
constexpr std::string_view kDisk = "not needed: a task's disk ends with the task";
constexpr std::string_view kRuntime = "not needed: it tunes the Go or Python runtime";
constexpr std::string_view kInstall = "not needed: it describes an installer";
constexpr std::string_view kSyslog = "not needed: there is no syslog in a task";
constexpr std::string_view kKeyLog = "not wanted: it writes TLS keys to a file";
constexpr std::string_view kProtocol = "not needed: requests use HTTP/1.1";
constexpr std::string_view kMetadata =
    "not needed: the metadata endpoint is read at a fixed, slow pace";
constexpr std::string_view kTaskDetails =
    "not needed: a sidecar asks for its own task only, and always in full";
constexpr std::string_view kDaemon = "not needed: only a daemon agent on EC2 reads it";
constexpr std::string_view kFailover = "not yet: failover to another region";
constexpr std::string_view kQuiet = "";

constexpr auto kIgnored = std::to_array<IgnoredOption>({
    // clang-format off
    // DogStatsD. Sizes of queues and numbers of workers have no counterpart in one loop; whoever
    // set them wanted fewer losses and has them.
    {"DD_DOGSTATSD_WORKERS_COUNT", kOneReader, "*"},
    {"DD_DOGSTATSD_QUEUE_SIZE", kOneReader, "*"},
    {"DD_DOGSTATSD_PACKET_BUFFER_SIZE", kOneReader, "*"},
    {"DD_DOGSTATSD_PACKET_BUFFER_FLUSH_TIMEOUT", kOneReader, "*"},
    {"DD_DOGSTATSD_PIPELINE_COUNT", kOneReader, "*"},
    {"DD_DOGSTATSD_PIPELINE_AUTOADJUST*", kOneReader, "*"},
    {"DD_DOGSTATSD_STRING_INTERNER_SIZE", kOneReader, "*"},
    {"DD_DOGSTATSD_STRING_INTERNER_TELEMETRY", kOneReader, "*"},
    {"DD_DOGSTATSD_NO_AGGREGATION_PIPELINE_BATCH_SIZE", kOneReader, "*"},
    {"DD_AGGREGATOR_BUFFER_SIZE", kOneReader, "*"},
    {"DD_DOGSTATSD_MEM_BASED_RATE_LIMITER_*", kMemory, "false"},
    {"DD_DOGSTATSD_MAX_METRICS_TAGS", kMemory, "0"},
    {"DD_DOGSTATSD_PIPE_NAME", kOtherPlatform},
    {"DD_DOGSTATSD_WINDOWS_PIPE_SECURITY_DESCRIPTOR", kOtherPlatform},
    {"DD_DOGSTATSD_STATS_ENABLE", kDogStatsDStats, "false"},
    {"DD_DOGSTATSD_STATS_PORT", kDogStatsDStats, "*"},
    {"DD_DOGSTATSD_STATS_BUFFER", kDogStatsDStats, "*"},
    {"DD_DOGSTATSD_TELEMETRY_ENABLED_LISTENER_ID", kDogStatsDStats, "*"},
    {"DD_DOGSTATSD_STREAM_LOG_TOO_BIG", kDogStatsDStats, "*"},
    {"DD_DOGSTATSD_LOGGING_ENABLED", kDogStatsDLog, "*"},
    {"DD_DOGSTATSD_LOG_FILE*", kDogStatsDLog, "*"},
    {"DD_DOGSTATSD_CAPTURE_DEPTH", "not needed: a capture has no queue to size", "*"},
    {"DD_DOGSTATSD_EXPERIMENTAL_HTTP_*", "not yet: metrics over HTTP from other DogStatsD servers", "false"},
    {"DD_DATA_PLANE_*", kOneProcess, "false"},

    // Read by DogStatsD clients; a container definition often shares its variables.
    {"DD_DOGSTATSD_URL", kQuiet},
    {"DD_DOGSTATSD_HOST", kQuiet},
    {"DD_DOGSTATSD_DISABLE", kQuiet},
    {"DD_ENTITY_ID", kQuiet},
    {"DD_EXTERNAL_ENV", kQuiet},
    {"DD_CARDINALITY", kQuiet},
    {"DD_ORIGIN_DETECTION_ENABLED", kQuiet},

    // Traces
    {"DD_APM_SAMPLE_RATE", "not a setting of the Agent: the nearest is DD_APM_TARGET_TPS"},
    {"DD_APM_ENABLED", kApm, "false"},
    {"DD_APM_RECEIVER_ENABLED", kApm, "false"},
    {"DD_APM_NON_LOCAL_TRAFFIC", kApm, "false"},
    {"DD_APM_RECEIVER_PORT", kApm, "0"},
    {"DD_APM_*", kApm},
    {"DD_RECEIVER_PORT", kApm, "0"},
    {"DD_MAX_TPS", kApm},
    {"DD_MAX_EPS", kApm},
    {"DD_IGNORE_RESOURCE", kApm},
    {"DD_CONNECTION_LIMIT", kApm},
    {"DD_EVP_PROXY_CONFIG_ENABLED", kApm, "false"},
    {"DD_EVP_PROXY_CONFIG_*", kApm},
    {"DD_OL_PROXY_CONFIG_ENABLED", kApm, "false"},
    {"DD_OL_PROXY_CONFIG_*", kApm},

    // Logs
    {"DD_LOGS_ENABLED", kLogs, "false"},
    {"DD_LOG_ENABLED", kLogs, "false"},
    {"DD_LOGS_CONFIG_CONTAINER_COLLECT_ALL", kLogs, "false"},
    {"DD_LOGS_CONFIG_*", kLogs},
    {"DD_LOGS_FIRELENS_OVERFLOW", kLogs},
    {"DD_CONTAINER_INCLUDE_LOGS", kLogs},
    {"DD_CONTAINER_EXCLUDE_LOGS", kLogs},
    {"DD_ECS_LOG_ENABLED", "not a setting of the Agent: the nearest is DD_LOGS_ENABLED", "false"},

    // Processes, containers, orchestrator
    {"DD_PROCESS_AGENT_ENABLED", kProcesses, "false disabled"},
    {"DD_PROCESS_CONFIG_ENABLED", kProcesses, "false disabled"},
    {"DD_PROCESS_CONFIG_PROCESS_COLLECTION_ENABLED", kProcesses, "false"},
    {"DD_PROCESS_CONFIG_CONTAINER_COLLECTION_ENABLED", kProcesses, "false"},
    {"DD_PROCESS_CONFIG_PROCESS_DISCOVERY_ENABLED", kProcesses, "false"},
    {"DD_PROCESS_CONFIG_*", kProcesses},
    {"DD_PROCESS_AGENT_*", kProcesses},
    {"DD_SCRUB_ARGS", kProcesses, "true"},
    {"DD_STRIP_PROCESS_ARGS", kProcesses, "false"},
    {"DD_CUSTOM_SENSITIVE_WORDS", kProcesses},
    {"DD_ORCHESTRATOR_EXPLORER_ENABLED", kExplorer, "false"},
    {"DD_ORCHESTRATOR_EXPLORER_*", kExplorer},
    {"DD_ORCHESTRATOR_URL", kExplorer},
    {"DD_CONTAINER_LIFECYCLE_ENABLED", kExplorer, "false"},
    {"DD_CONTAINER_IMAGE_ENABLED", kExplorer, "false"},
    {"DD_SBOM_*", kExplorer, "false"},
    {"DD_CONTAINER_EXCLUDE_STOPPED_AGE", kStopped, "*"},
    {"DD_CEL_WORKLOAD_EXCLUDE", kCel},
    {"DD_CONTAINER_ENV_AS_TAGS", kEnvironment},
    {"DD_DOCKER_ENV_AS_TAGS", kEnvironment},
    {"DD_CONTAINER_PROC_ROOT", kHost},
    {"DD_CONTAINER_CGROUP_ROOT", kHost},
    {"DD_PROCFS_PATH", kHost},
    {"DD_CRI_SOCKET_PATH", kOtherPlatform},

    // Autodiscovery and checks
    {"DD_AUTODISCOVERY_ENABLED", "not a setting of the Agent: the nearest is DD_AUTOCONFIG_FROM_ENVIRONMENT", "false"},
    {"DD_AUTOCONFIG_FROM_ENVIRONMENT", kListeners, "true"},
    {"DD_AUTOCONFIG_*", kListeners},
    {"DD_AUTOCONF_*", kKeyValueStore},
    {"DD_AD_CONFIG_POLL_INTERVAL", kMetadata, "*"},
    {"DD_AD_TAG_COMPLETENESS_MAX_WAIT", kMetadata, "*"},
    {"DD_AD_*", kListeners},
    {"DD_EXTRA_LISTENERS", kListeners, "docker ecs container"},
    {"DD_EXTRA_CONFIG_PROVIDERS", kListeners, "docker ecs container"},
    {"DD_PROMETHEUS_SCRAPE_CHECKS_ENABLED", "not a setting of the Agent: the nearest is DD_PROMETHEUS_SCRAPE_ENABLED", "false"},
    {"DD_PROMETHEUS_SCRAPE_ENABLED", kKubernetesOnly, "false"},
    {"DD_PROMETHEUS_SCRAPE_*", kKubernetesOnly, "false"},
    {"DD_PROMETHEUS_HTTP_SD_*", kKubernetesOnly},
    {"DD_INTEGRATION_*", kFileTrust, "false"},
    {"DD_ADDITIONAL_CHECKSD", kPythonChecks},
    {"DD_CHECK_RUNNERS", kOneLoop},
    {"DD_CHECK_CANCEL_TIMEOUT", kOneLoop},
    {"DD_DEFAULT_INTEGRATION_HTTP_TIMEOUT", kHttpTimeout},
    {"DD_INFRASTRUCTURE_MODE", kPythonChecks, "full"},

    // Secrets, remote configuration, OTLP
    {"DD_SECRET_BACKEND_COMMAND_ALLOW_GROUP_EXEC_PERM", kQuiet},  // set by the official image
    {"DD_SECRET_BACKEND_*", kSecrets},
    {"DD_SECRET_*", kSecrets},
    {"DD_MULTI_SECRET_BACKENDS", kSecrets},
    {"DD_DELEGATED_AUTH_*", kSecrets},
    {"DD_REMOTE_CONFIG_ENABLED", "not a setting of the Agent: the nearest is DD_REMOTE_CONFIGURATION_ENABLED", "false"},
    {"DD_REMOTE_CONFIGURATION_ENABLED", kRemoteConfig, "false"},
    {"DD_REMOTE_CONFIGURATION_*", kRemoteConfig, "false"},
    {"DD_OTLP_CONFIG_*", kOtlp, "false"},
    {"DD_OTLP_TAG_CARDINALITY", kOtlp},

    // Host and platform
    {"DD_HOSTNAME_FILE", kHost},
    {"DD_HOSTNAME_FQDN", kHost, "false"},
    {"DD_HOSTNAME_TRUST_UTS_NAMESPACE", kHost, "false"},
    {"DD_HOSTNAME_FORCE_CONFIG_AS_CANONICAL", kHost, "false"},
    {"DD_HOST_ALIASES", kHost},
    {"DD_IGNORE_HOST_ETC", kHost, "false"},
    {"DD_ENABLE_METADATA_COLLECTION", kHost, "false"},
    {"DD_ENABLE_GOHAI", kHost, "false"},
    {"DD_INVENTORIES_*", kHost, "false"},
    {"DD_EXPECTED_TAGS_DURATION", kHost, "0 0s"},
    {"DD_EC2_*", kHost},
    {"DD_COLLECT_EC2_TAGS*", kHost, "false"},
    {"DD_CLOUD_PROVIDER_METADATA", kHost},
    {"DD_COLLECT_GCE_TAGS", kOtherPlatform, "false"},
    {"DD_CLUSTER_NAME", kOtherPlatform},
    {"DD_CLUSTER_AGENT_*", kOtherPlatform, "false"},
    {"DD_CLUSTER_CHECKS_*", kOtherPlatform, "false"},
    {"DD_LEADER_ELECTION", kOtherPlatform, "false"},
    {"DD_COLLECT_KUBERNETES_EVENTS", kOtherPlatform, "false"},
    {"DD_KUBERNETES_*", kOtherPlatform},
    {"DD_KUBELET_*", kOtherPlatform},
    {"DD_POD_NAME", kQuiet},
    {"DD_POD_*", kOtherPlatform},
    {"DD_SNMP_*", kOtherPlatform},
    {"DD_ECS_MANAGED_INSTANCES", "not a setting of the Agent: the nearest is ECS_MANAGED_INSTANCES"},
    {"DD_ECS_AGENT_URL", kDaemon},
    {"DD_ECS_AGENT_CONTAINER_NAME", kDaemon},
    {"DD_ECS_METADATA_RETRY_TIMEOUT_FACTOR", kMetadata},
    {"DD_ECS_TASK_CACHE_TTL", kMetadata},
    {"DD_ECS_TASK_COLLECTION_ENABLED", kTaskDetails, "true"},
    {"DD_ECS_TASK_COLLECTION_RATE", kMetadata},
    {"DD_ECS_TASK_COLLECTION_BURST", kMetadata},
    {"DD_SYSTEM_PROBE_*", kSystemProbe, "false"},
    {"DD_NETWORK_CONFIG_*", kSystemProbe, "false"},
    {"DD_NETWORK_PATH_*", kSystemProbe, "false"},
    {"DD_SERVICE_MONITORING_CONFIG_*", kSystemProbe, "false"},
    {"DD_RUNTIME_SECURITY_CONFIG_*", kSystemProbe, "false"},
    {"DD_COMPLIANCE_CONFIG_*", kSystemProbe, "false"},
    {"DD_GPU_*", kSystemProbe, "false"},

    // Sending
    {"DD_APP_KEY", kQuiet},
    {"DD_TAG_VALUE_SPLIT_SEPARATOR", kSplit},
    {"DD_CONVERT_DD_SITE_FQDN_ENABLED", "not needed: hosts are looked up once per connection", "false"},
    {"DD_USE_V2_API_SERIES", "not needed: series always use version 2", "true"},
    {"DD_ENABLE_PAYLOADS_JSON_TO_V1_INTAKE", kQuiet},
    {"DD_LOG_PAYLOADS", "not yet: payloads in the log", "false"},
    {"DD_FORWARDER_NUM_WORKERS", kOneLoop, "1"},
    {"DD_FORWARDER_HIGH_PRIO_BUFFER_SIZE", kOneLoop},
    {"DD_FORWARDER_LOW_PRIO_BUFFER_SIZE", kOneLoop},
    {"DD_FORWARDER_REQUEUE_BUFFER_SIZE", kOneLoop},
    {"DD_FORWARDER_STOP_TIMEOUT", kStop},
    {"DD_FORWARDER_HTTP_PROTOCOL", kProtocol, "auto http1"},
    {"DD_FORWARDER_STORAGE_MAX_SIZE_IN_BYTES", kDisk, "0"},
    {"DD_FORWARDER_STORAGE_*", kDisk},
    {"DD_FORWARDER_FLUSH_TO_DISK_MEM_RATIO", kDisk},
    {"DD_FORWARDER_OUTDATED_FILE_IN_DAYS", kDisk},
    {"DD_FORWARDER_RETRY_QUEUE_CAPACITY_TIME_INTERVAL_SEC", kDisk},
    {"DD_HTTP_DIAL_FALLBACK_DELAY", "not needed: addresses are tried in turn"},
    {"DD_SSLKEYLOGFILE", kKeyLog},
    {"DD_USE_PROXY_FOR_CLOUD_METADATA", "not wanted: metadata addresses never go through a proxy", "false"},
    {"DD_FIPS_ENABLED", kFips, "false"},
    {"DD_FIPS_*", kFips},
    {"DD_OBSERVABILITY_PIPELINES_WORKER_*", kPipelines, "false"},
    {"DD_VECTOR_*", kPipelines, "false"},
    {"DD_MULTI_REGION_FAILOVER_*", kFailover, "false"},

    // The agent itself
    {"DD_CORE_AGENT_ENABLED", kOneProcess, "true"},
    {"DD_RUN_PATH", kDisk},
    {"DD_CMD_HOST", kNoPort},
    {"DD_CMD_PORT", kNoPort},
    {"DD_IPC_ADDRESS", kNoPort},
    {"DD_IPC_CERT_FILE_PATH", kNoPort},
    {"DD_AGENT_IPC_*", kNoPort},
    {"DD_AUTH_INIT_TIMEOUT", kNoPort},
    {"DD_SERVER_TIMEOUT", kNoPort},
    {"DD_EXPVAR_PORT", kTelemetry, "5000"},
    {"DD_TELEMETRY_ENABLED", kTelemetry, "false"},
    {"DD_TELEMETRY_*", kTelemetry, "false"},
    {"DD_AGENT_TELEMETRY_*", "not wanted: this agent sends no usage data", "false"},
    {"DD_GUI_PORT", kNoPort, "-1 0"},
    {"DD_LOG_FILE_MAX_SIZE", kRotation},
    {"DD_LOG_FILE_MAX_ROLLS", kRotation},
    {"DD_LOG_TO_SYSLOG", kSyslog, "false"},
    {"DD_SYSLOG_*", kSyslog},
    {"DD_LOGGING_FREQUENCY", kRotation},
    {"DD_LOG_ALL_GOROUTINES_WHEN_UNHEALTHY", kRuntime, "false"},
    {"DD_INTERNAL_PROFILING_*", kRuntime, "false"},
    {"DD_PYTHON_VERSION", kRuntime},
    {"DD_JMX_*", kPythonChecks},
    {"DD_FLARE_STRIPPED_KEYS", "not yet: flares"},
    {"DD_SCRUBBER_ADDITIONAL_KEYS", "not yet: flares"},
    {"DD_INSTALL_INFO_*", kInstall},

    // Variables of tracers and of Datadog's other tools. One container definition often shares its
    // variables with the application beside it, so they are no mistake and stay quiet.
    {"DD_TRACE_*", kQuiet},
    {"DD_PROFILING_*", kQuiet},
    {"DD_LOGS_INJECTION", kQuiet},
    {"DD_RUNTIME_METRICS_*", kQuiet},
    {"DD_APPSEC_*", kQuiet},
    {"DD_IAST_*", kQuiet},
    {"DD_API_SECURITY_*", kQuiet},
    {"DD_DATA_STREAMS_*", kQuiet},
    {"DD_DBM_PROPAGATION_MODE", kQuiet},
    {"DD_JMXFETCH_*", kQuiet},
    {"DD_SERVICE_NAME", kQuiet},
    {"DD_SERVICE_MAPPING", kQuiet},
    {"DD_GIT_*", kQuiet},
    {"DD_DYNAMIC_INSTRUMENTATION_*", kQuiet},
    {"DD_EXCEPTION_REPLAY_*", kQuiet},
    {"DD_CIVISIBILITY_*", kQuiet},
    {"DD_INSIDE_CI", kQuiet},
    {"DD_INSTRUMENTATION_*", kQuiet},
    {"DD_INJECTION_ENABLED", kQuiet},
    {"DD_PROPAGATION_*", kQuiet},
    {"DD_AGENT_HOST", kQuiet},
    {"DD_LLMOBS_*", kQuiet},
    {"DD_LAMBDA_*", kQuiet},
    {"DD_SPAN_SAMPLING_RULES*", kQuiet},
    {"DD_CLIENT_TOKEN", kQuiet},
    {"DD_APPLICATION_ID", kQuiet},
    {"DD_RUM_*", kQuiet},
    {"DD_PATCH_MODULES", kQuiet},
    {"DD_CALL_BASIC_CONFIG", kQuiet},
    {"DD_REMOTE_CONFIG_*", kQuiet},
    // clang-format on
});

}  // namespace

std::span<const IgnoredOption> ignored_options() { return kIgnored; }

}  // namespace remora::config
