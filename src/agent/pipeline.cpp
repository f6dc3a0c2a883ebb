#include "agent/pipeline.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

#include "remora/checks/self_metrics.hpp"
#include "remora/core/log.hpp"

namespace remora::agent {
namespace {

using std::chrono::milliseconds;

const core::Logger kLog("aggregator");

// Contexts between two looks at the sockets: well under a millisecond of encoding and compressing,
// less than a socket buffer takes to fill at 400,000 messages a second.
constexpr std::size_t kContextsPerSlice = 256;
// How long a flush may wait for the intake to take its payloads.
constexpr milliseconds kIntakePatience{5'000};
constexpr milliseconds kOtherFlushLook{5};

class ToSerializers final : public metrics::FlushSink {
 public:
  /// `enricher`: with DogStatsD's lists of series to drop; null for what checks give.
  ToSerializers(Serializers& serializers, const dogstatsd::Enricher* enricher,
                const PipelineOptions& options)
      : serializers_(serializers), enricher_(enricher), options_(options) {}

  void on_series(const model::SeriesView& series) override {
    if (!options_.series) return;
    const bool may_drop = enricher_ != nullptr && !series.suffix.empty();
    if (may_drop && enricher_->drops_series(series.name, series.suffix)) return;
    serializers_.series.add(series);
  }
  void on_sketch(const model::SketchView& sketch) override {
    if (options_.sketches) serializers_.sketches.add(sketch);
  }

 private:
  Serializers& serializers_;
  const dogstatsd::Enricher* enricher_;
  const PipelineOptions& options_;
};

checks::DogstatsdNames dogstatsd_names() {
  using dogstatsd::Transport;
  checks::DogstatsdNames names;
  for (const auto transport : {Transport::udp, Transport::uds_datagram, Transport::uds_stream}) {
    names.transports[static_cast<std::size_t>(transport)] = dogstatsd::to_string(transport);
  }
  for (std::size_t i = 0; i < names.types.size(); ++i) {
    names.types[i] = dogstatsd::to_string(static_cast<dogstatsd::MetricType>(i));
  }
  static_assert(dogstatsd::kRejectCount <= std::tuple_size_v<decltype(names.rejects)>);
  for (std::size_t i = 1; i < dogstatsd::kRejectCount; ++i) {
    names.rejects[i] = dogstatsd::to_string(static_cast<dogstatsd::Reject>(i));
  }
  return names;
}

checks::DogstatsdReading dogstatsd_reading(const DogstatsdSource& source) {
  checks::DogstatsdReading reading;
  reading.contexts = source.sampler->contexts();
  reading.contexts_bytes = source.sampler->bytes();
  for (const dogstatsd::SocketReport& socket : source.listeners->sockets()) {
    reading.kernel_drops += socket.kernel_drops;
    reading.stream_connections += socket.connections;
  }
  return reading;
}

}  // namespace

Pipeline::Pipeline(metrics::CheckAggregator& aggregator, checks::IntegrationScheduler& integrations,
                   DogstatsdSource dogstatsd, Serializers& serializers,
                   forwarder::Intake& forwarder, const tagger::Tagger& tagger, core::Clock& clock,
                   const telemetry::Counters& counters, telemetry::HealthComponent& health,
                   PipelineOptions options)
    : aggregator_(aggregator),
      integrations_(integrations),
      dogstatsd_(dogstatsd),
      serializers_(serializers),
      forwarder_(forwarder),
      tagger_(tagger),
      clock_(clock),
      counters_(counters),
      health_(health),
      options_(std::move(options)),
      dogstatsd_metrics_(dogstatsd_names(), counters.dogstatsd, counters.sampler) {
  health_.beat();
}

void Pipeline::submit(const model::Sample& sample) { aggregator_.submit(sample); }

void Pipeline::submit(model::ServiceCheck check) {
  if (check.timestamp == 0) check.timestamp = core::unix_seconds(clock_.wall());
  check.host = options_.hostname;
  aggregator_.submit(std::move(check));
}

void Pipeline::forget(const model::Tags& tags) { aggregator_.forget(tags); }

asio::awaitable<void> Pipeline::flush(bool everything) {
  // A cancelled flush goes on to its end: what it has taken from the aggregators must get out.
  co_await asio::this_coro::throw_if_cancelled(false);
  bool alone = !flushing_;
  while (!alone) {
    if (!co_await clock_.sleep_until(clock_.now() + kOtherFlushLook)) co_return;
    alone = !flushing_;
  }
  // Ends with the coroutine, however that ends.
  struct Running {
    bool& flag;
    explicit Running(bool& running) : flag(running) { flag = true; }
    ~Running() { flag = false; }
  } const running(flushing_);
  health_.beat();
  const std::uint64_t before = counters_.serializer.payloads.value;
  flush_checks();
  co_await flush_integrations();
  if (dogstatsd_.sampler != nullptr) co_await flush_dogstatsd(everything);
  serializers_.series.finish();
  serializers_.sketches.finish();
  kLog.debug("flushed", {{"payloads", counters_.serializer.payloads.value - before}});
}

void Pipeline::submit_own_metrics() {
  const model::Tags tags = tagger_.global_tags(options_.self_cardinality);
  checks::submit_self_metrics(*this, tags, options_.agent_version,
                              counters_.serializer.dropped_too_large.value, first_flush_);
  first_flush_ = false;
  if (dogstatsd_.sampler != nullptr) {
    dogstatsd_metrics_.submit(*this, tags, dogstatsd_reading(dogstatsd_));
  }
}

void Pipeline::flush_checks() {
  submit_own_metrics();
  auto flushed = aggregator_.flush();
  if (!options_.hostname.empty()) {
    for (model::Series& series : flushed.series) series.host = options_.hostname;
  }
  if (options_.series) {
    for (const model::Series& series : flushed.series) serializers_.series.add(series);
  }
  std::vector<model::Event> events;
  if (dogstatsd_.server != nullptr) {
    events = dogstatsd_.server->take_events();
    auto checks = dogstatsd_.server->take_service_checks();
    flushed.service_checks.insert(flushed.service_checks.end(),
                                  std::make_move_iterator(checks.begin()),
                                  std::make_move_iterator(checks.end()));
  }
  if (options_.service_checks) {
    for (model::Payload& payload : serializers_.service_checks.serialize(flushed.service_checks)) {
      forwarder_.submit(std::move(payload));
    }
  }
  if (options_.events && !events.empty()) {
    for (model::Payload& payload : serializers_.events.serialize(std::move(events))) {
      forwarder_.submit(std::move(payload));
    }
  }
}

asio::awaitable<void> Pipeline::flush_integrations() {
  ToSerializers sink(serializers_, nullptr, options_);
  bool more = true;
  while (more) {
    more = integrations_.flush_some(sink, kContextsPerSlice);
    if (!more) break;
    health_.beat();
    co_await asio::post(no_throw);  // the sockets get their turn
  }
}

asio::awaitable<void> Pipeline::flush_dogstatsd(bool everything) {
  ToSerializers sink(serializers_, dogstatsd_.enricher, options_);
  const core::SteadyTime patience = clock_.now() + kIntakePatience;
  dogstatsd_.sampler->begin_flush(core::unix_seconds(clock_.wall()), everything);
  bool more = true;
  while (more) {
    more = dogstatsd_.sampler->flush_some(sink, *dogstatsd_.origins, kContextsPerSlice);
    if (!more) break;
    health_.beat();
    co_await asio::post(no_throw);  // the sockets get their turn
    // The queue never fills with payloads of one flush; what waits here are contexts, which are
    // there anyway.
    if (!everything && !forwarder_.has_room(options_.queue_room)) {
      (void)co_await forwarder_.room(options_.queue_room, patience);
    }
  }
}

}  // namespace remora::agent
