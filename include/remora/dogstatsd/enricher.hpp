// From the words of a message to the names the intake gets: special tags, mapper, namespace, filter
// lists, origin. Runs once per new kind of line, not per message.
//
// Source: DataDog/datadog-agent comp/dogstatsd/server/impl/enrich.go, comp/dogstatsd/mapper,
// comp/filterlist.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "remora/core/error.hpp"
#include "remora/dogstatsd/message.hpp"
#include "remora/dogstatsd/origins.hpp"
#include "remora/model/event.hpp"
#include "remora/model/metric.hpp"

namespace remora::dogstatsd {

struct EnricherOptions {
  std::string metric_namespace;                   ///< DD_STATSD_METRIC_NAMESPACE
  std::vector<std::string> namespace_exclusions;  ///< prefixes that get no namespace
  std::vector<std::string> filter_list;  ///< DD_METRIC_FILTERLIST, else the older blocklist
  bool filter_match_prefix = false;
  std::string tag_filter_list_json;             ///< DD_METRIC_TAG_FILTERLIST
  std::string mapper_profiles_json;             ///< DD_DOGSTATSD_MAPPER_PROFILES
  std::size_t mapper_cache_size = 1000;         ///< names, hits and misses; 0 and 1: no cache
  std::vector<std::string> histogram_suffixes;  ///< ".max", ".95percentile": of the configured ones
  std::string copy_prefix;                      ///< DD_HISTOGRAM_COPY_TO_DISTRIBUTION_PREFIX
  std::string hostname;                         ///< of events and checks whose client named none
};

/// Views are valid until the next call.
struct EnrichedMetric {
  std::string_view name;
  std::string_view host;
  bool has_host = false;                   ///< the client named one, even an empty one
  std::span<const std::string_view> tags;  ///< sorted, no duplicates, none of the origin's own
  metrics::OriginId origin = 0;
  bool filtered = false;
};

/// Threading: the loop.
class Enricher {
 public:
  /// Bad parts of the options (mapper, tag filter list) are named in `warnings` and left out.
  Enricher(EnricherOptions options, Origins& origins, std::vector<std::string>& warnings);
  ~Enricher();

  [[nodiscard]] EnrichedMetric metric(const MetricMessage& message, std::uint32_t socket_container);
  /// Name of the distribution copy of a histogram: the copy prefix and `name`.
  [[nodiscard]] std::string copy_name(std::string_view name) const;
  /// `now`: Unix seconds, for messages without time. Text is unescaped; what is not UTF-8 in names,
  /// tags and text is repaired by the serializer, for all kinds of messages alike.
  [[nodiscard]] model::Event event(const EventMessage& message, std::uint32_t socket_container,
                                   std::int64_t now);
  [[nodiscard]] model::ServiceCheck service_check(const ServiceCheckMessage& message,
                                                  std::uint32_t socket_container, std::int64_t now);
  /// The filter list for series of histograms: tests name + suffix at flush.
  [[nodiscard]] bool drops_series(std::string_view name, std::string_view suffix) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace remora::dogstatsd
