#include "remora/metrics/time_sampler.hpp"

#include <algorithm>
#include <cmath>

#include "metrics/time_sampler_impl.hpp"

namespace remora::metrics {
namespace {

// New contexts stop at this share of the byte budget; the rest is for the values of the known ones.
constexpr std::size_t kContextShareOf4 = 3;

// 1/rate, where the rate is one that means anything.
double weight(double sample_rate) { return sample_rate > 0 ? 1.0 / sample_rate : 1.0; }

}  // namespace

void RefusedNames::add(std::string_view name) {
  Entry* rarest = nullptr;
  for (Entry& entry : entries_) {
    if (entry.name == name) {
      ++entry.count;
      return;
    }
    if (rarest == nullptr || entry.count < rarest->count) rarest = &entry;
  }
  if (entries_.size() < kEntries) {
    entries_.push_back({std::string(name), 1});
    return;
  }
  rarest->name = name;
  ++rarest->count;
}

TimeSampler::TimeSampler(TimeSamplerOptions options, telemetry::SamplerCounters& counters)
    : impl_(std::make_unique<Impl>(std::move(options), counters)) {}

TimeSampler::~TimeSampler() = default;

TimeSampler::Impl::~Impl() {
  for (ContextId id = 0; id < store.end(); ++id) {
    Record& record = store[id];
    for (std::uint32_t place = 0; place < Record::kSlots; ++place) {
      if ((record.filled >> place & 1u) != 0) {
        drop_value(static_cast<SampleType>(record.type), record.slots[place]);
      }
    }
  }
  for (auto& [key, slot] : late) {
    drop_value(static_cast<SampleType>(store[key.first].type), slot);
  }
}

ContextId TimeSampler::find(std::uint64_t alias) const noexcept {
  return impl_->store.find_alias(alias);
}

void TimeSampler::prefetch_alias(std::uint64_t alias) const noexcept {
  __builtin_prefetch(impl_->store.place_of_alias(alias));
}

void TimeSampler::prefetch_context(std::uint64_t alias) const noexcept {
  __builtin_prefetch(impl_->store.record_of_alias(alias));
}

ContextId TimeSampler::intern(const ContextDescription& description, std::uint64_t alias) {
  ContextStore& store = impl_->store;
  std::uint64_t key = 0;
  ContextId context = store.find(description, key);
  if (context == kUnknownContext) {
    const TimeSamplerOptions& options = impl_->options;
    const std::size_t budget = options.max_bytes / 4 * kContextShareOf4;
    // Values weigh what they do now, or what they will once all contexts have some again.
    const std::size_t values = std::max(impl_->value_bytes, impl_->reserved);
    if (store.size() >= options.max_contexts || store.bytes() + values +
                                                        ContextStore::bytes_of(description) +
                                                        usual_weight(description.type) >
                                                    budget) {
      impl_->counters.refused_contexts.add();
      impl_->refused.add(description.name);
      return kUnknownContext;
    }
    context = store.create(description, key);
    impl_->reserved += usual_weight(description.type);
    impl_->counters.contexts_created.add();
  }
  store.put_alias(alias, context);
  return context;
}

void TimeSampler::forget_lines() { impl_->store.forget_aliases(); }

void TimeSampler::remember_filtered(std::uint64_t alias) {
  impl_->store.put_alias(alias, kFilteredContext);
}

void TimeSampler::link_copy(ContextId from, ContextId copy) {
  if (from == kUnknownContext || copy == kUnknownContext) return;
  impl_->copies[from] = {copy, impl_->store[copy].generation};
}

ContextId TimeSampler::copy_of(ContextId context) const noexcept {
  const auto found = impl_->copies.find(context);
  if (found == impl_->copies.end()) return kUnknownContext;
  const Impl::Copy& copy = found->second;
  // The copy expires on its own where only the histogram's timestamps kept coming.
  return impl_->store[copy.context].generation == copy.generation ? copy.context : kUnknownContext;
}

Slot& TimeSampler::Impl::other_slot(ContextId context, Record& record, std::uint32_t bucket) {
  if (record.filled == 0 || bucket > record.newest) {
    // What falls out of the ring as it moves on to `bucket`.
    for (std::uint32_t place = 0; place < Record::kSlots; ++place) {
      if ((record.filled >> place & 1u) == 0) continue;
      const std::uint32_t back = (record.newest + Record::kSlots - place) % Record::kSlots;
      const std::uint32_t holds = record.newest - back;
      if (bucket - holds < Record::kSlots) continue;
      late[{context, holds}] = record.slots[place];
      value_bytes += sizeof(Slot) * 8;
      record.filled &= ~(1u << place) & 7u;
    }
    record.newest = bucket;
  } else if (record.newest - bucket >= Record::kSlots) {
    return late_slot(context, record, bucket);
  }
  const std::uint32_t place = bucket % Record::kSlots;
  Slot& slot = record.slots[place];
  if ((record.filled >> place & 1u) == 0) {
    record.filled |= 1u << place & 7u;
    const auto begun = late.empty() ? late.end() : late.find({context, bucket});
    if (begun != late.end()) {  // begun when the ring stood elsewhere
      slot = begun->second;
      value_bytes -= sizeof(Slot) * 8;
      late.erase(begun);
    } else {
      value_bytes += make_value(static_cast<SampleType>(record.type), slot);
      ++filled_slots;
    }
  }
  return slot;
}

Slot& TimeSampler::Impl::late_slot(ContextId context, const Record& record, std::uint32_t bucket) {
  const auto [at, made] = late.try_emplace({context, bucket}, Slot{});
  if (made) {
    value_bytes += make_value(static_cast<SampleType>(record.type), at->second) + sizeof(Slot) * 8;
    ++filled_slots;
  }
  return at->second;
}

void TimeSampler::add(ContextId context, std::span<const double> values, double sample_rate,
                      std::int64_t now) {
  Impl& impl = *impl_;
  Record& record = impl.store[context];
  const auto type = static_cast<SampleType>(record.type);
  std::size_t usable = 0;
  for (const double value : values) usable += std::isfinite(value) ? 1u : 0u;
  impl.counters.samples.add(usable);
  impl.counters.non_finite.add(values.size() - usable);
  if (usable == 0) return;
  record.last_seen = std::max(record.last_seen, static_cast<std::uint32_t>(now));
  const std::uint32_t bucket = impl.bucket_of(now);
  if (!is_number(type) && impl.over_budget()) {
    impl.counters.refused_values.add(usable);
    return;
  }
  Slot& slot = impl.slot(context, record, bucket);
  switch (type) {
    case SampleType::counter: {
      double sum = 0;
      for (const double value : values) sum += std::isfinite(value) ? value : 0;
      slot.number += sample_rate == 1 ? sum : sum * weight(sample_rate);
      break;
    }
    case SampleType::gauge:
      for (const double value : values) {
        if (std::isfinite(value)) slot.number = value;
      }
      break;
    case SampleType::histogram:
    case SampleType::timing: {
      auto& histogram = *static_cast<Histogram*>(slot.object);
      const std::size_t before = histogram.heap_bytes();
      for (const double value : values) {
        if (std::isfinite(value)) histogram.add(value, sample_rate);
      }
      impl.value_bytes += histogram.heap_bytes() - before;
      break;
    }
    case SampleType::distribution: {
      auto& sketch = *static_cast<Sketch*>(slot.object);
      const std::size_t before = sketch.heap_bytes();
      for (const double value : values) {
        if (std::isfinite(value)) sketch.insert(value, sample_rate);
      }
      impl.value_bytes += sketch.heap_bytes() - before;
      break;
    }
    default:
      break;  // members and points have their own functions
  }
}

void TimeSampler::add_member(ContextId context, std::string_view member, std::int64_t now) {
  Impl& impl = *impl_;
  Record& record = impl.store[context];
  impl.counters.samples.add();
  record.last_seen = std::max(record.last_seen, static_cast<std::uint32_t>(now));
  auto& set =
      *static_cast<DistinctMembers*>(impl.slot(context, record, impl.bucket_of(now)).object);
  const std::uint64_t hash = DistinctMembers::hash(member);
  if (set.contains(hash)) return;
  if (impl.over_budget()) {
    impl.counters.refused_values.add();
    return;
  }
  const std::size_t before = set.heap_bytes();
  set.add(hash);
  impl.value_bytes += set.heap_bytes() - before;
}

void TimeSampler::add_points(ContextId context, std::span<const double> values,
                             std::int64_t timestamp, std::int64_t now) {
  Impl& impl = *impl_;
  Record& record = impl.store[context];
  record.last_seen = std::max(record.last_seen, static_cast<std::uint32_t>(now));
  // Not by bucket: one list, whenever the points came.
  auto& points = *static_cast<Points*>(impl.slot(context, record, 0).object);
  const std::size_t before = points.capacity();
  for (const double value : values) {
    if (!std::isfinite(value)) {
      impl.counters.non_finite.add();
    } else if (impl.over_budget()) {
      impl.counters.refused_values.add();
    } else {
      points.push_back({timestamp, value});
      impl.counters.samples.add();
    }
  }
  impl.value_bytes += (points.capacity() - before) * sizeof(model::Point);
}

bool TimeSampler::flushing() const noexcept { return impl_->flush.running; }
bool TimeSampler::has_data() const noexcept { return impl_->filled_slots > 0; }
std::size_t TimeSampler::contexts() const noexcept { return impl_->store.size(); }
std::size_t TimeSampler::bytes() const noexcept {
  return impl_->store.bytes() + impl_->value_bytes;
}

}  // namespace remora::metrics
