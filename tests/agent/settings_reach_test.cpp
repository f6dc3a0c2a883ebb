// Every setting, set as an operator sets it, against the options of the component it is for.
//
// A setting without a row fails, and so does one that nobody outside src/config reads.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "agent/component_options.hpp"
#include "agent/discovery_options.hpp"
#include "agent/dogstatsd_options.hpp"
#include "fakes/source_dir.hpp"
#include "remora/api/ipc_auth.hpp"
#include "remora/config/load.hpp"
#include "remora/config/options.hpp"

namespace remora::agent {
namespace {

using config::Environment;
using config::Loaded;

// What an option is, as text.
std::string shown(const std::string& text) { return text; }
std::string shown(bool value) { return value ? "true" : "false"; }
std::string shown(double value) {
  std::string text = std::to_string(value);
  text.erase(text.find_last_not_of('0') + 1);
  return text.ends_with('.') ? text.substr(0, text.size() - 1) : text;
}
template <class T>
requires std::is_integral_v<T> std::string shown(T value) { return std::to_string(value); }
template <class T>
requires std::is_enum_v<T> std::string shown(T value) {
  return std::to_string(static_cast<int>(value));
}
template <class R, class P>
std::string shown(std::chrono::duration<R, P> value) {
  return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(value).count()) +
         "ms";
}
template <class T>
std::string shown(const std::vector<T>& list) {
  std::string text;
  for (const T& one : list) text += (text.empty() ? "" : ",") + shown(one);
  return text;
}
std::string shown(const std::map<std::string, std::string>& map) {
  std::string text;
  for (const auto& [key, value] : map) text.append(key).append("=").append(value).append(";");
  return text;
}
std::string shown(const std::optional<net::Url>& url) { return url ? url->origin() : "-"; }
std::string shown(const std::optional<std::chrono::seconds>& value) {
  return value ? shown(*value) : "-";
}

using Probe = std::function<std::string(const Loaded&)>;
struct Row {
  const char* variable;
  const char* value;
  Probe probe;
  std::string reached;    ///< what the probe shows then; it shows something else by default
  Environment with = {};  ///< set in both cases
};

template <class Read>
Probe dogstatsd(Read read) {
  return [read](const Loaded& loaded) {
    std::vector<std::string> warnings;
    return shown(read(dogstatsd_options(loaded.settings, {}, warnings)));
  };
}
template <class Read>
Probe discovery(Read read) {
  return
      [read](const Loaded& loaded) { return shown(read(discovery_options(loaded, {}, {}, {}))); };
}
/// Of one function from Settings to options.
template <class Make, class Read>
Probe of(Make make, Read read) {
  return [make, read](const Loaded& loaded) { return shown(read(make(loaded.settings))); };
}
template <class Read>
Probe client(Read read) {
  return of([](const auto& s) { return *client_options(s); }, read);
}
template <class Read>
Probe forwarding(Read read) {
  return of([](const auto& s) { return forwarder_options(s, {}); }, read);
}
template <class Read>
Probe metadata(Read read) {
  return of(
      [](config::Settings s) {
        if (s.ecs_metadata_uri_v4.empty()) s.ecs_metadata_uri_v4 = "http://192.0.2.1/v4/x";
        return *metadata_options(s);
      },
      read);
}
/// Of a value that Runtime or the command line takes as it is.
template <class Field>
Probe direct(Field field) {
  return [field](const Loaded& loaded) { return shown(loaded.settings.*field); };
}
template <class T>
auto member(T field) {
  return [field](const auto& options) { return options.*field; };
}

std::string intakes(const config::Settings& settings) {
  std::vector<std::string> warnings;
  std::string text;
  const auto domains = intake_domains(settings, warnings);
  for (const auto& domain : *domains)
    text += domain.url.origin() + " " + shown(domain.api_keys) + ";";
  return text;
}

using S = config::Settings;
using D = DogstatsdOptions;

std::vector<Row> rows() {
  const auto identity = [](const S& s) {
    return api::ipc_identity(s.api_key, s.auth_token_file_path, s.ecs_metadata_uri_v4);
  };
  const auto tags = member(&tagger::TaggerOptions::static_tags);
  const auto launch = [](const S& s) { return ecs::detect_environment(ecs_variables(s)); };
  const auto launch_type = [](const auto& environment) {
    return std::string(ecs::to_string(environment.launch_type));
  };
  const auto host = [](const Loaded& loaded) {
    std::vector<std::string> warnings;
    const auto options = dogstatsd_options(loaded.settings, {}, warnings);
    return pipeline_options(loaded.settings).hostname + "," + options.enricher.hostname + "," +
           options.server.hostname + "," +
           discovery_options(loaded, {}, {}, {}).scheduler.instance.hostname;
  };
  const auto histogram = [](const Loaded& loaded) {
    std::vector<std::string> warnings;
    const auto shape = [](const metrics::HistogramOptions& h) {
      return shown(h.max) + shown(h.sum) + shown(h.percentiles);
    };
    return shape(dogstatsd_options(loaded.settings, {}, warnings).sampler.histogram) + " " +
           shape(discovery_options(loaded, {}, {}, {}).scheduler.instance.histogram);
  };
  const auto filter = [](auto field) {
    return of([](const S& s) { return metrics_filter(s); }, member(field));
  };
  constexpr auto kInclude = &ecs::ContainerFilterOptions::include;
  constexpr auto kExclude = &ecs::ContainerFilterOptions::exclude;
  const auto serial = [](auto make, auto field) { return of(make, member(field)); };
  const auto pipeline = [](auto field) {
    return of([](const S& s) { return pipeline_options(s); }, member(field));
  };
  const auto tagging = [](auto field) {
    return of([](const S& s) { return tagger_options(s); }, member(field));
  };
  const auto source = [](auto field) {
    return of([](const S& s) { return task_source_options(s, ecs::LaunchType::unknown); },
              member(field));
  };
  const auto log = [](auto field) {
    return of([](const S& s) { return log_options(s); }, member(field));
  };

  return {
      // clang-format off
      {"DD_API_KEY", "0123456789abcdef0123456789abcdef", of(intakes, [](const std::string& t) { return t.substr(t.find(' ') + 1); }), "0123456789abcdef0123456789abcdef;"},
      {"DD_API_KEY", "abc", of(identity, [](const auto& i) { return i.secret; }), "abc"},
      {"DD_SITE", "datadoghq.eu", of(intakes, [](const std::string& t) { return t.substr(0, t.find(' ')); }), "https://7-77-0-app.agent.datadoghq.eu"},
      {"DD_DD_URL", "http://127.0.0.1:81", of(intakes, [](const std::string& t) { return t.substr(0, t.find(' ')); }), "http://127.0.0.1:81"},
      {"DD_ENV", "prod", of([](const S& s) { return tagger_options(s); }, tags), "env:prod"},
      {"DD_SERVICE", "shop", tagging(&tagger::TaggerOptions::own_service), "shop"},
      {"DD_SERVICE", "shop", source(&ecs::TaskSourceOptions::own_container), "true"},
      {"DD_VERSION", "1.2", tagging(&tagger::TaggerOptions::own_version), "1.2"},
      {"DD_VERSION", "1.2", source(&ecs::TaskSourceOptions::own_container), "true"},
      {"DD_TAGS", "a:1 b:2", of([](const S& s) { return tagger_options(s); }, tags), "a:1,b:2"},
      {"DD_EXTRA_TAGS", "c:3", of([](const S& s) { return tagger_options(s); }, tags), "a:1,c:3", {{"DD_TAGS", "a:1"}}},
      {"DD_HOSTNAME", "h", host, "h,h,h,h"},
      {"DD_ADDITIONAL_ENDPOINTS", R"({"http://127.0.0.1:82":["k"]})", of(intakes, [](const std::string& t) { return t.substr(t.find(';') + 1); }), "http://127.0.0.1:82 k;"},
      {"DD_AUTH_TOKEN_FILE_PATH", "/etc/hostname", of(identity, [](const auto& i) { return shown(i.secret.empty()); }), "false"},

      {"ECS_CONTAINER_METADATA_URI_V4", "http://192.0.2.9/v4/a", metadata([](const auto& m) { return m.base.origin(); }), "http://192.0.2.9"},
      {"ECS_CONTAINER_METADATA_URI_V4", "http://192.0.2.9/v4/a", of(identity, [](const auto& i) { return i.metadata_uri; }), "http://192.0.2.9/v4/a"},
      {"AWS_EXECUTION_ENV", "AWS_ECS_FARGATE", of(launch, launch_type), "FARGATE", {{"ECS_CONTAINER_METADATA_URI_V4", "http://192.0.2.9/v4/a"}}},
      {"ECS_FARGATE", "true", of(launch, launch_type), "FARGATE", {{"ECS_CONTAINER_METADATA_URI_V4", "http://192.0.2.9/v4/a"}}},
      {"ECS_MANAGED_INSTANCES", "true", of(launch, launch_type), "MANAGED_INSTANCES", {{"ECS_CONTAINER_METADATA_URI_V4", "http://192.0.2.9/v4/a"}}},
      {"DD_ECS_DEPLOYMENT_MODE", "daemon", of(ecs_variables, member(&ecs::EnvironmentVariables::deployment_mode)), "daemon"},
      {"DD_ECS_LAUNCH_TYPE", "ec2", of(launch, launch_type), "EC2", {{"ECS_CONTAINER_METADATA_URI_V4", "http://192.0.2.9/v4/a"}}},
      {"DD_ECS_METADATA_TIMEOUT", "1234", metadata(member(&ecs::MetadataClientOptions::timeout)), "1234ms"},
      {"DD_ECS_METADATA_RETRY_INITIAL_INTERVAL", "70ms", metadata(member(&ecs::MetadataClientOptions::retry_initial)), "70ms"},
      {"DD_ECS_METADATA_RETRY_MAX_ELAPSED_TIME", "9s", metadata(member(&ecs::MetadataClientOptions::retry_max_elapsed)), "9000ms"},
      {"DD_ECS_COLLECT_RESOURCE_TAGS_EC2", "true", tagging(&tagger::TaggerOptions::collect_resource_tags), "true"},
      {"DD_ECS_COLLECT_RESOURCE_TAGS_EC2", "true", source(&ecs::TaskSourceOptions::resource_tags), "true"},
      {"DD_ECS_RESOURCE_TAGS_REPLACE_COLON", "true", tagging(&tagger::TaggerOptions::resource_tags_replace_colon), "true"},

      {"DD_CHECKS_TAG_CARDINALITY", "high", pipeline(&PipelineOptions::self_cardinality), shown(tagger::Cardinality::high)},
      {"DD_CHECKS_TAG_CARDINALITY", "orchestrator", discovery(member(&DiscoveryOptions::cardinality)), shown(tagger::Cardinality::orchestrator)},
      {"DD_CONTAINER_LABELS_AS_TAGS", R"({"team":"squad"})", tagging(&tagger::TaggerOptions::labels_as_tags), "team=squad;"},
      {"DD_DOCKER_LABELS_AS_TAGS", R"({"team":"squad"})", tagging(&tagger::TaggerOptions::labels_as_tags), "team=squad;"},
      {"DD_DISABLE_CLUSTER_NAME_TAG_KEY", "true", tagging(&tagger::TaggerOptions::disable_cluster_name_tag), "true"},

      {"DD_CONTAINER_INCLUDE", "name:a", filter(kInclude), "name:a"},
      {"DD_CONTAINER_EXCLUDE", "name:b", filter(kExclude), "name:b"},
      {"DD_CONTAINER_INCLUDE_METRICS", "name:c", filter(kInclude), "name:c"},
      {"DD_CONTAINER_EXCLUDE_METRICS", "name:d", filter(kExclude), "name:d"},
      {"DD_AC_INCLUDE", "name:e", filter(kInclude), "name:e"},
      {"DD_AC_EXCLUDE", "name:f", filter(kExclude), "name:f"},
      {"DD_EXCLUDE_PAUSE_CONTAINER", "false", filter(&ecs::ContainerFilterOptions::exclude_pause), "false"},
      {"DD_CONTAINER_EXTENDED_METRICS", "true", of([](const S& s) { return container_check_options(s, ecs::LaunchType::unknown); }, member(&checks::ContainerCheckOptions::extended_metrics)), "true"},

      {"DD_CONFD_PATH", "/mnt/conf.d", discovery([](const auto& o) { return o.directories.at(0); }), "/mnt/conf.d"},
      {"DD_IGNORE_AUTOCONF", "redisdb nginx", discovery([](const auto& o) { return o.files.ignore_autoconf; }), "redisdb,nginx"},
      {"DD_AUTOCONF_CONFIG_FILES_POLL", "true", discovery(member(&DiscoveryOptions::poll_files)), "60000ms"},
      {"DD_AUTOCONF_CONFIG_FILES_POLL_INTERVAL", "7", discovery(member(&DiscoveryOptions::poll_files)), "7000ms", {{"DD_AUTOCONF_CONFIG_FILES_POLL", "true"}}},
      {"DD_AD_ALLOWED_ENV_VARS", "A B", discovery([](const auto& o) { return o.reconciler.variables.allowed; }), "A,B"},
      {"DD_AD_ALLOWED_FILE_PATHS", "/a /b", discovery([](const auto& o) { return o.label_files.folders; }), "/a,/b"},
      {"DD_AD_DISABLE_ENV_VAR_RESOLUTION", "true", discovery([](const auto& o) { return o.reconciler.variables.no_environment; }), "true"},
      {"DD_INTEGRATION_CHECK_STATUS_ENABLED", "true", discovery(member(&DiscoveryOptions::check_status)), "true"},

      {"DD_USE_DOGSTATSD", "false", dogstatsd(member(&D::enabled)), "false"},
      {"DD_DOGSTATSD_PORT", "8126", dogstatsd([](const D& o) { return o.listeners.udp_port; }), "8126"},
      {"DD_BIND_HOST", "192.0.2.7", dogstatsd([](const D& o) { return o.listeners.bind_host; }), "192.0.2.7"},
      {"DD_DOGSTATSD_NON_LOCAL_TRAFFIC", "true", dogstatsd([](const D& o) { return o.listeners.non_local_traffic; }), "true"},
      {"DD_DOGSTATSD_SOCKET", "/s/d", dogstatsd([](const D& o) { return o.listeners.datagram_socket; }), "/s/d"},
      {"DD_DOGSTATSD_STREAM_SOCKET", "/s/s", dogstatsd([](const D& o) { return o.listeners.stream_socket; }), "/s/s"},
      {"DD_DOGSTATSD_BUFFER_SIZE", "1234", dogstatsd([](const D& o) { return o.listeners.buffer_size; }), "1234"},
      {"DD_DOGSTATSD_SO_RCVBUF", "4321", dogstatsd([](const D& o) { return o.listeners.receive_buffer; }), "4321"},
      {"DD_DOGSTATSD_EOL_REQUIRED", "udp", dogstatsd([](const D& o) { return shown(o.server.eol_required_udp) + shown(o.server.eol_required_uds); }), "truefalse"},
      {"DD_DOGSTATSD_EOL_REQUIRED", "uds", dogstatsd([](const D& o) { return shown(o.server.eol_required_udp) + shown(o.server.eol_required_uds); }), "falsetrue"},
      {"DD_DOGSTATSD_TAGS", "a:1 b:2", dogstatsd([](const D& o) { return o.origins.extra_tags; }), "a:1,b:2"},
      {"DD_DOGSTATSD_INSTANCE_TAG", "instance", [](const Loaded& l) { std::vector<std::string> w; return instance_tag(l.settings, "01234567", w); }, "instance:01234567"},
      {"DD_DOGSTATSD_ORIGIN_DETECTION", "true", dogstatsd([](const D& o) { return o.listeners.credentials; }), "true"},
      {"DD_DOGSTATSD_ORIGIN_DETECTION_CLIENT", "true", dogstatsd([](const D& o) { return o.server.parser.client_origin; }), "true"},
      {"DD_DOGSTATSD_ORIGIN_OPTOUT_ENABLED", "false", dogstatsd([](const D& o) { return o.origins.opt_out; }), "false"},
      {"DD_DOGSTATSD_ENTITY_ID_PRECEDENCE", "true", dogstatsd([](const D& o) { return o.origins.entity_id_precedence; }), "true"},
      {"DD_ORIGIN_DETECTION_UNIFIED", "true", dogstatsd([](const D& o) { return o.origins.unified; }), "true"},
      {"DD_DOGSTATSD_TAG_CARDINALITY", "high", dogstatsd([](const D& o) { return o.origins.cardinality; }), "high"},
      {"DD_DOGSTATSD_EXPIRY_SECONDS", "77", dogstatsd([](const D& o) { return o.sampler.counter_expiry_seconds; }), "77"},
      {"DD_DOGSTATSD_CONTEXT_EXPIRY_SECONDS", "33", dogstatsd([](const D& o) { return o.sampler.context_expiry_seconds; }), "33"},
      {"DD_DOGSTATSD_NO_AGGREGATION_PIPELINE", "false", dogstatsd([](const D& o) { return o.server.parser.timestamps; }), "false"},
      {"DD_DOGSTATSD_FLUSH_INCOMPLETE_BUCKETS", "false", dogstatsd(member(&D::flush_open_buckets)), "false"},
      {"DD_AGGREGATOR_STOP_TIMEOUT", "5", dogstatsd(member(&D::stop_listening)), "5000ms"},
      {"DD_DOGSTATSD_CONTEXT_LIMIT", "123", dogstatsd([](const D& o) { return o.sampler.max_contexts; }), "123"},
      {"DD_DOGSTATSD_MEMORY_LIMIT", "8388608", dogstatsd([](const D& o) { return o.sampler.max_bytes; }), "8388608"},
      {"DD_DOGSTATSD_MAPPER_PROFILES", R"([{"mappings":[],"name":"p","prefix":"x."}])", dogstatsd([](const D& o) { return o.enricher.mapper_profiles_json; }), R"([{"mappings":[],"name":"p","prefix":"x."}])"},
      {"DD_DOGSTATSD_MAPPER_CACHE_SIZE", "5", dogstatsd([](const D& o) { return o.enricher.mapper_cache_size; }), "5"},
      {"DD_STATSD_METRIC_NAMESPACE", "ns", dogstatsd([](const D& o) { return o.enricher.metric_namespace; }), "ns"},
      {"DD_STATSD_METRIC_NAMESPACE_BLACKLIST", "x y", dogstatsd([](const D& o) { return o.enricher.namespace_exclusions; }), "x,y"},
      {"DD_METRIC_FILTERLIST", "x y", dogstatsd([](const D& o) { return o.enricher.filter_list; }), "x,y"},
      {"DD_METRIC_FILTERLIST_MATCH_PREFIX", "true", dogstatsd([](const D& o) { return o.enricher.filter_match_prefix; }), "true", {{"DD_METRIC_FILTERLIST", "x"}}},
      {"DD_STATSD_METRIC_BLOCKLIST", "x y", dogstatsd([](const D& o) { return o.enricher.filter_list; }), "x,y"},
      {"DD_STATSD_METRIC_BLOCKLIST_MATCH_PREFIX", "true", dogstatsd([](const D& o) { return o.enricher.filter_match_prefix; }), "true"},
      {"DD_METRIC_TAG_FILTERLIST", R"([{"action":"exclude","metric_name":"a","tags":["t"]}])", dogstatsd([](const D& o) { return o.enricher.tag_filter_list_json; }), R"([{"action":"exclude","metric_name":"a","tags":["t"]}])"},
      {"DD_HISTOGRAM_AGGREGATES", "sum", histogram, "falsetrue95 falsetrue95"},
      {"DD_HISTOGRAM_PERCENTILES", "0.5 0.9", histogram, "truefalse50,90 truefalse50,90"},
      {"DD_HISTOGRAM_COPY_TO_DISTRIBUTION", "true", dogstatsd([](const D& o) { return o.server.histogram_copy; }), "true"},
      {"DD_HISTOGRAM_COPY_TO_DISTRIBUTION_PREFIX", "d.", dogstatsd([](const D& o) { return o.enricher.copy_prefix; }), "d."},
      {"DD_STATSD_FORWARD_HOST", "copy", dogstatsd(member(&D::forward_host)), "copy", {{"DD_STATSD_FORWARD_PORT", "9"}}},
      {"DD_STATSD_FORWARD_PORT", "9125", dogstatsd(member(&D::forward_port)), "9125", {{"DD_STATSD_FORWARD_HOST", "copy"}}},
      {"DD_DOGSTATSD_DISABLE_VERBOSE_LOGS", "true", dogstatsd([](const D& o) { return o.server.verbose_logs; }), "false"},
      {"DD_DOGSTATSD_METRICS_STATS_ENABLE", "true", dogstatsd(member(&D::metric_stats)), "true"},
      {"DD_DOGSTATSD_CAPTURE_PATH", "/cap", dogstatsd(member(&D::capture_directory)), "/cap"},

      {"DD_PROXY_HTTP", "http://p:1", client([](const auto& c) { return c.proxy.http; }), "http://p:1"},
      {"DD_PROXY_HTTPS", "http://p:2", client([](const auto& c) { return c.proxy.https; }), "http://p:2"},
      {"DD_PROXY_NO_PROXY", "a b", client([](const auto& c) { return c.proxy.no_proxy; }), "a,b"},
      {"NO_PROXY", "a,b", client([](const auto& c) { return c.proxy.no_proxy; }), "a,b"},
      {"DD_NO_PROXY_NONEXACT_MATCH", "true", client([](const auto& c) { return c.proxy.nonexact_match; }), "true"},
      {"DD_SKIP_SSL_VALIDATION", "true", client([](const auto& c) { return c.tls.verify; }), "false"},
      {"DD_MIN_TLS_VERSION", "tlsv1.3", client([](const auto& c) { return c.tls.min_version; }), "tlsv1.3"},
      {"DD_TLS_CERT_FILE", "/ca.pem", client([](const auto& c) { return c.tls.ca_file; }), "/ca.pem"},
      {"SSL_CERT_FILE", "/ca.pem", client([](const auto& c) { return c.tls.ca_file; }), "/ca.pem"},
      {"SSL_CERT_DIR", "/cas", client([](const auto& c) { return c.tls.ca_directory; }), "/cas"},
      {"DD_TLS_HANDSHAKE_TIMEOUT", "3s", client([](const auto& c) { return c.tls_handshake_timeout; }), "3000ms"},

      {"DD_FORWARDER_TIMEOUT", "7", forwarding(member(&forwarder::IntakeOptions::timeout)), "7000ms"},
      {"DD_FORWARDER_MAX_CONCURRENT_REQUESTS", "3", forwarding(member(&forwarder::IntakeOptions::max_concurrent_requests)), "3"},
      {"DD_FORWARDER_RETRY_QUEUE_PAYLOADS_MAX_SIZE", "1000", forwarding(member(&forwarder::IntakeOptions::retry_queue_max_bytes)), "1000"},
      {"DD_FORWARDER_RETRY_QUEUE_PAYLOADS_MAX_SIZE", "1000", pipeline(&PipelineOptions::queue_room), "500"},
      {"DD_FORWARDER_BACKOFF_FACTOR", "3", forwarding(member(&forwarder::IntakeOptions::backoff_factor)), "3"},
      {"DD_FORWARDER_BACKOFF_BASE", "4", forwarding(member(&forwarder::IntakeOptions::backoff_base_seconds)), "4"},
      {"DD_FORWARDER_BACKOFF_MAX", "50", forwarding(member(&forwarder::IntakeOptions::backoff_max_seconds)), "50"},
      {"DD_FORWARDER_RECOVERY_INTERVAL", "5", forwarding(member(&forwarder::IntakeOptions::recovery_interval)), "5"},
      {"DD_FORWARDER_RECOVERY_RESET", "true", forwarding(member(&forwarder::IntakeOptions::recovery_reset)), "true"},
      {"DD_FORWARDER_CONNECTION_RESET_INTERVAL", "30", client([](const auto& c) { return c.connection_reset_interval; }), "30000ms"},
      {"DD_FORWARDER_APIKEY_VALIDATION_INTERVAL", "2", of([](const S& s) { return validator_options(s, {}); }, member(&forwarder::ApiKeyValidatorOptions::interval)), "120000ms"},
      {"DD_SERIALIZER_COMPRESSOR_KIND", "gzip", of([](const S& s) { return *compression_options(s); }, member(&CompressionOptions::kind)), shown(serializer::CompressionKind::gzip)},
      {"DD_SERIALIZER_ZSTD_COMPRESSOR_LEVEL", "9", of([](const S& s) { return *compression_options(s); }, member(&CompressionOptions::level)), "9"},
      {"DD_SERIALIZER_MAX_SERIES_PAYLOAD_SIZE", "1001", serial(series_limits, &serializer::SeriesLimits::max_compressed_bytes), "1001"},
      {"DD_SERIALIZER_MAX_SERIES_UNCOMPRESSED_PAYLOAD_SIZE", "1002", serial(series_limits, &serializer::SeriesLimits::max_uncompressed_bytes), "1002"},
      {"DD_SERIALIZER_MAX_SERIES_POINTS_PER_PAYLOAD", "1003", serial(series_limits, &serializer::SeriesLimits::max_points), "1003"},
      {"DD_SERIALIZER_MAX_PAYLOAD_SIZE", "1004", serial(payload_limits, &serializer::PayloadLimits::max_compressed_bytes), "1004"},
      {"DD_SERIALIZER_MAX_UNCOMPRESSED_PAYLOAD_SIZE", "1005", serial(payload_limits, &serializer::PayloadLimits::max_uncompressed_bytes), "1005"},
      {"DD_ENABLE_PAYLOADS_SERIES", "false", pipeline(&PipelineOptions::series), "false"},
      {"DD_ENABLE_PAYLOADS_SERVICE_CHECKS", "false", pipeline(&PipelineOptions::service_checks), "false"},
      {"DD_ENABLE_PAYLOADS_SKETCHES", "false", pipeline(&PipelineOptions::sketches), "false"},
      {"DD_ENABLE_PAYLOADS_EVENTS", "false", pipeline(&PipelineOptions::events), "false"},
      {"DD_ALLOW_ARBITRARY_TAGS", "true", forwarding(member(&forwarder::IntakeOptions::allow_arbitrary_tags)), "true"},

      {"DD_HEALTH_PORT", "5555", direct(&S::health_port), "5555"},
      {"DD_STOP_TIMEOUT", "3", direct(&S::stop_timeout), "3000ms"},
      {"DD_LOG_LEVEL", "debug", log(&core::LogOptions::level), shown(core::Level::debug)},
      {"DD_LOG_TO_CONSOLE", "false", log(&core::LogOptions::to_console), "false"},
      {"DD_LOG_FORMAT_JSON", "true", log(&core::LogOptions::json), "true"},
      {"DD_LOG_FORMAT_RFC3339", "true", log(&core::LogOptions::rfc3339), "true"},
      {"DD_LOG_FILE", "/l", log(&core::LogOptions::file), "/l"},
      {"DD_DISABLE_FILE_LOGGING", "true", log(&core::LogOptions::file), "", {{"DD_LOG_FILE", "/l"}}},
      // clang-format on
  };
}

Loaded loaded(const Environment& environment) {
  return config::load(environment, "/nonexistent/datadog.yaml");
}

TEST(Settings, ReachTheirComponents) {
  for (const Row& row : rows()) {
    Environment set = row.with;
    set[row.variable] = row.value;
    EXPECT_EQ(row.probe(loaded(set)), row.reached) << row.variable << "=" << row.value;
    EXPECT_NE(row.probe(loaded(row.with)), row.reached)
        << row.variable << ": the row shows nothing, its default is the same";
  }
}

TEST(Settings, ReachThemUnderEachOfTheirNames) {
  // A deprecated name that counts payloads of 2 MiB; it has a test in src/config.
  const std::set<std::string> other_units{"DD_FORWARDER_RETRY_QUEUE_MAX_SIZE"};
  for (const config::Option& option : config::options()) {
    const std::string names(option.env);
    const std::string first = names.substr(0, names.find(' '));
    for (const Row& row : rows()) {
      if (row.variable != first) continue;
      for (std::size_t at = names.find(' '); at != std::string::npos;
           at = names.find(' ', at + 1)) {
        const std::string name = names.substr(at + 1, names.find(' ', at + 1) - at - 1);
        if (other_units.contains(name) || name == "NO_PROXY" || name == "no_proxy") continue;
        Environment set = row.with;
        set[name] = row.value;
        EXPECT_EQ(row.probe(loaded(set)), row.reached) << name << "=" << row.value;
      }
    }
  }
}

TEST(Settings, HaveARowEach) {
  std::set<std::string> tested;
  for (const Row& row : rows()) tested.insert(row.variable);
  for (const config::Option& option : config::options()) {
    const std::string names(option.env);
    EXPECT_TRUE(tested.contains(names.substr(0, names.find(' '))))
        << names << " has no row in ReachTheirComponents";
  }
}

TEST(Settings, AreReadOutsideTheirModule) {
  std::string sources;
  for (const char* folder : {"/src/agent", "/src/cli"}) {
    for (const auto& entry : std::filesystem::directory_iterator(fakes::source_dir() + folder)) {
      if (entry.path().extension() != ".cpp") continue;
      std::ifstream in(entry.path());
      sources.append(std::istreambuf_iterator<char>(in), {});
    }
  }
  std::ifstream in(fakes::source_dir() + "/src/config/options.cpp");
  const std::string table((std::istreambuf_iterator<char>(in)), {});
  const std::regex field("&S::([a-z0-9_]+)");
  std::size_t fields = 0;
  for (std::sregex_iterator it(table.begin(), table.end(), field), end; it != end; ++it, ++fields) {
    EXPECT_NE(sources.find("settings." + (*it)[1].str()), std::string::npos)
        << (*it)[1] << " is read by nobody";
  }
  EXPECT_GE(fields, config::options().size());
}

}  // namespace
}  // namespace remora::agent
