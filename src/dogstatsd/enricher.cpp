#include "remora/dogstatsd/enricher.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "dogstatsd/mapper.hpp"
#include "dogstatsd/name_filter.hpp"
#include "dogstatsd/tag_filter.hpp"

namespace remora::dogstatsd {
namespace {

// Tags that speak to the agent and are not sent on.
constexpr std::string_view kHostTag = "host:";
constexpr std::string_view kInternalTags = "dd.internal.";
constexpr std::string_view kEntityTag = "dd.internal.entity_id:";
constexpr std::string_view kCardinalityTag = "dd.internal.card:";
constexpr std::string_view kJmxCheckTag = "dd.internal.jmx_check_name:";

/// A namespace ends in a dot, whether the operator wrote it or not.
std::string with_dot(std::string text) {
  if (!text.empty() && text.back() != '.') text += '.';
  return text;
}

/// Backslash and n stand for a line feed in events.
std::string unescape(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (;;) {
    const auto at = text.find("\\n");
    out += text.substr(0, at);
    if (at == std::string_view::npos) return out;
    out += '\n';
    text.remove_prefix(at + 2);
  }
}

}  // namespace

struct Enricher::Impl {
  Impl(EnricherOptions options, Origins& origins_in, std::vector<std::string>& warnings);

  /// Fills `tags`, `host` and `claim` with what a message says.
  template <class Message>
  void read(const Message& message, std::uint32_t socket_container);
  void read_tags(std::string_view list);
  void read_tag(std::string_view tag);
  [[nodiscard]] bool in_namespace(std::string_view name) const;

  /// Host of events and checks: the field, else the tag, else ours.
  [[nodiscard]] std::string host_of(std::string_view field) const {
    if (!field.empty()) return std::string(field);
    return has_host ? std::string(host) : hostname;
  }
  [[nodiscard]] model::Tags all_tags() {
    return model::with_tags(origins.shared_tags(origins.resolve(claim)),
                            model::TagList(tags.begin(), tags.end()));
  }

  Origins& origins;
  std::unique_ptr<Mapper> mapper;  ///< null: no profiles
  std::string name_space;          ///< with its dot; empty: none
  std::vector<std::string> exclusions;
  NameFilter names, series_names;
  TagFilter tag_filter;
  std::string copy_prefix, hostname;

