// Series and sketches as the aggregator shows them to the serializer: views into its own memory,
// valid only during the call. A flush of a million contexts so needs no second copy of them.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "remora/model/metric.hpp"
#include "remora/model/packed_tags.hpp"
#include "remora/model/tags.hpp"

namespace remora::model {

struct SeriesView {
  std::string_view name, suffix;  ///< the metric is `name` + `suffix` (".avg"); suffix may be empty
  std::string_view host;          ///< may be empty
  SeriesType type = SeriesType::gauge;
  PackedTags tags;                       ///< sorted, no duplicates
  const TagList* shared_tags = nullptr;  ///< appended, without those already in `tags`; may be null
  std::span<const Point> points;
  std::int64_t interval = 0;  ///< seconds
  Origin origin;
  std::string_view source_type_name;  ///< left out when empty
  std::string_view unit;              ///< left out when empty
};

/// One bin of a sketch. A key may repeat: a bin counts to 65535.
struct SketchBin {
  std::int16_t key = 0;
  std::uint16_t count = 0;
  friend bool operator==(const SketchBin&, const SketchBin&) = default;
};

struct SketchPoint {
  std::int64_t timestamp = 0;  ///< Unix seconds, start of the bucket
  std::int64_t count = 0;
  double min = 0, max = 0, average = 0, sum = 0;
  std::span<const SketchBin> bins;  ///< ascending keys
};

struct SketchView {
  std::string_view name;
  std::string_view host;
  PackedTags tags;
  const TagList* shared_tags = nullptr;
  std::span<const SketchPoint> points;
  Origin origin;
};

}  // namespace remora::model
