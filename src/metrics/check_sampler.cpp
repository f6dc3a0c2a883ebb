#include "remora/metrics/check_sampler.hpp"

#include <cmath>
#include <limits>
#include <map>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "metrics/metric_state.hpp"
#include "metrics/monotonic_count.hpp"
#include "remora/core/hash.hpp"
#include "remora/core/log.hpp"
#include "remora/metrics/sketch.hpp"
#include "remora/model/packed_tags.hpp"

namespace remora::metrics {
namespace {

const core::Logger kLog("check_sampler");

constexpr std::string_view kSourceTypeName = "System";
// Name, host and tags of one context. A page that makes more of it is broken or hostile.
constexpr std::size_t kMaxKeyBytes = 16u << 10;
// Bounds of one bucket metric; usual ones have ten to thirty.
constexpr std::size_t kMaxBounds = 1'000;
// What a bucket can count exactly as a double.
constexpr double kMaxBucketCount = 9'007'199'254'740'992.0;

struct Rates {
  SuccessiveRates rates;
  Histogram histogram;
};

struct Distribution {
  Sketch sketch;
  std::map<std::pair<double, double>, double> last;  ///< buckets: their counts, by bounds
};

using State = std::variant<MetricState, MonotonicCount, std::unique_ptr<Histogram>,
                           std::unique_ptr<Rates>, std::unique_ptr<Distribution>>;

State make_state(CheckSampleType type) {
  switch (type) {
    case CheckSampleType::gauge:
      return MetricState(model::SampleKind::gauge);
    case CheckSampleType::rate:
      return MetricState(model::SampleKind::rate);
    case CheckSampleType::count:
      return MetricState(model::SampleKind::count);
    case CheckSampleType::monotonic_count:
      return MonotonicCount();
    case CheckSampleType::histogram:
      return std::make_unique<Histogram>();
    case CheckSampleType::historate:
      return std::make_unique<Rates>();
    case CheckSampleType::distribution:
    case CheckSampleType::bucket:
      break;
  }
  return std::make_unique<Distribution>();
}

struct Context {
  explicit Context(CheckSampleType kind) : type(kind), state(make_state(kind)) {}

  CheckSampleType type;
  bool sampled = false;   ///< since the last commit
  bool stateful = false;  ///< what it holds matters after a commit
  State state;
  std::uint64_t last_run = 0;
  core::SteadyTime last_sample{};
  std::size_t bytes = 0;  ///< what it is accounted for with
};

struct ByText {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const {
    return static_cast<std::size_t>(core::hash_bytes(text, core::hash_seed()));
  }
};

// Key: type, name, host and tags of the context, the last three packed like tags.
using Contexts = std::unordered_map<std::string, Context, ByText, std::equal_to<>>;
using Entry = Contexts::value_type;
// A node of the table: its key's object, the hash, two links.
constexpr std::size_t kContextBytes = sizeof(Entry) + 4 * sizeof(void*);
// A node of a tree: colour and three links.
constexpr std::size_t kBoundsBytes = sizeof(std::pair<double, double>) + 5 * sizeof(void*);

std::size_t state_bytes(const State& state) {
  if (const auto* histogram = std::get_if<std::unique_ptr<Histogram>>(&state)) {
    return sizeof(Histogram) + (*histogram)->heap_bytes();
  }
  if (const auto* rates = std::get_if<std::unique_ptr<Rates>>(&state)) {
    return sizeof(Rates) + (*rates)->histogram.heap_bytes();
  }
  if (const auto* distribution = std::get_if<std::unique_ptr<Distribution>>(&state)) {
    return sizeof(Distribution) + (*distribution)->sketch.heap_bytes() +
           (*distribution)->last.size() * kBoundsBytes;
  }
  return 0;
}

// Point to their contexts: none is forgotten while anything waits.
struct WaitingPoint {
  const Entry* entry;
  std::string_view suffix;
  model::SeriesType type;
  model::Point point;
};
struct WaitingSketch {
  const Entry* entry;
  std::int64_t timestamp;
  Sketch sketch;
};

}  // namespace

struct CheckSampler::Impl {
  CheckSamplerOptions options;
  telemetry::AggregatorCounters& counters;
  SamplerBudget& budget;

  Contexts contexts;
  std::vector<Entry*> sampled;  ///< in the order of submission
  std::vector<WaitingPoint> points;
  std::vector<WaitingSketch> sketches;
  std::vector<HistogramValue> values;
  std::string key;
  std::uint64_t run = 1;
  std::uint64_t purged_in_run = 0;
  core::SteadyTime last_commit{};
  std::size_t bytes = 0;
  core::LogThrottle refused{std::chrono::minutes(5)}, non_finite{std::chrono::minutes(5)},
      bad_bucket{std::chrono::minutes(5)};

