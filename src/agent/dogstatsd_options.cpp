#include "agent/dogstatsd_options.hpp"

#include <algorithm>
#include <cstdio>
#include <random>

#include "remora/core/ascii.hpp"

namespace remora::agent {
namespace {

constexpr std::uint64_t kMebibyte = 1024 * 1024;
constexpr std::uint64_t kOwnNeeds = 20 * kMebibyte;
constexpr std::uint64_t kSmallestBudget = 4 * kMebibyte;
constexpr std::uint64_t kLargestBudget = 512 * kMebibyte;
constexpr std::uint64_t kLeastLimit = kMebibyte;  ///< below, not even the first tables fit
constexpr std::size_t kDefaultContexts = 1'000'000;

// The path of a socket option; empty = none. People also write the URLs of clients, and addresses.
std::string socket_path(std::string_view option, std::string text,
                        std::vector<std::string>& warnings) {
  for (const std::string_view scheme : {"unix://", "unixgram://", "unixstream://"}) {
    if (!text.starts_with(scheme)) continue;
    text.erase(0, scheme.size());
    warnings.push_back(std::string(option) + ": the path of a socket has no scheme, \"" +
                       std::string(scheme) + "\" was removed");
  }
  const std::string word = core::ascii_lower(text);
  if (text.empty() || word == "off" || word == "none" || word == "false") return {};
  if (text.front() != '/') {
    warnings.push_back(std::string(option) + ": \"" + text.substr(0, 80) +
                       "\" is not an absolute path; that socket is not opened. UDP has "
                       "DD_DOGSTATSD_PORT and DD_BIND_HOST");
    return {};
  }
  return text;
}

dogstatsd::ListenerOptions listener_options(const config::Settings& settings,
                                            std::vector<std::string>& warnings) {
  dogstatsd::ListenerOptions options;
  options.udp_port = static_cast<int>(settings.dogstatsd_port);
  options.bind_host = settings.bind_host;
  options.non_local_traffic = settings.dogstatsd_non_local_traffic;
  options.datagram_socket = socket_path("DD_DOGSTATSD_SOCKET", settings.dogstatsd_socket, warnings);
  options.stream_socket =
      socket_path("DD_DOGSTATSD_STREAM_SOCKET", settings.dogstatsd_stream_socket, warnings);
  if (!options.stream_socket.empty() && options.stream_socket == options.datagram_socket) {
    warnings.push_back(
        "DD_DOGSTATSD_STREAM_SOCKET is the path of DD_DOGSTATSD_SOCKET: only the datagram socket "
        "is opened there");
    options.stream_socket.clear();
  }
  options.credentials = settings.dogstatsd_origin_detection;
  options.buffer_size = static_cast<std::size_t>(settings.dogstatsd_buffer_size);
  options.receive_buffer = static_cast<std::size_t>(settings.dogstatsd_so_rcvbuf);
  return options;
}

dogstatsd::ServerOptions server_options(const config::Settings& settings,
                                        std::vector<std::string>& warnings) {
  dogstatsd::ServerOptions options;
  options.parser.client_origin = settings.dogstatsd_origin_detection_client;
  options.parser.timestamps = settings.dogstatsd_no_aggregation_pipeline;
  for (const std::string& item : settings.dogstatsd_eol_required) {
    const std::string word = core::ascii_lower(item);
    if (word == "udp") {
      options.eol_required_udp = true;
    } else if (word == "uds") {
      options.eol_required_uds = true;
    } else if (word != "named_pipe") {  // Windows; asks for nothing here
      warnings.push_back("DD_DOGSTATSD_EOL_REQUIRED: \"" + item.substr(0, 80) +
                         "\" was left out, there are udp and uds");
    }
  }
  options.verbose_logs = !settings.dogstatsd_disable_verbose_logs;
  options.histogram_copy = settings.histogram_copy_to_distribution;
  return options;
}

std::vector<std::string> histogram_suffixes(const metrics::HistogramOptions& histogram) {
  std::vector<std::string> suffixes;
  if (histogram.max) suffixes.emplace_back(".max");
  if (histogram.min) suffixes.emplace_back(".min");
  if (histogram.median) suffixes.emplace_back(".median");
  if (histogram.average) suffixes.emplace_back(".avg");
  if (histogram.sum) suffixes.emplace_back(".sum");
  if (histogram.count) suffixes.emplace_back(".count");
  for (const int percent : histogram.percentiles) {
    suffixes.push_back("." + std::to_string(percent) + "percentile");
  }
  return suffixes;
}

dogstatsd::EnricherOptions enricher_options(const config::Settings& settings,
                                            const metrics::HistogramOptions& histogram) {
  dogstatsd::EnricherOptions options;
  options.metric_namespace = settings.statsd_metric_namespace;
  options.namespace_exclusions = settings.statsd_metric_namespace_blacklist;
  // The older list, with its own rule, counts only where the newer is empty.
  const bool newer = !settings.metric_filterlist.empty();
  options.filter_list = newer ? settings.metric_filterlist : settings.statsd_metric_blocklist;
  options.filter_match_prefix = newer ? settings.metric_filterlist_match_prefix
                                      : settings.statsd_metric_blocklist_match_prefix;
  options.tag_filter_list_json = settings.metric_tag_filterlist;
  options.mapper_profiles_json = settings.dogstatsd_mapper_profiles;
  options.mapper_cache_size = static_cast<std::size_t>(settings.dogstatsd_mapper_cache_size);
  options.histogram_suffixes = histogram_suffixes(histogram);
  options.copy_prefix = settings.histogram_copy_to_distribution_prefix;
  options.hostname = settings.hostname;
  return options;
}

std::size_t memory_budget(const config::Settings& settings, const core::MemoryLimit& memory,
                          std::vector<std::string>& warnings) {
  const auto asked = static_cast<std::uint64_t>(settings.dogstatsd_memory_limit);
  if (asked == 0) {
    const std::uint64_t intakes = 1 + settings.additional_endpoints.size();
    return derived_memory_budget(
        memory,
        intakes * static_cast<std::uint64_t>(settings.forwarder_retry_queue_payloads_max_size));
  }
  if (asked < kLeastLimit) {
    warnings.push_back("DD_DOGSTATSD_MEMORY_LIMIT: " + std::to_string(asked) +
                       " bytes are too few, 1048576 are used");
    return kLeastLimit;
  }
  if (memory.container > 0 && asked > memory.container) {
    warnings.push_back("DD_DOGSTATSD_MEMORY_LIMIT: " + std::to_string(asked) +
                       " bytes are more than the container has (" +
                       std::to_string(memory.container) +
                       "): it can be killed for lack of memory; lower it or leave it out");
  }
  return asked;
}

bool is_hex(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

}  // namespace

DogstatsdOptions dogstatsd_options(const config::Settings& settings,
                                   const core::MemoryLimit& memory,
                                   std::vector<std::string>& warnings) {
  DogstatsdOptions options;
  options.enabled = settings.use_dogstatsd;
  if (!options.enabled) return options;  // nothing of it matters, so nothing is worth a warning
  options.listeners = listener_options(settings, warnings);
  options.server = server_options(settings, warnings);

  options.origins.unified = settings.origin_detection_unified;
  options.origins.opt_out = settings.dogstatsd_origin_optout_enabled;
  options.origins.entity_id_precedence = settings.dogstatsd_entity_id_precedence;
  options.origins.cardinality = settings.dogstatsd_tag_cardinality;
  options.origins.extra_tags = settings.dogstatsd_tags;

  options.sampler.counter_expiry_seconds = settings.dogstatsd_expiry_seconds.count();
  options.sampler.context_expiry_seconds = settings.dogstatsd_context_expiry_seconds.count();
  options.sampler.max_contexts = settings.dogstatsd_context_limit > 0
                                     ? static_cast<std::size_t>(settings.dogstatsd_context_limit)
                                     : kDefaultContexts;
  options.sampler.max_bytes = memory_budget(settings, memory, warnings);
  options.sampler.histogram = metrics::parse_histogram_options(
      settings.histogram_aggregates, settings.histogram_percentiles, warnings);
  options.server.hostname = settings.hostname;

  options.enricher = enricher_options(settings, options.sampler.histogram);
  options.flush_open_buckets = settings.dogstatsd_flush_incomplete_buckets;
  options.stop_listening = settings.aggregator_stop_timeout;
  options.metric_stats = settings.dogstatsd_metrics_stats_enable;
  options.capture_directory = settings.dogstatsd_capture_path;
  if (!settings.statsd_forward_host.empty() && settings.statsd_forward_port > 0) {
    options.forward_host = settings.statsd_forward_host;
    options.forward_port = static_cast<std::uint16_t>(settings.statsd_forward_port);
  } else if (!settings.statsd_forward_host.empty() || settings.statsd_forward_port > 0) {
    warnings.emplace_back(
        "packets are not copied: both DD_STATSD_FORWARD_HOST and DD_STATSD_FORWARD_PORT are "
        "needed");
  }
  return options;
}

std::size_t derived_memory_budget(const core::MemoryLimit& memory, std::uint64_t retry_queues) {
  std::uint64_t budget = kLargestBudget;
  if (memory.container > 0) {
    const std::uint64_t needs = kOwnNeeds + retry_queues;
    budget = memory.container > needs ? (memory.container - needs) / 2 : 0;
  } else if (memory.machine > 0) {
    budget = memory.machine / 8;
  }
  return std::clamp(budget, kSmallestBudget, kLargestBudget);
}

std::string instance_id(std::string_view task_arn, std::string_view metadata_uri) {
  constexpr std::size_t kDigits = 8;
  const std::string_view source = task_arn.empty() ? metadata_uri : task_arn;
  const std::string_view last = source.substr(source.rfind('/') + 1);
  // A task's id is 32 hex digits; Fargate's metadata addresses end in it, a dash and a number.
  const std::string_view id = last.substr(0, last.find('-'));
  if (id.size() == 32 && is_hex(id)) return std::string(id.substr(0, kDigits));

  std::uint32_t value = 0;
  if (last.empty()) {
    value = std::random_device()();
  } else {
    value = 2'166'136'261u;  // FNV-1a: the same in every run
    for (const char c : last) value = (value ^ static_cast<unsigned char>(c)) * 16'777'619u;
  }
  char text[kDigits + 1];
  std::snprintf(text, sizeof text, "%08x", value);
  return text;
}

std::string instance_tag(const config::Settings& settings, std::string_view id,
                         std::vector<std::string>& warnings) {
  const std::string& name = settings.dogstatsd_instance_tag;
  if (name.empty()) return {};
  const bool plain = name.size() <= 100 && std::all_of(name.begin(), name.end(), [](char c) {
                       return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                              (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.' ||
                              c == '/';
                     });
  if (!plain) {
    warnings.push_back(
        "DD_DOGSTATSD_INSTANCE_TAG: \"" + name.substr(0, 80) +
        "\" is not a tag name; no tag is added. Write a name such as dogstatsd_instance");
    return {};
  }
  return name + ":" + std::string(id);
}

}  // namespace remora::agent