  // Of the message at hand; kept from call to call for their memory.
  std::string name;
  std::vector<std::string_view> tags;
  std::string_view host;
  bool has_host = false;
  OriginClaim claim;
  mutable std::string series_name;
};

Enricher::Impl::Impl(EnricherOptions options, Origins& origins_in,
                     std::vector<std::string>& warnings)
    : origins(origins_in),
      name_space(with_dot(std::move(options.metric_namespace))),
      exclusions(std::move(options.namespace_exclusions)),
      names(options.filter_list, options.filter_match_prefix),
      series_names(names_with_suffix(options.filter_list, options.histogram_suffixes),
                   options.filter_match_prefix),
      tag_filter(TagFilter::parse(options.tag_filter_list_json, warnings)),
      copy_prefix(std::move(options.copy_prefix)),
      hostname(std::move(options.hostname)) {
  if (options.mapper_profiles_json.empty()) return;
  auto parsed = Mapper::parse(options.mapper_profiles_json, options.mapper_cache_size);
  if (parsed) {
    mapper = std::move(*parsed);
  } else {
    warnings.push_back("dogstatsd_mapper_profiles: " + parsed.error().message() +
                       "; no name is mapped");
  }
}

template <class Message>
void Enricher::Impl::read(const Message& message, std::uint32_t socket_container) {
  tags.clear();
  host = {};
  has_host = false;
  claim = {socket_container, message.local_data, message.external_data, message.cardinality, {}};
  if (message.has_tags) read_tags(message.tags);
}

void Enricher::Impl::read_tags(std::string_view list) {
  for (;;) {
    const auto comma = list.find(',');
    read_tag(list.substr(0, comma));
    if (comma == std::string_view::npos) return;
    list.remove_prefix(comma + 1);
  }
}

void Enricher::Impl::read_tag(std::string_view tag) {
  if (tag.empty()) return;  // sent on by the Agent, but it says nothing
  if (tag.starts_with(kHostTag)) {
    host = tag.substr(kHostTag.size());
    has_host = true;
    return;
  }
  if (tag.starts_with(kInternalTags)) {
    if (tag.starts_with(kEntityTag)) {
      claim.entity_id = tag.substr(kEntityTag.size());
      return;
    }
    if (tag.starts_with(kCardinalityTag) && claim.cardinality.empty()) {
      claim.cardinality = tag.substr(kCardinalityTag.size());
      return;
    }
    // Of JMXFetch, which we do not run: the Agent files such metrics under the named check.
    if (tag.starts_with(kJmxCheckTag)) return;
  }
  tags.push_back(tag);
}

bool Enricher::Impl::in_namespace(std::string_view metric) const {
  return std::none_of(exclusions.begin(), exclusions.end(),
                      [&](const std::string& prefix) { return metric.starts_with(prefix); });
}

Enricher::Enricher(EnricherOptions options, Origins& origins, std::vector<std::string>& warnings)
    : impl_(std::make_unique<Impl>(std::move(options), origins, warnings)) {}
Enricher::~Enricher() = default;

EnrichedMetric Enricher::metric(const MetricMessage& message, std::uint32_t socket_container) {
  Impl& self = *impl_;
  self.read(message, socket_container);
  EnrichedMetric out;
  out.name = message.name;
  if (self.mapper) {
    if (const MappedName* mapped = self.mapper->map(message.name)) {
      out.name = mapped->name;
      for (const std::string& tag : mapped->tags) self.read_tag(tag);  // may say "host:" as well
    }
  }
  if (!self.name_space.empty() && self.in_namespace(out.name)) {
    self.name.assign(self.name_space).append(out.name);
    out.name = self.name;
  }
  if (self.names.matches(out.name)) {
    out.filtered = true;
    return out;
  }
  out.host = self.host;
  out.has_host = self.has_host;
  out.origin = self.origins.resolve(self.claim);

  // Of values that add up: two gauges that become one would say whichever came last.
  const bool adds_up =
      message.type == MetricType::counter || message.type == MetricType::distribution;
  if (adds_up && message.timestamp == 0) {
    if (const TagRule* rule = self.tag_filter.rule(out.name)) {
      std::erase_if(self.tags, [&](std::string_view tag) { return !rule->keeps(tag); });
      out.origin = self.origins.narrowed(out.origin, *rule);
    }
  }

  std::sort(self.tags.begin(), self.tags.end());
  self.tags.erase(std::unique(self.tags.begin(), self.tags.end()), self.tags.end());
  const model::TagList& own = self.origins.tags(out.origin);
  auto from = own.begin();
  std::erase_if(self.tags, [&](std::string_view tag) {
    from = std::lower_bound(from, own.end(), tag);
    return from != own.end() && *from == tag;
  });
  out.tags = self.tags;
  return out;
}

std::string Enricher::copy_name(std::string_view name) const {
  return std::string(impl_->copy_prefix).append(name);
}

model::Event Enricher::event(const EventMessage& message, std::uint32_t socket_container,
                             std::int64_t now) {
  Impl& self = *impl_;
  self.read(message, socket_container);
  model::Event out;
  out.title = unescape(message.title);
  out.text = unescape(message.text);
  out.timestamp = message.timestamp == 0 ? now : message.timestamp;
  out.priority = message.priority;
  out.alert_type = message.alert_type;
  out.host = self.host_of(message.host);
  out.tags = self.all_tags();
  out.aggregation_key = message.aggregation_key;
  out.source_type_name = message.source_type_name;
  return out;
}

model::ServiceCheck Enricher::service_check(const ServiceCheckMessage& message,
                                            std::uint32_t socket_container, std::int64_t now) {
  Impl& self = *impl_;
  self.read(message, socket_container);
  model::ServiceCheck out;
  out.check = message.name;
  out.status = message.status;
  out.timestamp = message.timestamp == 0 ? now : message.timestamp;
  out.message = message.message;
  out.tags = self.all_tags();
  out.host = self.host_of(message.host);
  return out;
}

bool Enricher::drops_series(std::string_view name, std::string_view suffix) const {
  const Impl& self = *impl_;
  if (self.series_names.empty()) return false;
  self.series_name.assign(name).append(suffix);
  return self.series_names.matches(self.series_name);
}

}  // namespace remora::dogstatsd
