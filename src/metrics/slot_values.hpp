// What the slots of a record hold, by type, and what it weighs.
#pragma once

#include <cstddef>
#include <vector>

#include "metrics/context_store.hpp"
#include "metrics/distinct_members.hpp"
#include "remora/metrics/histogram.hpp"
#include "remora/metrics/sketch.hpp"
#include "remora/model/metric.hpp"

namespace remora::metrics {

using Points = std::vector<model::Point>;  ///< of timestamped contexts

[[nodiscard]] constexpr bool is_number(SampleType type) noexcept {
  return type == SampleType::counter || type == SampleType::gauge;
}
[[nodiscard]] constexpr bool is_timestamped(SampleType type) noexcept {
  return type == SampleType::timestamped_gauge || type == SampleType::timestamped_count;
}

/// Calls `visit` with the object of a slot as the class of its type.
template <class Visit>
decltype(auto) with_object(SampleType type, const Slot& slot, Visit&& visit) {
  switch (type) {
    case SampleType::set:
      return visit(*static_cast<DistinctMembers*>(slot.object));
    case SampleType::histogram:
    case SampleType::timing:
      return visit(*static_cast<Histogram*>(slot.object));
    case SampleType::distribution:
      return visit(*static_cast<Sketch*>(slot.object));
    default:
      return visit(*static_cast<Points*>(slot.object));
  }
}

template <class T>
std::size_t weight_of(const T& object) noexcept {
  constexpr std::size_t kBlock = 16;  // what the allocator adds
  if constexpr (std::is_same_v<T, Points>)
    return sizeof(T) + kBlock + object.capacity() * sizeof(model::Point);
  else
    return sizeof(T) + kBlock + object.heap_bytes();
}

/// Makes the empty value of a type. Returns its weight in bytes.
inline std::size_t make_value(SampleType type, Slot& slot) {
  switch (type) {
    case SampleType::counter:
    case SampleType::gauge:
      slot.number = 0;
      return 0;
    case SampleType::set:
      slot.object = new DistinctMembers;
      break;
    case SampleType::histogram:
    case SampleType::timing:
      slot.object = new Histogram;
      break;
    case SampleType::distribution:
      slot.object = new Sketch;
      break;
    case SampleType::timestamped_gauge:
    case SampleType::timestamped_count:
      slot.object = new Points;
      break;
  }
  return with_object(type, slot, [](const auto& object) { return weight_of(object); });
}

/// What the values of one context of this type take in an ordinary minute: two buckets with a few
/// samples each. Set aside when the context is made, so that there is room for them.
[[nodiscard]] constexpr std::size_t usual_weight(SampleType type) noexcept {
  constexpr std::size_t kBuckets = 2;
  constexpr std::size_t kFewSamples = 64;
  switch (type) {
    case SampleType::counter:
    case SampleType::gauge:
      return 0;
    case SampleType::set:
      return kBuckets * (sizeof(DistinctMembers) + kFewSamples);
    case SampleType::histogram:
    case SampleType::timing:
      return kBuckets * (sizeof(Histogram) + kFewSamples);
    case SampleType::distribution:
      return kBuckets * (sizeof(Sketch) + kFewSamples);
    case SampleType::timestamped_gauge:
    case SampleType::timestamped_count:
      return sizeof(Points) + kFewSamples;
  }
  return 0;
}

/// Ends a value. Returns the weight that is gone.
inline std::size_t drop_value(SampleType type, Slot& slot) {
  if (is_number(type)) return 0;
  const std::size_t weight = with_object(type, slot, [](auto& object) {
    const std::size_t bytes = weight_of(object);
    delete &object;
    return bytes;
  });
  slot.object = nullptr;
  return weight;
}

}  // namespace remora::metrics
