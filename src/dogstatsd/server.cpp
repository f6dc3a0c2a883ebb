#include "remora/dogstatsd/server.hpp"

#include <algorithm>

#include "dogstatsd/refused_lines.hpp"
#include "remora/core/hash.hpp"
#include "remora/core/log.hpp"
#include "remora/dogstatsd/metric_stats.hpp"

namespace remora::dogstatsd {
namespace {

const core::Logger kLog("dogstatsd");

using metrics::ContextId;
using metrics::kFilteredContext;
using metrics::kUnknownContext;
using metrics::SampleType;

SampleType sample_type(MetricType type) {
  switch (type) {
    case MetricType::counter:
      return SampleType::counter;
    case MetricType::gauge:
      return SampleType::gauge;
    case MetricType::set:
      return SampleType::set;
    case MetricType::histogram:
      return SampleType::histogram;
    case MetricType::timing:
      return SampleType::timing;
    case MetricType::distribution:
      return SampleType::distribution;
  }
  return SampleType::gauge;
}

SampleType timestamped_type(MetricType type) {
  return type == MetricType::counter ? SampleType::timestamped_count
                                     : SampleType::timestamped_gauge;
}

bool is_histogram(MetricType type) {
  return type == MetricType::histogram || type == MetricType::timing;
}

// Bytes an event or a check keeps until the next flush.
std::size_t size_of(const model::Event& event) {
  return sizeof event + event.title.size() + event.text.size() + event.host.size() +
         event.aggregation_key.size() + event.source_type_name.size();
}
std::size_t size_of(const model::ServiceCheck& check) {
  return sizeof check + check.check.size() + check.message.size() + check.host.size();
}
std::size_t size_of(const model::TagList& tags) {
  std::size_t size = 0;
  for (const std::string& tag : tags) size += sizeof tag + tag.size();
  return size;
}

}  // namespace

struct Server::Impl {
  /// A metric that was parsed; its values belong to its own parser.
  struct Line {
    Parser parser;
    MetricMessage message;
    std::uint64_t alias;
  };
  // With many contexts a line waits for memory twice: for the entry of its alias and for the record
  // of its context. So what it will need is asked for when it is parsed, and it is taken this many
  // lines later.
  static constexpr std::size_t kInFlight = 8, kEntryIsThere = 4;

  Impl(ServerOptions wanted, Enricher& enriching, Origins& known_origins,
       ProcessContainers& known_processes, metrics::TimeSampler& sampling, const core::Clock& time,
       telemetry::DogstatsdCounters& counted)
      : options(std::move(wanted)),
        enricher(enriching),
        origins(known_origins),
        processes(known_processes),
        sampler(sampling),
        clock(time),
        counters(counted),
        parser(options.parser),
        seed(core::hash_seed()) {
    for (std::size_t i = 0; i < kInFlight; ++i)
      in_flight.push_back({Parser(options.parser), {}, 0});
  }

  void packet(const Packet& packet);
  void metric(std::string_view line);
  void take(const Line& line);
  void take_all_in_flight();
  void event(std::string_view line);
  void service_check(std::string_view line);
  void refuse(Reject reason, std::string_view line, telemetry::MessageCounters& of);
  [[nodiscard]] std::uint64_t alias(const MetricMessage& message) const;
  [[nodiscard]] ContextId describe(const MetricMessage& message, SampleType type,
                                   std::uint64_t alias);
  [[nodiscard]] ContextId intern(const EnrichedMetric& enriched, std::string_view name,
                                 SampleType type, std::uint64_t alias);
  void timestamped(const MetricMessage& message, std::uint64_t alias);
  [[nodiscard]] ContextId copy_only(const MetricMessage& message);
  void add(ContextId context, const MetricMessage& message);
  [[nodiscard]] bool room_for(std::size_t bytes, std::size_t count);

  const ServerOptions options;
  Enricher& enricher;
  Origins& origins;
  ProcessContainers& processes;
  metrics::TimeSampler& sampler;
  const core::Clock& clock;
  telemetry::DogstatsdCounters& counters;
  Parser parser;
  const std::uint64_t seed;

  std::vector<PacketSink*> taps;
  MetricStats* stats = nullptr;

  std::vector<Line> in_flight;  ///< a ring: line n is at n % kInFlight
  std::size_t parsed = 0, asked = 0, taken = 0;

  // Of the packet at hand.
  std::int64_t now = 0;
  std::uint32_t socket_container = 0;

