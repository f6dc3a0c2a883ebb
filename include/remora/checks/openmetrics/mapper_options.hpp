// The options of the `openmetrics` check that decide what becomes of a page, as plain structs.
// Names and defaults are those of the instance options. The tags of the instance are not among
// them: the sender puts them on everything.
//
// Source: DataDog/integrations-core datadog_checks_base 37.19.0,
// datadog_checks/base/checks/openmetrics (v2 and mixins.py).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace remora::checks::openmetrics {

using TextPairs = std::vector<std::pair<std::string, std::string>>;

/// One key of the `metrics` option of the engine of `openmetrics_endpoint`.
struct MetricEntry {
  std::string key;   ///< exposed name; with a metacharacter an expression, searched in the name
  std::string name;  ///< emitted name; empty: the key. Expressions emit the exposed name
  std::string type = "native";
  std::string label;     ///< of type metadata: whose value is sent
  std::string scale;     ///< of type temporal_percent: second..., or parts per second in digits
  TextPairs status_map;  ///< of type service_check: value, status
};

struct LabelExclusion {
  std::string label;
  bool any_value = false;             ///< `true` in the configuration
  std::vector<std::string> patterns;  ///< otherwise: where one of these is found in the value
};

struct SharedLabels {
  std::string metric;               ///< family whose labels are shared
  std::vector<std::string> labels;  ///< those that are copied; empty: all
  std::vector<std::string> match;   ///< copied to samples that agree in these; empty: to all
  std::optional<std::vector<std::int64_t>> values;  ///< samples of these values alone
};

/// Engine of `openmetrics_endpoint`.
struct MapperOptions {
  std::string name_space;            ///< option `namespace`; empty: no prefix
  std::vector<MetricEntry> metrics;  ///< `metrics`, then `extra_metrics`
  std::string raw_metric_prefix;
  std::vector<std::string> exclude_metrics;
  std::vector<LabelExclusion> exclude_metrics_by_labels;
  std::vector<std::string> exclude_labels, include_labels;
  TextPairs rename_labels;
  std::string endpoint;  ///< URL for the tag `endpoint`
  bool tag_by_endpoint = true;
  std::string hostname_label, hostname_format;
  bool collect_histogram_buckets = true;
  bool non_cumulative_histogram_buckets = false;
  bool histogram_buckets_as_distributions = false;
  bool collect_counters_with_distributions = false;
  bool use_process_start_time = false;
  std::vector<SharedLabels> share_labels;
  bool cache_shared_labels = true;
  bool target_info = false;
  std::vector<std::string> raw_line_filters;
  bool cache_metric_wildcards = true;
  bool use_latest_spec = false;
  bool telemetry = false;
};

/// One key of `label_joins`.
struct LabelJoin {
  std::string metric;
  std::vector<std::string> labels_to_match;  ///< `*` alone: every sample
  std::vector<std::string> labels_to_get;    ///< `*`: all but those matched
};

/// `ignore_metrics_by_labels`: label, and values of which one is enough. `*`: any.
struct LabelIgnore {
  std::string label;
  std::vector<std::string> values;
};

/// Engine of `prometheus_url`.
struct LegacyMapperOptions {
  std::string name_space;
  TextPairs metrics;  ///< exposed name and emitted name; a name with `*` is a shell pattern
  std::string prometheus_metrics_prefix;
  TextPairs type_overrides;                 ///< names as exposed, with the prefix; `*` allowed
  std::vector<std::string> ignore_metrics;  ///< `*` allowed
  std::vector<LabelIgnore> ignore_metrics_by_labels;
  std::vector<std::string> exclude_labels, include_labels;
  TextPairs labels_mapper;
  std::vector<LabelJoin> label_joins;
  std::string label_to_hostname, label_to_hostname_suffix;
  std::string endpoint;  ///< of the service check; metrics do not carry it
  bool send_histograms_buckets = true;
  bool non_cumulative_buckets = false;
  bool send_distribution_buckets = false;
  bool send_monotonic_counter = true;
  bool send_monotonic_with_gauge = false;
  bool send_distribution_counts_as_monotonic = false;
  bool send_distribution_sums_as_monotonic = false;
  bool use_process_start_time = false;
  std::string metadata_metric_name;
  TextPairs metadata_label_map;  ///< name of the metadata, label
  bool telemetry = false;
};

}  // namespace remora::checks::openmetrics
