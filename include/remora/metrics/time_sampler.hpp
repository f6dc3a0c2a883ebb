// Samples of DogStatsD -> series and sketches: 10 s buckets, one context per (name, host, tags,
// origin, type).
//
// Source of the semantics: DataDog/datadog-agent pkg/aggregator/time_sampler.go and
// no_aggregation_stream_worker.go. Different on purpose: the type is part of the context, so that a
// client which uses one name for two types never mixes their values; silent counters get a zero in
// every bucket, not only in those another metric created.
//
// Two look-ups: `find` takes a hash of the raw bytes of a line (an alias; the same line always
// means the same context) and is all that a known line costs. Only an unknown line is taken apart,
// normalised and interned.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "remora/metrics/context.hpp"
#include "remora/metrics/histogram.hpp"
#include "remora/model/metric_view.hpp"
#include "remora/telemetry/counters.hpp"
#include "remora/telemetry/status.hpp"

namespace remora::metrics {

struct TimeSamplerOptions {
  std::int64_t bucket_seconds = 10;
  std::int64_t counter_expiry_seconds = 300;  ///< DD_DOGSTATSD_EXPIRY_SECONDS: zeros that long
  std::int64_t context_expiry_seconds = 20;   ///< DD_DOGSTATSD_CONTEXT_EXPIRY_SECONDS
  std::size_t max_contexts = 1'000'000;
  std::size_t max_bytes = 512u << 20;  ///< of contexts, buckets, tables; see `bytes()`
  HistogramOptions histogram;
};

/// Takes what a flush gives. Views are valid during the call.
class FlushSink {
 public:
  virtual ~FlushSink() = default;
  virtual void on_series(const model::SeriesView& series) = 0;
  virtual void on_sketch(const model::SketchView& sketch) = 0;
};

/// One line of `agent dogstatsd top`.
struct MetricUsage {
  std::string name;
  std::size_t contexts = 0;
  std::size_t refused = 0;  ///< new contexts of it refused so far
  std::string top_tag_key;  ///< the key with most values; empty when it has no tags
  std::size_t top_tag_values = 0;
  bool sampled = false;  ///< not all of its contexts were looked at: there may be more values
};

/// Threading: the loop. Memory: see `bytes()`; never over `max_bytes` by more than one message.
class TimeSampler final : public telemetry::StatusSource {
 public:
  TimeSampler(TimeSamplerOptions options, telemetry::SamplerCounters& counters);
  ~TimeSampler() override;

  /// The context that lines with this hash belong to.
  [[nodiscard]] ContextId find(std::uint64_t alias) const noexcept;
  /// `find` and `add` wait for memory twice when there are many contexts: these ask for it ahead,
  /// some lines before `find`. The second is worth calling a few lines after the first.
  void prefetch_alias(std::uint64_t alias) const noexcept;
  void prefetch_context(std::uint64_t alias) const noexcept;
  /// Finds or makes the context, and remembers `alias` for it. kUnknownContext when a new context
  /// is over a limit: refused, counted, and its name kept for `top`.
  [[nodiscard]] ContextId intern(const ContextDescription& description, std::uint64_t alias);
  /// Every line is unknown again: what they mean has changed. Contexts and their values stay.
  void forget_lines();
  /// Lines with this hash are dropped by a filter list.
  void remember_filtered(std::uint64_t alias);
  /// A second context fed with the samples of `from`: the distribution copy of a histogram.
  void link_copy(ContextId from, ContextId copy);
  [[nodiscard]] ContextId copy_of(ContextId context) const noexcept;  ///< kUnknownContext: none

  /// Values of counter, gauge, histogram, timing or distribution at `now` (Unix seconds). NaN and
  /// infinite ones are dropped and counted.
  void add(ContextId context, std::span<const double> values, double sample_rate, std::int64_t now);
  void add_member(ContextId context, std::string_view member, std::int64_t now);
  /// Points of a timestamped context.
  void add_points(ContextId context, std::span<const double> values, std::int64_t timestamp,
                  std::int64_t now);

  /// Begins a flush of all buckets that ended by `now`; of the open ones too with `everything`.
  void begin_flush(std::int64_t now, bool everything);
  /// Gives the next `max_contexts` of them to the sink; samples may come in between. False when the
  /// flush is complete (expired contexts are forgotten by then).
  [[nodiscard]] bool flush_some(FlushSink& sink, const OriginTags& origins,
                                std::size_t max_contexts);
  [[nodiscard]] bool flushing() const noexcept;
  /// Something waits for a flush (used at stop).
  [[nodiscard]] bool has_data() const noexcept;

  [[nodiscard]] std::size_t contexts() const noexcept;
  /// Bytes accounted for: records, names and tags, tables, samples of histograms, sets, sketches.
  [[nodiscard]] std::size_t bytes() const noexcept;

  /// The metrics with most contexts. Tags are counted over a part where there are many: 20,000
  /// contexts and 200,000 tags of each metric, out of 200,000 contexts in all.
  [[nodiscard]] std::vector<MetricUsage> top(std::size_t count) const;
  struct ContextView {
    std::string_view name, host;
    SampleType type;
    OriginId origin;
    model::PackedTags tags;
    std::int64_t last_seen;
  };
  /// Shows the contexts from number `next` on until `visit` returns false: then true, and `next` is
  /// where to go on. Samples may come in between; contexts made or forgotten then may be missed.
  [[nodiscard]] bool for_some(ContextId& next,
                              const std::function<bool(const ContextView&)>& visit) const;

  [[nodiscard]] telemetry::StatusNode status() const override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace remora::metrics