  Impl(CheckSamplerOptions o, telemetry::AggregatorCounters& n, SamplerBudget& b)
      : options(std::move(o)), counters(n), budget(b) {}
  ~Impl() { budget.used -= bytes; }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void account(std::size_t before, std::size_t after) {
    bytes += after - before;
    budget.used += after - before;
  }
  [[nodiscard]] bool full(std::size_t more) const {
    return bytes + more > options.max_bytes || budget.used + more > budget.max_bytes;
  }

  void refuse(std::string_view name, core::SteadyTime now) {
    counters.contexts_refused.add();
    if (!refused.allow(now)) return;
    kLog.warn("too many contexts of a check, value dropped",
              {{"metric", name},
               {"contexts", contexts.size()},
               {"bytes", bytes},
               {"suppressed", refused.suppressed()}});
  }

  void refuse_bucket(const CheckSample& sample, std::string_view why, core::SteadyTime now) {
    counters.bad_buckets.add();
    if (!bad_bucket.allow(now)) return;
    kLog.warn("histogram bucket dropped",
              {{"metric", sample.name}, {"reason", why}, {"suppressed", bad_bucket.suppressed()}});
  }

  void write_key(const CheckSample& sample) {
    key.clear();
    const bool sketched = sample.type == CheckSampleType::bucket;
    key.push_back(static_cast<char>(sketched ? CheckSampleType::distribution : sample.type));
    model::append_packed_tag(key, sample.name);
    model::append_packed_tag(key, sample.host);
    for (const std::string_view tag : sample.tags) model::append_packed_tag(key, tag);
  }

  [[nodiscard]] bool idle(const Context& context) const {
    return !context.sampled && context.last_run + options.idle_runs < run;
  }
  [[nodiscard]] bool expired(const Context& context) const {
    if (!idle(context)) return false;
    return !context.stateful || last_commit - context.last_sample >= options.stateful_expiry;
  }

  // Only while nothing waits: what waits points to its context.
  template <class Predicate>
  void forget(Predicate predicate) {
    for (auto at = contexts.begin(); at != contexts.end();) {
      if (predicate(at->second)) {
        account(at->second.bytes, 0);
        at = contexts.erase(at);
      } else {
        ++at;
      }
    }
  }

  // Once per run: contexts nobody sampled lately go before new ones are refused.
  void make_room() {
    if (purged_in_run == run || has_data()) return;
    purged_in_run = run;
    forget([this](const Context& context) { return idle(context); });
  }

  [[nodiscard]] bool has_data() const { return !points.empty() || !sketches.empty(); }

  Entry* find_or_add(const CheckSample& sample, core::SteadyTime now) {
    write_key(sample);
    if (const auto known = contexts.find(std::string_view(key)); known != contexts.end()) {
      return &*known;
    }
    if (key.size() > kMaxKeyBytes) {
      refuse(sample.name.substr(0, 200), now);
      return nullptr;
    }
    const std::size_t cost = kContextBytes + key.size() + 1;
    const auto no_room = [&] { return contexts.size() >= options.max_contexts || full(cost); };
    if (no_room()) make_room();
    if (no_room()) {
      refuse(sample.name, now);
      return nullptr;
    }
    const auto type = static_cast<CheckSampleType>(key.front());
    Entry& entry = *contexts.try_emplace(key, type).first;
    Context& context = entry.second;
    context.stateful = type == CheckSampleType::rate || type == CheckSampleType::monotonic_count ||
                       type == CheckSampleType::historate;
    context.bytes = cost + state_bytes(context.state);
    account(0, context.bytes);
    return &entry;
  }

  // The increase of a bucket since its last count; empty when there is nothing to add.
  std::uint64_t bucket_count(Distribution& distribution, const CheckSample& sample,
                             core::SteadyTime now) {
    const auto bounds = std::pair(sample.lower, sample.upper);
    const auto known = distribution.last.find(bounds);
    double count = sample.value;
    if (known != distribution.last.end()) {
      const double before = std::exchange(known->second, sample.value);
      // A new counter: what it counted so far is new, when the check says so.
      if (sample.value >= before)
        count = sample.value - before;
      else if (!sample.flush_first)
        count = 0;
    } else {
      if (distribution.last.size() >= kMaxBounds) {
        refuse_bucket(sample, "too many bounds", now);
        return 0;
      }
      distribution.last.emplace(bounds, sample.value);
      if (!sample.flush_first) count = 0;
    }
    return static_cast<std::uint64_t>(count);
  }

