#include "remora/metrics/check_aggregator.hpp"

#include <array>
#include <cmath>
#include <map>
#include <string>
#include <unordered_map>
#include <utility>

#include "metrics/metric_state.hpp"
#include "remora/core/log.hpp"

namespace remora::metrics {
namespace {

const core::Logger kLog("metrics");

// A check sends a handful of service checks per run; more in one window is a bug of ours.
constexpr std::size_t kMaxServiceChecks = 1000;

constexpr std::string_view kSourceTypeName = "System";

struct MetricKey {
  std::string_view name;
  model::SampleKind kind;
  friend auto operator<=>(const MetricKey&, const MetricKey&) = default;
};

struct Context {
  Context(model::SampleKind kind, model::Origin from) : state(kind), origin(from) {}
  MetricState state;
  model::Origin origin;
  core::SteadyTime last_sample{};
};

// Everything that carries one tag list. Sorted maps: the order of a flush depends on nothing else.
struct TagSet {
  model::Tags tags;
  std::map<MetricKey, Context> contexts;
  // Lists with this content seen lately, held so that their addresses stay theirs.
  std::array<model::Tags, 4> aliases;
  std::size_t next_alias = 0;
};

struct ByContent {
  using is_transparent = void;
  bool operator()(const model::Tags& a, const model::Tags& b) const { return *a < *b; }
};

}  // namespace

struct CheckAggregator::Impl {
  const core::Clock& clock;
  telemetry::AggregatorCounters& counters;
  CheckAggregatorOptions options;

  std::map<model::Tags, TagSet, ByContent> sets;
  std::unordered_map<const model::TagList*, TagSet*> by_address;
  std::size_t contexts = 0;
  std::vector<model::Series> retired;  ///< last values of forgotten contexts, without a timestamp
  std::vector<model::ServiceCheck> service_checks;
  std::uint64_t service_checks_seen = 0, service_checks_flushed = 0;
  core::LogThrottle refused, non_finite, too_many_service_checks;

  Impl(const core::Clock& c, telemetry::AggregatorCounters& n, CheckAggregatorOptions o)
      : clock(c), counters(n), options(o) {}

  TagSet* find(const model::Tags& tags) {
    if (const auto known = by_address.find(tags.get()); known != by_address.end()) {
      return known->second;
    }
    const auto found = sets.find(tags);
    if (found == sets.end()) return nullptr;
    add_alias(found->second, tags);
    return &found->second;
  }

  void add_alias(TagSet& set, const model::Tags& tags) {
    model::Tags& slot = set.aliases[set.next_alias];
    set.next_alias = (set.next_alias + 1) % set.aliases.size();
    if (slot) by_address.erase(slot.get());
    slot = tags;
    by_address.emplace(tags.get(), &set);
  }

  void drop_aliases(const TagSet& set) {
    for (const model::Tags& alias : set.aliases) {
      if (alias) by_address.erase(alias.get());
    }
  }

  TagSet& find_or_add(const model::Tags& tags) {
    if (TagSet* set = find(tags)) return *set;
    TagSet& set = sets.try_emplace(tags).first->second;
    set.tags = tags;
    add_alias(set, tags);
    return set;
  }

  void refuse(const model::Sample& sample) {
    counters.contexts_refused.add();
    if (!refused.allow(clock.now())) return;
    kLog.warn("too many contexts, value dropped", {{"metric", sample.metric},
                                                   {"limit", options.max_contexts},
                                                   {"suppressed", refused.suppressed()}});
  }

  model::Series make_series(const MetricKey& key, const Context& context, const model::Tags& tags,
                            std::int64_t timestamp, double value) const {
    model::Series series;
    series.metric = std::string(key.name);
    const bool counted =
        key.kind == model::SampleKind::count || key.kind == model::SampleKind::monotonic_count;
    // A rate is already per second: to the intake it is a gauge.
    series.type = counted ? model::SeriesType::count : model::SeriesType::gauge;
    series.interval = counted ? options.interval.count() : 0;
    series.tags = tags;
    series.points.push_back({timestamp, value});
    series.source_type_name = kSourceTypeName;
    series.origin = context.origin;
    return series;
  }

