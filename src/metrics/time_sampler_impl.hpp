// State of the time sampler, shared by the parts that fill, flush and describe it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "metrics/context_store.hpp"
#include "metrics/slot_values.hpp"
#include "remora/metrics/time_sampler.hpp"

namespace remora::metrics {

/// Names of metrics whose new contexts were refused, the most frequent ones: a bounded table in
/// which a new name takes the place of the rarest (the "space-saving" algorithm).
class RefusedNames {
 public:
  void add(std::string_view name);
  struct Entry {
    std::string name;
    std::size_t count = 0;
  };
  [[nodiscard]] const std::vector<Entry>& entries() const noexcept { return entries_; }

 private:
  static constexpr std::size_t kEntries = 32;
  std::vector<Entry> entries_;
};

struct TimeSampler::Impl {
  Impl(TimeSamplerOptions wanted, telemetry::SamplerCounters& counted)
      : options(std::move(wanted)), counters(counted) {}
  ~Impl();

  // --- filling ---
  [[nodiscard]] std::uint32_t bucket_of(std::int64_t seconds) const noexcept {
    return static_cast<std::uint32_t>(seconds / options.bucket_seconds);
  }
  /// The slot of `bucket`, made when it is empty. Moves what the ring has no place for to `late`.
  [[nodiscard]] Slot& slot(ContextId context, Record& record, std::uint32_t bucket) {
    const std::uint32_t place = bucket % Record::kSlots;
    if (bucket == record.newest && (record.filled >> place & 1u) != 0) return record.slots[place];
    return other_slot(context, record, bucket);
  }
  [[nodiscard]] Slot& other_slot(ContextId context, Record& record, std::uint32_t bucket);
  [[nodiscard]] Slot& late_slot(ContextId context, const Record& record, std::uint32_t bucket);
  [[nodiscard]] bool over_budget() const noexcept {
    return store.bytes() + value_bytes >= options.max_bytes;
  }

  // --- flushing (sampler_flush.cpp) ---
  struct Flush {
    bool running = false;
    bool everything = false;
    std::int64_t now = 0;
    ContextId next = 0;
    std::uint32_t last = 0;        ///< highest bucket that is given out in its turn
    std::uint32_t future = 0;      ///< so are those from here on: the clock went back
    std::uint32_t last_ended = 0;  ///< highest bucket that is over: zeros are given up to here
    std::uint32_t first_zero = 0;  ///< lowest bucket that gets zeros
    std::uint32_t given_from = 1, given_until = 0;  ///< earlier flushes may have given these
    bool gave_again = false;                        ///< one of them was given again
    std::uint32_t highest = 0;                      ///< highest bucket of the future given
    /// Late buckets of counters that this flush has given: a zero there would replace them.
    std::set<std::pair<ContextId, std::uint32_t>> late_given;
    [[nodiscard]] bool takes(std::uint32_t bucket) const noexcept {
      return bucket <= last || bucket >= future;
    }
  };
  void emit(ContextId context, FlushSink& sink, const OriginTags& origins);
  void emit_numbers(ContextId context, FlushSink& sink, const OriginTags& origins);
  void emit_histogram(ContextId context, FlushSink& sink, const OriginTags& origins);
  void emit_sketch(ContextId context, FlushSink& sink, const OriginTags& origins);
  void emit_timestamped(ContextId context, FlushSink& sink, const OriginTags& origins);
  void emit_late(FlushSink& sink, const OriginTags& origins);
  [[nodiscard]] model::SeriesView view(const Record& record, const OriginTags& origins) const;
  void give(FlushSink& sink, const model::SeriesView& series);
  [[nodiscard]] std::int64_t timestamp(std::uint32_t bucket) const noexcept;
  void clear_slot(Record& record, std::uint32_t place);
  [[nodiscard]] bool expired(const Record& record) const noexcept;
  void end_flush();
  void name_offenders();

  /// The filled slots of a record that this flush gives out, by ascending bucket.
  struct Due {
    std::uint32_t bucket[Record::kSlots];
    std::uint32_t count = 0;
  };
  [[nodiscard]] Due take_due(const Record& record) noexcept;
  void gave(std::uint32_t bucket) noexcept;
  void follow_clock();
  [[nodiscard]] bool given_before(std::uint32_t bucket) const noexcept;

  // --- describing (sampler_usage.cpp) ---
  [[nodiscard]] std::vector<MetricUsage> top(std::size_t count) const;

  const TimeSamplerOptions options;
  telemetry::SamplerCounters& counters;
  ContextStore store;
  std::size_t value_bytes = 0;   ///< of objects in slots and of late buckets
  std::size_t reserved = 0;      ///< usual_weight of all contexts
  std::size_t filled_slots = 0;  ///< values that wait for a flush, late ones included
  /// Buckets older than a record's ring: after a clock that went back, or of timestamped copies.
  std::map<std::pair<ContextId, std::uint32_t>, Slot> late;
  struct Copy {
    ContextId context = kUnknownContext;
    std::uint32_t generation = 0;
  };
  std::unordered_map<ContextId, Copy> copies;
  RefusedNames refused;

  struct Span {
    std::uint32_t first, last;  ///< buckets
  };
  std::vector<Span> past;  ///< what was given before the clock was set anew, the newest last
  Flush flush;
  std::uint32_t first_flushed = 0;     ///< from here on, since the clock was last set anew,
  std::uint32_t last_flushed = 0;      ///< up to here buckets are given out
  std::int64_t again_offset = 1;       ///< where the next points of those buckets stand, seconds
  std::uint32_t partial_bucket = 0;    ///< given out before it ended (at stop)
  std::int64_t partial_offset = 0;     ///< its next points stand this many seconds after its start
  std::uint64_t refused_at_flush = 0;  ///< of counters.refused_contexts
  std::uint64_t flushes_until_named = 0;

  // Reused from context to context.
  std::vector<model::Point> points;
  std::vector<HistogramValue> values[Record::kSlots];
  std::vector<model::SketchPoint> sketch_points;
};

}  // namespace remora::metrics
