// What the operator can set: types and defaults. A default is written here and nowhere else.
//
// Names, help and sources are in the table `options()` (options.hpp); `load()` (load.hpp) fills a
// Settings from datadog.yaml and the environment. Components never see this struct:
// src/agent, and src/cli for its own requests, hand each of them the few values it runs on.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace remora::config {

/// Certificates of the image: public, and what labels name in practice.
inline std::vector<std::string> certificate_folders() {
  return {"/etc/ssl/certs", "/usr/share/ca-certificates", "/usr/local/share/ca-certificates",
          "/etc/pki/tls/certs", "/etc/pki/ca-trust"};
}

struct Settings {
  // Core
  std::string api_key;
  std::string site = "datadoghq.com";
  std::string dd_url;
  std::string env, service,
      version;  ///< DD_ENV is a tag on everything, the other two on our own container only
  std::vector<std::string> tags, extra_tags;
  std::string hostname;
  std::map<std::string, std::vector<std::string>> additional_endpoints;  ///< URL -> keys
  std::string auth_token_file_path;

  // ECS
  std::string ecs_metadata_uri_v4, aws_execution_env, ecs_fargate, ecs_managed_instances;
  std::string ecs_deployment_mode = "auto";
  std::string ecs_launch_type;  ///< ours: overrides detection
  std::chrono::milliseconds ecs_metadata_timeout{1000};
  std::chrono::milliseconds ecs_metadata_retry_initial_interval{100};
  std::chrono::milliseconds ecs_metadata_retry_max_elapsed_time{3000};
  bool ecs_collect_resource_tags_ec2 = false;
  bool ecs_resource_tags_replace_colon = false;

  // Tagging
  std::string checks_tag_cardinality = "low";
  std::map<std::string, std::string> container_labels_as_tags, docker_labels_as_tags;
  bool disable_cluster_name_tag_key = false;

  // Containers
  std::vector<std::string> container_include, container_exclude;
  std::vector<std::string> container_include_metrics, container_exclude_metrics;
  std::vector<std::string> ac_include, ac_exclude;
  bool exclude_pause_container = true;
  bool container_extended_metrics = false;  ///< ours

  // Autodiscovery and checks
  std::string confd_path = "/etc/datadog-agent/conf.d";
  std::vector<std::string> ignore_autoconf;  ///< names of checks
  bool autoconf_config_files_poll = false;
  std::chrono::seconds autoconf_config_files_poll_interval{60};
  std::vector<std::string> ad_allowed_env_vars;  ///< empty = all but the agent's own secrets
  std::vector<std::string> ad_allowed_file_paths = certificate_folders();  ///< ours; for labels
  bool ad_disable_env_var_resolution = false;
  bool integration_check_status_enabled = false;