  void flush_set(TagSet& set, core::SteadyTime now, std::int64_t timestamp,
                 std::vector<model::Series>& out) {
    for (auto it = set.contexts.begin(); it != set.contexts.end();) {
      auto& [key, context] = *it;
      if (const auto value = context.state.flush()) {
        out.push_back(make_series(key, context, set.tags, timestamp, *value));
      }
      if (now - context.last_sample > options.context_expiry) {
        it = set.contexts.erase(it);
        --contexts;
      } else {
        ++it;
      }
    }
  }
};

CheckAggregator::CheckAggregator(const core::Clock& clock, telemetry::AggregatorCounters& counters,
                                 CheckAggregatorOptions options)
    : impl_(std::make_unique<Impl>(clock, counters, options)) {}

CheckAggregator::~CheckAggregator() = default;

void CheckAggregator::submit(const model::Sample& sample) {
  Impl& d = *impl_;
  const auto now = d.clock.now();
  d.counters.samples.add();
  if (!std::isfinite(sample.value)) {
    d.counters.non_finite.add();
    if (d.non_finite.allow(now)) {
      kLog.warn("value is not a finite number, dropped",
                {{"metric", sample.metric}, {"suppressed", d.non_finite.suppressed()}});
    }
    return;
  }
  const model::Tags& tags = sample.tags ? sample.tags : model::empty_tags();
  const MetricKey key{sample.metric, sample.kind};
  const bool full = d.contexts >= d.options.max_contexts;
  TagSet* set = full ? d.find(tags) : &d.find_or_add(tags);
  if (set == nullptr) return d.refuse(sample);
  auto context = set->contexts.find(key);
  if (context == set->contexts.end()) {
    if (full) return d.refuse(sample);
    context = set->contexts.try_emplace(key, sample.kind, sample.origin).first;
    ++d.contexts;
  }
  context->second.last_sample = now;
  context->second.state.add(sample.value, now, sample.measured_at_ns);
}

void CheckAggregator::submit(model::ServiceCheck check) {
  Impl& d = *impl_;
  ++d.service_checks_seen;
  if (d.service_checks.size() >= kMaxServiceChecks) {
    // The newest result is the one an operator needs.
    d.service_checks.erase(d.service_checks.begin());
    if (d.too_many_service_checks.allow(d.clock.now())) {
      kLog.warn("too many service checks in one window, oldest dropped",
                {{"check", check.check}, {"limit", kMaxServiceChecks}});
    }
  }
  if (check.timestamp == 0) check.timestamp = core::unix_seconds(d.clock.wall());
  if (!check.tags) check.tags = model::empty_tags();
  d.service_checks.push_back(std::move(check));
}

void CheckAggregator::forget(const model::Tags& tags) {
  Impl& d = *impl_;
  if (!tags) return;
  const auto found = d.sets.find(tags);
  if (found == d.sets.end()) return;
  TagSet& set = found->second;
  for (auto& [key, context] : set.contexts) {
    const auto value = context.state.flush();
    if (!value) continue;
    if (d.retired.size() >= d.options.max_contexts) {
      d.counters.contexts_refused.add();
      continue;
    }
    d.retired.push_back(d.make_series(key, context, set.tags, 0, *value));
  }
  d.contexts -= set.contexts.size();
  d.drop_aliases(set);
  d.sets.erase(found);
}

CheckAggregator::Flushed CheckAggregator::flush() {
  Impl& d = *impl_;
  const auto now = d.clock.now();
  const auto timestamp = core::unix_seconds(d.clock.wall());
  Flushed flushed;
  flushed.series = std::exchange(d.retired, {});
  flushed.series.reserve(flushed.series.size() + d.contexts);
  for (model::Series& series : flushed.series) series.points.front().timestamp = timestamp;
  for (auto it = d.sets.begin(); it != d.sets.end();) {
    d.flush_set(it->second, now, timestamp, flushed.series);
    if (it->second.contexts.empty()) {
      d.drop_aliases(it->second);
      it = d.sets.erase(it);
    } else {
      ++it;
    }
  }
  flushed.service_checks = std::exchange(d.service_checks, {});
  d.counters.flushes.add();
  d.counters.series.add(flushed.series.size());
  d.service_checks_flushed += flushed.service_checks.size();
  return flushed;
}

telemetry::StatusNode CheckAggregator::status() const {
  const Impl& d = *impl_;
  telemetry::StatusNode node;
  node.title = "Aggregator";
  node.add("Checks Metric Sample", d.counters.samples.value)
      .add("Contexts", d.contexts)
      .add("Number Of Flushes", d.counters.flushes.value)
      .add("Series Flushed", d.counters.series.value)
      .add("Service Check", d.service_checks_seen)
      .add("Service Checks Flushed", d.service_checks_flushed);
  if (d.counters.contexts_refused.value > 0) {
    node.add("Contexts Refused", d.counters.contexts_refused.value);
  }
  if (d.counters.non_finite.value > 0) {
    node.add("Values Not Finite", d.counters.non_finite.value);
  }
  return node;
}

}  // namespace remora::metrics
