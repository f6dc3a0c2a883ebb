// What the time sampler gives at a flush: series and sketches of the buckets that ended.
#include <algorithm>

#include "metrics/time_sampler_impl.hpp"
#include "remora/core/log.hpp"

namespace remora::metrics {
namespace {

const core::Logger kLog("sampler");

// Zeros after a gap (a suspended machine) reach back this many buckets at most.
constexpr std::uint32_t kMaxZeros = 36;
// Points of one timestamped context in one series; more become further series.
constexpr std::size_t kMaxPoints = 1'000;
// Spans of time the clock was in and left, remembered to give no second value for one time.
constexpr std::size_t kMaxPast = 8;
// Buckets that may still be open when it leaves one: a flush comes every 15 s, 20 s at most.
constexpr std::uint32_t kOpenBuckets = 6;
// How far ahead of the clock a context's last value may seem to lie: a flush takes its time. What
// is further ahead comes from before the clock went back, and would keep the context for ever.
constexpr std::int64_t kAheadSeconds = 60;
// The line that names offenders is written again after this many flushes with refusals.
constexpr std::uint64_t kFlushesBetweenLines = 20;

}  // namespace

void TimeSampler::begin_flush(std::int64_t now, bool everything) {
  Impl& impl = *impl_;
  Impl::Flush& flush = impl.flush;
  const std::uint32_t current = impl.bucket_of(now);
  flush = {};
  flush.running = true;
  flush.everything = everything;
  flush.now = now;
  flush.last_ended = current - 1;
  flush.last = everything ? current : current - 1;
  // Buckets of the future were filled before the clock went back. The next one may have begun since
  // `now`: it is given out in its turn, unless there is no other turn.
  flush.future = everything ? current + 1 : current + 2;
  impl.follow_clock();
  impl.name_offenders();  // before their contexts expire
}

void TimeSampler::Impl::follow_clock() {
  const std::uint32_t ended = flush.last_ended;
  if (ended <= last_flushed + kMaxZeros && last_flushed <= ended + kMaxZeros) {
    // Zeros begin where the last flush ended. While a clock that went back catches up there are
    // none: they would replace values already given.
    flush.given_from = first_flushed;
    flush.given_until = last_flushed;
    flush.first_zero = last_flushed + 1;
    return;
  }
  // A gap: the first flush of all, a suspended machine, a clock set anew.
  if (last_flushed != 0) {
    if (past.size() == kMaxPast) past.erase(past.begin());
    past.push_back({first_flushed, last_flushed + kOpenBuckets});
  }
  first_flushed = ended > last_flushed ? ended - kMaxZeros + 1 : ended + 1;
  flush.given_from = first_flushed;
  flush.given_until = first_flushed - 1;
  flush.first_zero = first_flushed;
}

bool TimeSampler::Impl::given_before(std::uint32_t bucket) const noexcept {
  if (bucket >= flush.given_from && bucket <= flush.given_until) return true;
  return std::any_of(past.begin(), past.end(), [bucket](const Span& span) {
    return bucket >= span.first && bucket <= span.last;
  });
}

bool TimeSampler::flush_some(FlushSink& sink, const OriginTags& origins, std::size_t max_contexts) {
  Impl& impl = *impl_;
  Impl::Flush& flush = impl.flush;
  if (!flush.running) return false;
  if (flush.next == 0) impl.emit_late(sink, origins);
  for (std::size_t done = 0; done < max_contexts && flush.next < impl.store.end(); ++flush.next) {
    Record& record = impl.store[flush.next];
    if (record.text == nullptr) continue;
    if (static_cast<std::int64_t>(record.last_seen) > flush.now + kAheadSeconds) {
      record.last_seen = static_cast<std::uint32_t>(flush.now);
    }
    ++done;
    impl.emit(flush.next, sink, origins);
    if (record.filled == 0 && impl.expired(record)) {
      impl.copies.erase(flush.next);
      impl.reserved -= usual_weight(static_cast<SampleType>(record.type));
      impl.store.erase(flush.next);
      impl.counters.contexts_expired.add();
    }
  }
  if (flush.next < impl.store.end()) return true;
  impl.end_flush();
  return false;
}

void TimeSampler::Impl::end_flush() {
  flush.running = false;
  flush.late_given.clear();
  last_flushed = std::max(flush.given_until, flush.last_ended);
  // What is further ahead belongs to a span of the past.
  if (flush.highest <= last_flushed + kMaxZeros) {
    last_flushed = std::max(last_flushed, flush.highest);
  }
  if (flush.gave_again)
    again_offset = again_offset % std::max<std::int64_t>(options.bucket_seconds - 1, 1) + 1;
  if (flush.everything) {
    if (partial_bucket != flush.last) {
      partial_bucket = flush.last;
      partial_offset = 0;
    }
    ++partial_offset;
  }
  store.shrink();
  counters.flushes.add();
}

void TimeSampler::Impl::name_offenders() {
  const std::uint64_t refusals = counters.refused_contexts.value;
  if (refusals == refused_at_flush) return;
  if (flushes_until_named > 0) {
    --flushes_until_named;
    return;
  }
  flushes_until_named = kFlushesBetweenLines;
  const std::vector<MetricUsage> usage = top(1);
  kLog.warn(
      "DogStatsD has no room for new contexts: their samples are refused, the known ones go on",
      {{"refused", refusals - refused_at_flush},
       {"contexts", store.size()},
       {"bytes", store.bytes() + value_bytes},
       {"max_bytes", options.max_bytes},
       {"top_metric", usage.empty() ? std::string() : usage[0].name},
       {"tag_key", usage.empty() ? std::string() : usage[0].top_tag_key},
       {"tag_values", usage.empty() ? std::size_t{0} : usage[0].top_tag_values}});
  refused_at_flush = refusals;
}

bool TimeSampler::Impl::expired(const Record& record) const noexcept {
  std::int64_t life = options.context_expiry_seconds;
  if (static_cast<SampleType>(record.type) == SampleType::counter) {
    life += options.counter_expiry_seconds;
  }
  return flush.now - static_cast<std::int64_t>(record.last_seen) >= life;
}

std::int64_t TimeSampler::Impl::timestamp(std::uint32_t bucket) const noexcept {
  // A second point at the time of a first would replace it; inside the bucket it adds to it.
  std::int64_t offset = bucket == partial_bucket ? partial_offset : 0;
  if (offset == 0 && given_before(bucket)) offset = again_offset;
  return static_cast<std::int64_t>(bucket) * options.bucket_seconds +
         std::min(offset, options.bucket_seconds - 1);
}

TimeSampler::Impl::Due TimeSampler::Impl::take_due(const Record& record) noexcept {
  Due result;
  for (std::uint32_t back = Record::kSlots; back-- > 0;) {
    if (back > record.newest) continue;
    const std::uint32_t bucket = record.newest - back;
    if (flush.takes(bucket) && (record.filled >> (bucket % Record::kSlots) & 1u) != 0) {
      result.bucket[result.count++] = bucket;
      gave(bucket);
    }
  }
  return result;
}

void TimeSampler::Impl::gave(std::uint32_t bucket) noexcept {
  // What is given out early because the clock went back is not over: it may fill again.
  if (bucket >= flush.future) flush.highest = std::max(flush.highest, bucket);
  if (given_before(bucket)) flush.gave_again = true;
}

void TimeSampler::Impl::clear_slot(Record& record, std::uint32_t place) {
  value_bytes -= drop_value(static_cast<SampleType>(record.type), record.slots[place]);
  record.filled &= ~(1u << place) & 7u;
  --filled_slots;
}

model::SeriesView TimeSampler::Impl::view(const Record& record, const OriginTags& origins) const {
  model::SeriesView series;
  series.name = store.name(record);
  model::PackedTags text(std::string_view(record.text, record.text_bytes));
  (void)text.next(series.host);
  series.tags = text;
  series.shared_tags = &origins.tags(record.origin);
  series.interval = options.bucket_seconds;
  series.origin = model::kOriginDogstatsd;
  return series;
}

void TimeSampler::Impl::give(FlushSink& sink, const model::SeriesView& series) {
  counters.series.add();
  sink.on_series(series);
}

void TimeSampler::Impl::emit(ContextId context, FlushSink& sink, const OriginTags& origins) {
  switch (static_cast<SampleType>(store[context].type)) {
    case SampleType::counter:
    case SampleType::gauge:
    case SampleType::set:
      return emit_numbers(context, sink, origins);
    case SampleType::histogram:
    case SampleType::timing:
      return emit_histogram(context, sink, origins);
    case SampleType::distribution:
      return emit_sketch(context, sink, origins);
    case SampleType::timestamped_gauge:
    case SampleType::timestamped_count:
      return emit_timestamped(context, sink, origins);
  }
}

void TimeSampler::Impl::emit_numbers(ContextId context, FlushSink& sink,
                                     const OriginTags& origins) {
  Record& record = store[context];
  const Due ready = take_due(record);
  const auto type = static_cast<SampleType>(record.type);
  points.clear();
  if (type != SampleType::counter) {
    for (std::uint32_t i = 0; i < ready.count; ++i) {
      const std::uint32_t place = ready.bucket[i] % Record::kSlots;
      const Slot& slot = record.slots[place];
      const double value =
          type == SampleType::gauge
              ? slot.number
              : static_cast<double>(static_cast<DistinctMembers*>(slot.object)->size());
      points.push_back({timestamp(ready.bucket[i]), value});
      clear_slot(record, place);
    }
  } else {
    const auto interval = static_cast<double>(options.bucket_seconds);
    // Zeros between the values, and after them while the counter lives.
    const std::int64_t alive_until =
        static_cast<std::int64_t>(record.last_seen) + options.counter_expiry_seconds;
    std::uint32_t zero = flush.first_zero;
    // The zeros of a context whose origin has been replaced would overwrite its successor's values.
    const bool replaced = origins.preferred(record.origin) != record.origin;
    if (record.fresh != 0 || replaced) zero = ready.count == 0 ? flush.last + 1 : ready.bucket[0];
    const auto add_zeros = [&](std::uint32_t until) {
      until = std::min(until, flush.last_ended + 1);  // not up to a bucket of the future
      for (; zero < until; ++zero) {
        if (static_cast<std::int64_t>(zero) * options.bucket_seconds >= alive_until) break;
        if (!flush.late_given.empty() && flush.late_given.contains({context, zero})) continue;
        if (!past.empty() && given_before(zero)) continue;
        points.push_back({timestamp(zero), 0.0});
      }
    };
    for (std::uint32_t i = 0; i < ready.count; ++i) {
      const std::uint32_t bucket = ready.bucket[i];
      const std::uint32_t place = bucket % Record::kSlots;
      add_zeros(bucket);
      zero = std::max(zero, bucket + 1);
      points.push_back({timestamp(bucket), record.slots[place].number / interval});
      clear_slot(record, place);
    }
    if (!replaced) add_zeros(flush.last_ended + 1);
  }
  if (points.empty()) return;
  record.fresh = 0;
  model::SeriesView series = view(record, origins);
  series.type = type == SampleType::counter ? model::SeriesType::rate : model::SeriesType::gauge;
  series.points = points;
  give(sink, series);
}

void TimeSampler::Impl::emit_histogram(ContextId context, FlushSink& sink,
                                       const OriginTags& origins) {
  Record& record = store[context];
  const Due ready = take_due(record);
  if (ready.count == 0) return;
  for (std::uint32_t i = 0; i < ready.count; ++i) {
    values[i].clear();
    static_cast<Histogram*>(record.slots[ready.bucket[i] % Record::kSlots].object)
        ->values(options.histogram, static_cast<double>(options.bucket_seconds), values[i]);
  }
  model::SeriesView series = view(record, origins);
  for (std::size_t aggregate = 0; aggregate < values[0].size(); ++aggregate) {
    points.clear();
    for (std::uint32_t i = 0; i < ready.count; ++i) {
      if (aggregate < values[i].size()) {
        points.push_back({timestamp(ready.bucket[i]), values[i][aggregate].value});
      }
    }
    series.suffix = values[0][aggregate].suffix;
    series.type = values[0][aggregate].type;
    const bool in_milliseconds = static_cast<SampleType>(record.type) == SampleType::timing &&
                                 series.type == model::SeriesType::gauge;
    series.unit = in_milliseconds ? std::string_view("millisecond") : std::string_view();
    series.points = points;
    give(sink, series);
  }
  for (std::uint32_t i = 0; i < ready.count; ++i) {
    clear_slot(record, ready.bucket[i] % Record::kSlots);
  }
}

void TimeSampler::Impl::emit_sketch(ContextId context, FlushSink& sink, const OriginTags& origins) {
  Record& record = store[context];
  const Due ready = take_due(record);
  if (ready.count == 0) return;
  sketch_points.clear();
  for (std::uint32_t i = 0; i < ready.count; ++i) {
    auto& sketch = *static_cast<Sketch*>(record.slots[ready.bucket[i] % Record::kSlots].object);
    const std::size_t before = sketch.heap_bytes();
    sketch.finish();
    value_bytes += sketch.heap_bytes() - before;
    sketch_points.push_back(sketch.point(timestamp(ready.bucket[i])));
  }
  const model::SeriesView identity = view(record, origins);
  model::SketchView view;
  view.name = identity.name;
  view.host = identity.host;
  view.tags = identity.tags;
  view.shared_tags = identity.shared_tags;
  view.origin = identity.origin;
  view.points = sketch_points;
  counters.sketches.add();
  sink.on_sketch(view);
  for (std::uint32_t i = 0; i < ready.count; ++i) {
    clear_slot(record, ready.bucket[i] % Record::kSlots);
  }
}

void TimeSampler::Impl::emit_timestamped(ContextId context, FlushSink& sink,
                                         const OriginTags& origins) {
  Record& record = store[context];
  if (record.filled == 0) return;
  auto& waiting = *static_cast<Points*>(record.slots[0].object);
  model::SeriesView series = view(record, origins);
  const bool count = static_cast<SampleType>(record.type) == SampleType::timestamped_count;
  series.type = count ? model::SeriesType::rate : model::SeriesType::gauge;
  if (count) {
    for (model::Point& point : waiting) point.value /= static_cast<double>(options.bucket_seconds);
  }
  for (std::size_t at = 0; at < waiting.size(); at += kMaxPoints) {
    series.points = std::span<const model::Point>(waiting).subspan(
        at, std::min(kMaxPoints, waiting.size() - at));
    give(sink, series);
  }
  clear_slot(record, 0);
}

void TimeSampler::Impl::emit_late(FlushSink& sink, const OriginTags& origins) {
  for (auto at = late.begin(); at != late.end();) {
    auto& [key, slot] = *at;
    Record& record = store[key.first];
    if (!flush.takes(key.second)) {
      ++at;
      continue;
    }
    // As if it were the only bucket of its context: the record's own wait meanwhile.
    const Record own = record;
    for (Slot& place : record.slots) place = {};
    record.filled = 0;
    record.newest = key.second;
    record.slots[key.second % Record::kSlots] = slot;
    record.filled = 1u << (key.second % Record::kSlots) & 7u;
    record.fresh = 1;  // no zeros around it
    const std::uint32_t last_ended = flush.last_ended;
    flush.last_ended = 0;
    emit(key.first, sink, origins);
    flush.last_ended = last_ended;
    record = own;
    if (static_cast<SampleType>(record.type) == SampleType::counter) flush.late_given.insert(key);
    value_bytes -= sizeof(Slot) * 8;
    at = late.erase(at);
  }
}

}  // namespace remora::metrics