  // DogStatsD
  bool use_dogstatsd = true;
  std::int64_t dogstatsd_port = 8125;
  std::string bind_host = "localhost";
  bool dogstatsd_non_local_traffic = false;
  std::string dogstatsd_socket = "/var/run/datadog/dsd.socket";
  std::string dogstatsd_stream_socket;
  std::int64_t dogstatsd_buffer_size = 8192, dogstatsd_so_rcvbuf = 0;
  std::vector<std::string> dogstatsd_eol_required;
  std::vector<std::string> dogstatsd_tags;
  std::string dogstatsd_instance_tag;  ///< ours: name of a tag unique to the task
  bool dogstatsd_origin_detection = false, dogstatsd_origin_detection_client = false;
  bool dogstatsd_origin_optout_enabled = true, dogstatsd_entity_id_precedence = false;
  bool origin_detection_unified = false;
  std::string dogstatsd_tag_cardinality = "low";
  std::chrono::seconds dogstatsd_expiry_seconds{300}, dogstatsd_context_expiry_seconds{20};
  bool dogstatsd_no_aggregation_pipeline = true;
  bool dogstatsd_flush_incomplete_buckets = true;  ///< the Agent: false
  std::chrono::milliseconds aggregator_stop_timeout{2000};
  std::int64_t dogstatsd_context_limit = 0, dogstatsd_memory_limit = 0;  ///< ours; 0 = derived
  std::string dogstatsd_mapper_profiles;                                 ///< JSON
  std::int64_t dogstatsd_mapper_cache_size = 1000;
  std::string statsd_metric_namespace;
  std::vector<std::string> statsd_metric_namespace_blacklist{"datadog.agent",
                                                             "datadog.dogstatsd",
                                                             "datadog.process",
                                                             "datadog.trace_agent",
                                                             "datadog.tracer",
                                                             "activemq",
                                                             "activemq_58",
                                                             "airflow",
                                                             "cassandra",
                                                             "confluent",
                                                             "hazelcast",
                                                             "hive",
                                                             "ignite",
                                                             "jboss",
                                                             "jvm",
                                                             "kafka",
                                                             "presto",
                                                             "sidekiq",
                                                             "solr",
                                                             "tomcat",
                                                             "runtime"};
  std::vector<std::string> metric_filterlist, statsd_metric_blocklist;
  bool metric_filterlist_match_prefix = false, statsd_metric_blocklist_match_prefix = false;
  std::string metric_tag_filterlist;  ///< JSON
  std::vector<std::string> histogram_aggregates{"max", "median", "avg", "count"};
  std::vector<std::string> histogram_percentiles{"0.95"};
  bool histogram_copy_to_distribution = false;
  std::string histogram_copy_to_distribution_prefix;
  std::string statsd_forward_host;
  std::int64_t statsd_forward_port = 0;
  bool dogstatsd_disable_verbose_logs = false, dogstatsd_metrics_stats_enable = false;
  std::string dogstatsd_capture_path;

  // Proxy and TLS
  std::string proxy_http, proxy_https;
  std::vector<std::string> proxy_no_proxy;
  bool no_proxy_nonexact_match = false;
  bool skip_ssl_validation = false;
  std::string min_tls_version = "tlsv1.2";
  std::string tls_cert_file, ssl_cert_file, ssl_cert_dir;
  std::chrono::seconds tls_handshake_timeout{10};

  // Forwarder and serializer
  std::chrono::seconds forwarder_timeout{20};
  std::int64_t forwarder_max_concurrent_requests = 10;
  std::int64_t forwarder_retry_queue_payloads_max_size = 15'728'640;
  double forwarder_backoff_factor = 2, forwarder_backoff_base = 2, forwarder_backoff_max = 64;
  std::int64_t forwarder_recovery_interval = 2;
  bool forwarder_recovery_reset = false;
  std::chrono::seconds forwarder_connection_reset_interval{0};
  std::chrono::minutes forwarder_apikey_validation_interval{60};
  std::string serializer_compressor_kind = "zstd";
  std::int64_t serializer_zstd_compressor_level = 1;
  std::int64_t serializer_max_series_payload_size = 512'000;
  std::int64_t serializer_max_series_uncompressed_payload_size = 5'242'880;
  std::int64_t serializer_max_series_points_per_payload = 10'000;
  std::int64_t serializer_max_payload_size = 2'621'440;
  std::int64_t serializer_max_uncompressed_payload_size = 4'194'304;
  bool enable_payloads_series = true, enable_payloads_service_checks = true;
  bool enable_payloads_sketches = true, enable_payloads_events = true;
  bool allow_arbitrary_tags = false;

  // Agent
  std::int64_t health_port = 0;
  std::chrono::milliseconds stop_timeout{10'000};  ///< ours: the one deadline of the stop sequence
  std::string log_level = "info";
  bool log_to_console = true, log_format_json = false, log_format_rfc3339 = false;
  std::string log_file;
  bool disable_file_logging = false;
};

}  // namespace remora::config
