// Who uses the room of the time sampler: what `agent status`, `dogstatsd top` and the warning say.
#include <algorithm>
#include <map>

#include "metrics/time_sampler_impl.hpp"
#include "remora/core/hash.hpp"

namespace remora::metrics {
namespace {

// Bounds of one look, in time (it runs on the loop) and in memory (there may be little left).
constexpr std::size_t kSampledContexts = 20'000;   ///< of one metric
constexpr std::size_t kVisitedContexts = 200'000;  ///< of all, spread over them
constexpr std::size_t kSampledTags = 200'000;      ///< of one metric
constexpr std::size_t kTagKeys = 1'000;            ///< of one metric
constexpr std::size_t kShownMetrics = 5;

}  // namespace

std::vector<MetricUsage> TimeSampler::Impl::top(std::size_t count) const {
  struct Candidate {
    MetricUsage usage;
    std::uint32_t name = 0;
    bool living = false;
    std::vector<ContextId> sample;
  };
  std::vector<Candidate> candidates;
  const auto& names = store.names();
  for (std::uint32_t i = 0; i < names.size(); ++i) {
    if (names[i].contexts == 0) continue;
    Candidate& candidate = candidates.emplace_back();
    candidate.usage.contexts = names[i].contexts;
    candidate.name = i;
    candidate.living = true;
    // Only the largest matter; keep the list short where an application makes up metric names.
    if (candidates.size() >= 4 * count + 1'000) {
      std::nth_element(candidates.begin(), candidates.begin() + static_cast<std::ptrdiff_t>(count),
                       candidates.end(), [](const Candidate& a, const Candidate& b) {
                         return a.usage.contexts > b.usage.contexts;
                       });
      candidates.resize(count);
    }
  }
  for (Candidate& candidate : candidates) candidate.usage.name = names[candidate.name].text;
  for (const RefusedNames::Entry& entry : refused.entries()) {
    const auto known = std::find_if(candidates.begin(), candidates.end(),
                                    [&](const Candidate& c) { return c.usage.name == entry.name; });
    if (known != candidates.end()) {
      known->usage.refused = entry.count;
    } else {
      Candidate& candidate = candidates.emplace_back();
      candidate.usage.name = entry.name;
      candidate.usage.refused = entry.count;
    }
  }
  std::sort(candidates.begin(), candidates.end(), [](const Candidate& a, const Candidate& b) {
    const std::size_t left = a.usage.contexts + a.usage.refused;
    const std::size_t right = b.usage.contexts + b.usage.refused;
    return left != right ? left > right : a.usage.name < b.usage.name;
  });
  if (candidates.size() > count) candidates.resize(count);

  // One pass over the records collects contexts of every candidate, the next counts their tags.
  std::map<std::uint32_t, Candidate*> wanted;
  for (Candidate& candidate : candidates) {
    if (candidate.living) wanted[candidate.name] = &candidate;
  }
  const auto step = static_cast<ContextId>(store.end() / kVisitedContexts + 1);
  for (ContextId id = 0; id < store.end() && !wanted.empty(); id += step) {
    const Record& record = store[id];
    if (record.text == nullptr) continue;
    const auto at = wanted.find(record.name);
    if (at == wanted.end()) continue;
    at->second->sample.push_back(id);
    if (at->second->sample.size() >= kSampledContexts) wanted.erase(at);
  }
  std::vector<MetricUsage> result;
  for (Candidate& candidate : candidates) {
    std::map<std::string_view, std::vector<std::uint64_t>> by_key;
    std::size_t seen_tags = 0;
    std::size_t seen_contexts = 0;
    for (const ContextId id : candidate.sample) {
      if (seen_tags >= kSampledTags) break;
      ++seen_contexts;
      model::PackedTags tags = ContextStore::tags(store[id]);
      for (std::string_view tag; tags.next(tag) && seen_tags < kSampledTags; ++seen_tags) {
        const std::string_view key = tag.substr(0, tag.find(':'));
        auto values = by_key.find(key);
        if (values == by_key.end()) {
          if (by_key.size() >= kTagKeys) continue;
          values = by_key.try_emplace(key).first;
        }
        values->second.push_back(core::hash_bytes(tag, 0));
      }
    }
    candidate.usage.sampled = seen_contexts < candidate.usage.contexts;
    for (auto& [key, hashes] : by_key) {
      std::sort(hashes.begin(), hashes.end());
      const auto different =
          static_cast<std::size_t>(std::unique(hashes.begin(), hashes.end()) - hashes.begin());
      if (different > candidate.usage.top_tag_values) {
        candidate.usage.top_tag_key = key;
        candidate.usage.top_tag_values = different;
      }
    }
    result.push_back(std::move(candidate.usage));
  }
  return result;
}

std::vector<MetricUsage> TimeSampler::top(std::size_t count) const { return impl_->top(count); }

bool TimeSampler::for_some(ContextId& next,
                           const std::function<bool(const ContextView&)>& visit) const {
  const ContextStore& store = impl_->store;
  while (next < store.end()) {
    const Record& record = store[next++];
    if (record.text == nullptr) continue;
    ContextView view{
        store.name(record), ContextStore::host(record), static_cast<SampleType>(record.type),
        record.origin,      ContextStore::tags(record), record.last_seen};
    if (!visit(view)) return next < store.end();
  }
  return false;
}

telemetry::StatusNode TimeSampler::status() const {
  const telemetry::SamplerCounters& counters = impl_->counters;
  telemetry::StatusNode node;
  node.title = "DogStatsD contexts";
  node.add("Contexts", contexts())
      .add("Context limit", impl_->options.max_contexts)
      .add("Bytes", bytes())
      .add("Byte limit", impl_->options.max_bytes)
      .add("Contexts created", counters.contexts_created.value)
      .add("Contexts expired", counters.contexts_expired.value)
      .add("Contexts refused", counters.refused_contexts.value)
      .add("Samples", counters.samples.value)
      .add("Samples not finite", counters.non_finite.value)
      .add("Values refused", counters.refused_values.value)
      .add("Series flushed", counters.series.value)
      .add("Sketches flushed", counters.sketches.value)
      .add("Flushes", counters.flushes.value);
  const std::vector<MetricUsage> usage = top(kShownMetrics);
  if (!usage.empty()) {
    telemetry::StatusNode metrics;
    metrics.title = "Metrics with most contexts";
    for (const MetricUsage& metric : usage) {
      std::string text = std::to_string(metric.contexts) + " contexts";
      if (metric.refused > 0) text += ", " + std::to_string(metric.refused) + " refused";
      if (!metric.top_tag_key.empty()) {
        text += "; tag " + metric.top_tag_key + " has " + std::to_string(metric.top_tag_values) +
                (metric.sampled ? " or more values" : " values");
      }
      metrics.add(metric.name, text);
    }
    node.children.push_back(std::move(metrics));
  }
  return node;
}

}  // namespace remora::metrics