  std::vector<model::Event> events;
  std::vector<model::ServiceCheck> service_checks;
  std::size_t kept_bytes = 0;

  RefusedLines refused_lines;
  core::LogThrottle refused_throttle, unsupported_throttle, field_throttle, room_throttle;
};

Server::Server(ServerOptions options, Enricher& enricher, Origins& origins,
               ProcessContainers& processes, metrics::TimeSampler& sampler,
               const core::Clock& clock, telemetry::DogstatsdCounters& counters)
    : impl_(std::make_unique<Impl>(std::move(options), enricher, origins, processes, sampler, clock,
                                   counters)) {}

Server::~Server() = default;

void Server::on_packets(std::span<const Packet> packets) {
  for (PacketSink* tap : impl_->taps) tap->on_packets(packets);
  impl_->now = core::unix_seconds(impl_->clock.wall());
  for (const Packet& packet : packets) impl_->packet(packet);
  impl_->take_all_in_flight();  // they point into the packets
}

void Server::Impl::packet(const Packet& packet) {
  std::uint32_t container = 0;
  if (packet.credentials) {
    const std::string_view id =
        packet.pid > 0 ? processes.of_process(packet.pid) : std::string_view();
    if (id.empty())
      counters.origin_errors.add();
    else
      container = origins.container(id);
  }
  if (container != socket_container) take_all_in_flight();
  socket_container = container;
  const bool eol_required =
      packet.transport == Transport::udp ? options.eol_required_udp : options.eol_required_uds;
  Lines lines(packet.bytes, eol_required);
  for (std::string_view line; lines.next(line);) {
    switch (kind_of(line)) {
      case MessageKind::metric:
        metric(line);
        break;
      case MessageKind::event:
        event(line);
        break;
      case MessageKind::service_check:
        service_check(line);
        break;
    }
  }
  if (lines.unterminated()) counters.unterminated.add();
}

void Server::Impl::refuse(Reject reason, std::string_view line, telemetry::MessageCounters& of) {
  of.error.add();
  counters.by_reject[static_cast<std::size_t>(reason)].add();
  refused_lines.keep(reason, line);
  if (!refused_throttle.allow(clock.now())) return;
  const auto fields = {core::Field("reason", to_string(reason)),
                       core::Field("line", shown_line(line)),
                       core::Field("more_refused", refused_throttle.suppressed())};
  if (options.verbose_logs)
    kLog.error("DogStatsD line refused, the others of its packet go on", fields);
  else
    kLog.debug("DogStatsD line refused, the others of its packet go on", fields);
}

std::uint64_t Server::Impl::alias(const MetricMessage& message) const {
  // Everything that decides about the context, as raw bytes. Lengths are part of each hash, so that
  // bytes cannot move from one part to the next.
  std::uint64_t hash =
      core::hash_bytes(message.name, seed + static_cast<std::uint64_t>(message.type) +
                                         (message.timestamp > 0 ? 16u : 0u) +
                                         (static_cast<std::uint64_t>(socket_container) << 8));
  if (message.has_tags) hash = core::hash_bytes(message.tags, hash);
  if (!message.local_data.empty()) hash = core::hash_bytes(message.local_data, hash + 1);
  if (!message.external_data.empty()) hash = core::hash_bytes(message.external_data, hash + 2);
  if (!message.cardinality.empty()) hash = core::hash_bytes(message.cardinality, hash + 3);
  return hash;
}

void Server::Impl::metric(std::string_view line) {
  Line& slot = in_flight[parsed % kInFlight];
  if (const Reject reason = slot.parser.metric(line, slot.message); reason != Reject::none) {
    refuse(reason, line, counters.metrics);
    return;
  }
  const MetricMessage& message = slot.message;
  counters.by_type[static_cast<std::size_t>(message.type)].add();
  if (stats != nullptr) stats->seen(message.name, message.tags, now);
  slot.alias = alias(message);
  sampler.prefetch_alias(slot.alias);
  ++parsed;
  if (parsed - asked > kEntryIsThere) {
    sampler.prefetch_context(in_flight[asked++ % kInFlight].alias);
  }
  if (parsed - taken == kInFlight) take(in_flight[taken++ % kInFlight]);
}

void Server::Impl::take_all_in_flight() {
  for (; asked < parsed; ++asked) sampler.prefetch_context(in_flight[asked % kInFlight].alias);
  while (taken < parsed) take(in_flight[taken++ % kInFlight]);
}

void Server::Impl::take(const Line& line) {
  const MetricMessage& message = line.message;
  if (message.timestamp > 0) return timestamped(message, line.alias);
  ContextId context = sampler.find(line.alias);
  if (context == kUnknownContext) {
    context = describe(message, sample_type(message.type), line.alias);
    if (context == kUnknownContext) return;  // refused: the sampler counts it
  }
  if (context == kFilteredContext) {
    counters.filtered.add();
    return;
  }
  add(context, message);
}

void Server::Impl::add(ContextId context, const MetricMessage& message) {
  if (message.type == MetricType::set) {
    counters.metrics.ok.add();
    sampler.add_member(context, message.set_member, now);
    return;
  }
  counters.metrics.ok.add(message.values.size());
  sampler.add(context, message.values, message.sample_rate, now);
  if (!options.histogram_copy || !is_histogram(message.type)) return;
  ContextId copy = sampler.copy_of(context);
  if (copy == kUnknownContext) {
    copy = copy_only(message);
    if (copy == kUnknownContext || copy == kFilteredContext) return;
    sampler.link_copy(context, copy);
  }
  sampler.add(copy, message.values, message.sample_rate, now);
}

ContextId Server::Impl::describe(const MetricMessage& message, SampleType type,
                                 std::uint64_t hash) {
  const EnrichedMetric enriched = enricher.metric(message, socket_container);
  if (enriched.filtered) {
    sampler.remember_filtered(hash);
    return kFilteredContext;
  }
  return intern(enriched, enriched.name, type, hash);
}

ContextId Server::Impl::intern(const EnrichedMetric& enriched, std::string_view name,
                               SampleType type, std::uint64_t hash) {
  metrics::ContextDescription description;
  description.name = name;
  description.host = enriched.has_host ? enriched.host : std::string_view(options.hostname);
  description.type = type;
  description.origin = enriched.origin;
  description.tags = enriched.tags;
  return sampler.intern(description, hash);
}

ContextId Server::Impl::copy_only(const MetricMessage& message) {
  const EnrichedMetric enriched = enricher.metric(message, socket_container);
  if (enriched.filtered) return kFilteredContext;
  // An alias of its own that no line has.
  return intern(enriched, enricher.copy_name(enriched.name), SampleType::distribution,
                alias(message) ^ 0x5bd1e9955bd1e995u);
}

void Server::Impl::timestamped(const MetricMessage& message, std::uint64_t hash) {
  if (message.type == MetricType::counter || message.type == MetricType::gauge) {
    ContextId context = sampler.find(hash);
    if (context == kUnknownContext) {
      context = describe(message, timestamped_type(message.type), hash);
      if (context == kUnknownContext) return;
    }
    if (context == kFilteredContext) {
      counters.filtered.add();
      return;
    }
    counters.metrics.ok.add(message.values.size());
    sampler.add_points(context, message.values, message.timestamp, now);
    return;
  }
  counters.metrics.ok.add(std::max<std::size_t>(1, message.values.size()));
  counters.unsupported_timestamped.add();
  if (unsupported_throttle.allow(clock.now())) {
    kLog.warn("a timestamp is only possible on counts and gauges: the sample is left out",
              {{"metric", shown_line(message.name)}, {"more", unsupported_throttle.suppressed()}});
  }
  if (!options.histogram_copy || !is_histogram(message.type)) return;
  const ContextId copy = copy_only(message);
  if (copy != kUnknownContext && copy != kFilteredContext) {
    sampler.add(copy, message.values, message.sample_rate, message.timestamp);
  }
}

bool Server::Impl::room_for(std::size_t bytes, std::size_t count) {
  if (count < options.max_events && kept_bytes + bytes <= options.max_event_bytes) {
    kept_bytes += bytes;
    return true;
  }
  if (room_throttle.allow(clock.now())) {
    kLog.warn("more events and service checks than one flush can take: left out",
              {{"max_count", options.max_events},
               {"max_bytes", options.max_event_bytes},
               {"more", room_throttle.suppressed()}});
  }
  return false;
}

void Server::Impl::event(std::string_view line) {
  EventMessage message;
  if (const Reject reason = parser.event(line, message); reason != Reject::none) {
    refuse(reason, line, counters.events);
    return;
  }
  counters.events.ok.add();
  if (message.bad_field) {
    counters.bad_fields.add();
    if (field_throttle.allow(clock.now())) {
      kLog.warn("an optional field of an event has no valid value: its default is used",
                {{"line", shown_line(line)}});
    }
  }
  model::Event event = enricher.event(message, socket_container, now);
  if (!room_for(size_of(event) + size_of(*event.tags), events.size())) {
    counters.dropped_events.add();
    return;
  }
  events.push_back(std::move(event));
}

void Server::Impl::service_check(std::string_view line) {
  ServiceCheckMessage message;
  if (const Reject reason = parser.service_check(line, message); reason != Reject::none) {
    refuse(reason, line, counters.service_checks);
    return;
  }
  counters.service_checks.ok.add();
  if (message.bad_field) {
    counters.bad_fields.add();
    if (field_throttle.allow(clock.now())) {
      kLog.warn("the time of a service check is not a number: the present is used",
                {{"line", shown_line(line)}});
    }
  }
  model::ServiceCheck check = enricher.service_check(message, socket_container, now);
  if (!room_for(size_of(check) + size_of(*check.tags), service_checks.size())) {
    counters.dropped_service_checks.add();
    return;
  }
  service_checks.push_back(std::move(check));
}

void Server::add_tap(PacketSink* tap) { impl_->taps.push_back(tap); }
void Server::remove_tap(PacketSink* tap) { std::erase(impl_->taps, tap); }
void Server::count_into(MetricStats* stats) { impl_->stats = stats; }

std::vector<model::Event> Server::take_events() {
  impl_->kept_bytes = 0;
  return std::exchange(impl_->events, {});
}

std::vector<model::ServiceCheck> Server::take_service_checks() {
  return std::exchange(impl_->service_checks, {});
}

bool Server::has_data() const noexcept {
  return impl_->sampler.has_data() || !impl_->events.empty() || !impl_->service_checks.empty();
}

telemetry::StatusNode Server::status() const {
  const telemetry::DogstatsdCounters& counters = impl_->counters;
  const auto udp = static_cast<std::size_t>(Transport::udp);
  const auto uds = [](const std::array<telemetry::Counter, 3>& by_transport) {
    return by_transport[static_cast<std::size_t>(Transport::uds_datagram)].value +
           by_transport[static_cast<std::size_t>(Transport::uds_stream)].value;
  };
  telemetry::StatusNode node;
  node.title = "DogStatsD";
  node.add("Event Packets", counters.events.ok.value)
      .add("Event Parse Errors", counters.events.error.value)
      .add("Metric Packets", counters.metrics.ok.value)
      .add("Metric Parse Errors", counters.metrics.error.value)
      .add("Service Check Packets", counters.service_checks.ok.value)
      .add("Service Check Parse Errors", counters.service_checks.error.value)
      .add("Udp Bytes", counters.bytes[udp].value)
      .add("Udp Packet Reading Errors", counters.read_errors[udp].value)
      .add("Udp Packets", counters.packets[udp].value)
      .add("Uds Bytes", uds(counters.bytes))
      .add("Uds Origin Detection Errors", counters.origin_errors.value)
      .add("Uds Packet Reading Errors", uds(counters.read_errors))
      .add("Uds Packets", uds(counters.packets))
      .add("Unterminated Metric Errors", counters.unterminated.value)
      .add("Cut packets",
           counters.truncated[0].value + counters.truncated[1].value + counters.truncated[2].value)
      .add("Filtered", counters.filtered.value)
      .add("Timestamps not supported", counters.unsupported_timestamped.value)
      .add("Bad optional fields", counters.bad_fields.value)
      .add("Origins over the limit", counters.origins_refused.value)
      .add("Events dropped", counters.dropped_events.value)
      .add("Service checks dropped", counters.dropped_service_checks.value)
      .add("Stream frames too long", counters.stream_too_long.value)
      .add("Stream frames cut short", counters.stream_cut_short.value)
      .add("Stream connections refused", counters.stream_connections_refused.value)
      .add("Stream connections displaced", counters.stream_connections_displaced.value)
      .add("Forward errors", counters.forward_errors.value);
  telemetry::StatusNode refused;
  refused.title = "Refused lines";
  for (std::size_t i = 1; i < kRejectCount; ++i) {
    const std::uint64_t count = counters.by_reject[i].value;
    if (count == 0) continue;
    const auto reason = static_cast<Reject>(i);
    refused.add(std::string(to_string(reason)),
                std::to_string(count) + ", last: " + impl_->refused_lines.last(reason));
  }
  if (!refused.fields.empty()) node.children.push_back(std::move(refused));
  return node;
}

}  // namespace remora::dogstatsd
