// Names shared by everyone who touches contexts of the time sampler.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "remora/model/tags.hpp"

namespace remora::metrics {

/// Index of a context; valid until the flush in which it expires.
using ContextId = std::uint32_t;
inline constexpr ContextId kUnknownContext = 0xffffffffu;  ///< never seen: describe it
inline constexpr ContextId kFilteredContext =
    0xfffffffeu;  ///< known to be dropped by a filter list

/// Who sent a sample, as far as tags are concerned: a container (or none) and a cardinality. Given
/// out by dogstatsd::Origins, which also knows the tags of each.
using OriginId = std::uint32_t;

/// Tags of an origin, asked for at each flush, so that tags which become known later (task metadata
/// arrives after the first sample) reach series that began without them.
class OriginTags {
 public:
  virtual ~OriginTags() = default;
  /// Sorted, no duplicates; never null. Valid until the next change of the task.
  [[nodiscard]] virtual const model::TagList& tags(OriginId origin) const = 0;
  /// The origin that stands for all those with the very same tags. Contexts of the others are left
  /// over from a time when they differed: the intake cannot tell the two series apart.
  [[nodiscard]] virtual OriginId preferred(OriginId origin) const { return origin; }
};

enum class SampleType : std::uint8_t {
  counter,
  gauge,
  set,
  histogram,
  timing,  ///< a histogram whose series carry the unit millisecond; of the same context as one
  distribution,
  timestamped_gauge,  ///< points with the time of the client, not aggregated
  timestamped_count,
};
[[nodiscard]] std::string_view to_string(SampleType type);  ///< "counter", "gauge", …

/// Everything that tells one context from another. Views, valid during the call.
struct ContextDescription {
  std::string_view name;
  std::string_view host;
  SampleType type = SampleType::counter;
  OriginId origin = 0;
  std::span<const std::string_view> tags;  ///< sorted, no duplicates, none of the origin's
};

}  // namespace remora::metrics