  void add_bucket(Context& context, Distribution& distribution, const CheckSample& sample,
                  core::SteadyTime now) {
    context.stateful = true;
    const std::uint64_t count = bucket_count(distribution, sample, now);
    if (count == 0) return;
    const double upper = std::isinf(sample.upper) ? sample.lower : sample.upper;
    if (!distribution.sketch.insert_bucket(sample.lower, upper, count)) {
      refuse_bucket(sample, "bounds", now);
    }
  }

  void add_value(Context& context, const CheckSample& sample, core::SteadyTime now) {
    if (auto* state = std::get_if<MetricState>(&context.state)) {
      state->add(sample.value, now);
    } else if (auto* count = std::get_if<MonotonicCount>(&context.state)) {
      count->add(sample.value, sample.flush_first);
    } else if (auto* histogram = std::get_if<std::unique_ptr<Histogram>>(&context.state)) {
      (*histogram)->add(sample.value, 1);
    } else if (auto* rates = std::get_if<std::unique_ptr<Rates>>(&context.state)) {
      const auto rate = (*rates)->rates.add(sample.value, now);
      if (rate && std::isfinite(*rate)) (*rates)->histogram.add(*rate, 1);
    } else if (auto* sketch = std::get_if<std::unique_ptr<Distribution>>(&context.state)) {
      if (sample.type == CheckSampleType::bucket) {
        add_bucket(context, **sketch, sample, now);
      } else {
        (*sketch)->sketch.insert(sample.value);
      }
    }
  }

  void keep(const Entry& entry, std::string_view suffix, model::SeriesType type, double value,
            std::int64_t timestamp, core::SteadyTime now) {
    if (!std::isfinite(value)) {
      counters.non_finite.add();
      return;
    }
    if (full(sizeof(WaitingPoint))) return refuse(name_of(entry), now);
    account(0, sizeof(WaitingPoint));
    points.push_back({&entry, suffix, type, {timestamp, value}});
  }

  static std::string_view name_of(const Entry& entry) {
    model::PackedTags text(std::string_view(entry.first).substr(1));
    std::string_view name;
    (void)text.next(name);
    return name;
  }

  void commit_histogram(const Entry& entry, Histogram& histogram, std::int64_t timestamp,
                        core::SteadyTime now) {
    values.clear();
    histogram.values(options.histogram, 1, values);
    histogram = Histogram();
    for (const HistogramValue& value : values) {
      keep(entry, value.suffix, value.type, value.value, timestamp, now);
    }
  }

  void commit_sketch(const Entry& entry, Sketch& sketch, std::int64_t timestamp,
                     core::SteadyTime now) {
    if (sketch.empty()) return;
    sketch.finish();
    const std::size_t size = sizeof(WaitingSketch) + sketch.heap_bytes();
    if (full(size)) {
      refuse(name_of(entry), now);
    } else {
      account(0, size);
      sketches.push_back({&entry, timestamp, std::move(sketch)});
    }
    sketch = Sketch();
  }

  void commit_one(Entry& entry, std::int64_t timestamp, core::SteadyTime now) {
    Context& context = entry.second;
    const std::size_t before = state_bytes(context.state);
    if (auto* state = std::get_if<MetricState>(&context.state)) {
      // A rate is already per second: to the intake it is a gauge.
      const auto type = context.type == CheckSampleType::count ? model::SeriesType::count
                                                               : model::SeriesType::gauge;
      if (const auto value = state->flush()) keep(entry, {}, type, *value, timestamp, now);
    } else if (auto* count = std::get_if<MonotonicCount>(&context.state)) {
      if (const auto value = count->flush()) {
        keep(entry, {}, model::SeriesType::count, *value, timestamp, now);
      }
    } else if (auto* histogram = std::get_if<std::unique_ptr<Histogram>>(&context.state)) {
      commit_histogram(entry, **histogram, timestamp, now);
    } else if (auto* rates = std::get_if<std::unique_ptr<Rates>>(&context.state)) {
      commit_histogram(entry, (*rates)->histogram, timestamp, now);
    } else if (auto* sketch = std::get_if<std::unique_ptr<Distribution>>(&context.state)) {
      commit_sketch(entry, (*sketch)->sketch, timestamp, now);
    }
    const std::size_t after = state_bytes(context.state);
    account(before, after);
    context.bytes += after - before;
    context.sampled = false;
  }

  model::SeriesView view(const WaitingPoint& waiting) const {
    model::SeriesView series;
    model::PackedTags text(std::string_view(waiting.entry->first).substr(1));
    (void)text.next(series.name);
    (void)text.next(series.host);
    if (series.host.empty()) series.host = options.hostname;
    series.suffix = waiting.suffix;
    series.type = waiting.type;
    series.tags = text;
    series.shared_tags = options.tags.get();
    series.points = std::span(&waiting.point, 1);
    series.origin = options.origin;
    series.source_type_name = kSourceTypeName;
    return series;
  }

  void give_sketch(FlushSink& sink, const WaitingSketch& waiting) const {
    model::SketchView view;
    model::PackedTags text(std::string_view(waiting.entry->first).substr(1));
    (void)text.next(view.name);
    (void)text.next(view.host);
    if (view.host.empty()) view.host = options.hostname;
    view.tags = text;
    view.shared_tags = options.tags.get();
    view.origin = options.origin;
    const model::SketchPoint point = waiting.sketch.point(waiting.timestamp);
    view.points = std::span(&point, 1);
    sink.on_sketch(view);
  }
};

CheckSampler::CheckSampler(CheckSamplerOptions options, telemetry::AggregatorCounters& counters,
                           SamplerBudget& budget)
    : impl_(std::make_unique<Impl>(std::move(options), counters, budget)) {
  if (!impl_->options.tags) impl_->options.tags = model::empty_tags();
}

CheckSampler::~CheckSampler() = default;

void CheckSampler::add(const CheckSample& sample, core::SteadyTime now) {
  Impl& d = *impl_;
  d.counters.samples.add();
  if (!std::isfinite(sample.value)) {
    d.counters.non_finite.add();
    if (d.non_finite.allow(now)) {
      kLog.warn("value is not a finite number, dropped",
                {{"metric", sample.name}, {"suppressed", d.non_finite.suppressed()}});
    }
    return;
  }
  if (sample.type == CheckSampleType::bucket) {
    if (sample.value < 0) return d.refuse_bucket(sample, "negative count", now);
    if (sample.value > kMaxBucketCount) return d.refuse_bucket(sample, "count", now);
    const bool usable = std::isfinite(sample.lower) && sample.upper >= sample.lower;
    if (!usable) return d.refuse_bucket(sample, "bounds", now);
    if (sample.value < 1) return;
  }
  Entry* entry = d.find_or_add(sample, now);
  if (entry == nullptr) return;
  Context& context = entry->second;
  const bool grows = std::get_if<MetricState>(&context.state) == nullptr &&
                     std::get_if<MonotonicCount>(&context.state) == nullptr;
  const std::size_t before = grows ? state_bytes(context.state) : 0;
  if (grows && d.full(sizeof(double))) return d.refuse(sample.name, now);
  d.add_value(context, sample, now);
  if (grows) {
    const std::size_t after = state_bytes(context.state);
    d.account(before, after);
    context.bytes += after - before;
  }
  context.last_sample = now;
  context.last_run = d.run;
  if (!std::exchange(context.sampled, true)) d.sampled.push_back(entry);
}

void CheckSampler::commit(core::SteadyTime now, std::int64_t timestamp) {
  Impl& d = *impl_;
  for (Entry* entry : d.sampled) d.commit_one(*entry, timestamp, now);
  d.sampled.clear();
  ++d.run;
  d.last_commit = now;
  if (!d.has_data()) d.forget([&d](const Context& context) { return d.expired(context); });
}

std::size_t CheckSampler::flush(FlushSink& sink) {
  Impl& d = *impl_;
  const std::size_t given = d.points.size() + d.sketches.size();
  for (const WaitingPoint& waiting : d.points) sink.on_series(d.view(waiting));
  for (const WaitingSketch& waiting : d.sketches) {
    d.give_sketch(sink, waiting);
    d.account(sizeof(WaitingSketch) + waiting.sketch.heap_bytes(), 0);
  }
  d.account(d.points.size() * sizeof(WaitingPoint), 0);
  d.counters.series.add(d.points.size());
  d.counters.sketches.add(d.sketches.size());
  d.points = {};
  d.sketches = {};
  d.forget([&d](const Context& context) { return d.expired(context); });
  return given;
}

bool CheckSampler::has_data() const noexcept { return impl_->has_data(); }
std::size_t CheckSampler::contexts() const noexcept { return impl_->contexts.size(); }
std::size_t CheckSampler::bytes() const noexcept { return impl_->bytes; }

}  // namespace remora::metrics
