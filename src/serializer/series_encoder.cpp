#include "remora/serializer/series_encoder.hpp"

#include <span>
#include <string_view>
#include <utility>

#include "serializer/metric_stream.hpp"
#include "serializer/metric_wire.hpp"
#include "serializer/tag_writer.hpp"

namespace remora::serializer {
namespace {

// Fields of MetricSeries. Source: DataDog/agent-payload proto/metrics/agent_payload.proto.
constexpr char kResources = length_delimited(1);
constexpr char kMetric = length_delimited(2);
constexpr char kTags = length_delimited(3);
constexpr char kPoints = length_delimited(4);
constexpr char kType = varint(5);
constexpr char kUnit = length_delimited(6);
constexpr char kSourceTypeName = length_delimited(7);
constexpr char kInterval = varint(8);
constexpr char kMetadata = length_delimited(9);

constexpr char kSeriesOfPayload = length_delimited(1);  // field of MetricPayload

// Buffers past this are given back after a flush, so that one huge series does not stay in memory.
constexpr std::size_t kKeptBufferBytes = 64 * 1024;

void put_point(WireBuffer& out, const model::Point& point) {
  // MetricPoint: 1 value, 2 timestamp. A point of two zeros is an empty message, not nothing.
  const auto timestamp = static_cast<std::uint64_t>(point.timestamp);
  out.put_message(kPoints, double_field_size(point.value) + varint_field_size(timestamp));
  out.put_double(fixed64(1), point.value);
  out.put_varint(varint(2), timestamp);
}

model::SeriesView view_of(const model::Series& series) {
  model::SeriesView view;
  view.name = series.metric;
  view.host = series.host;
  view.type = series.type;
  view.shared_tags = series.tags.get();
  view.points = series.points;
  view.interval = series.interval;
  view.origin = series.origin;
  view.source_type_name = series.source_type_name;
  return view;
}

class SeriesEncoder {
 public:
  /// Writes the message of `series` with `points` for its own.
  void encode(const model::SeriesView& series, std::span<const model::Point> points) {
    out_.clear();
    tags_.choose(series.tags, series.shared_tags);
    put_resource(out_, kResources, "host", repaired(series.host, scratch_));
    tags_.put_resources(out_, kResources);
    std::string suffix_scratch;  // stays empty: only a broken suffix needs memory
    out_.put_text(kMetric, repaired(series.name, scratch_),
                  repaired(series.suffix, suffix_scratch));
    tags_.put_tags(out_);
    for (const model::Point& point : points) put_point(out_, point);
    out_.put_varint(kType, static_cast<std::uint64_t>(series.type));
    put_text(kUnit, series.unit);
    put_text(kSourceTypeName, series.source_type_name);
    out_.put_varint(kInterval, static_cast<std::uint64_t>(series.interval));
    put_origin(out_, kMetadata, series.origin);
  }
  [[nodiscard]] std::string_view message() const { return out_.message(); }
  /// What `encode` wrote, as a field of the payload.
  [[nodiscard]] std::string_view element() { return out_.element(kSeriesOfPayload); }
  static std::string name(const model::SeriesView& series) {
    return std::string(series.name) + std::string(series.suffix);
  }
  [[nodiscard]] std::size_t tags() const { return tags_.count(); }

  void end_flush() {
    tags_.forget();
    out_.give_back_above(kKeptBufferBytes);
    if (scratch_.capacity() > kKeptBufferBytes) std::string().swap(scratch_);
  }

 private:
  void put_text(char field, std::string_view text) {
    if (!text.empty()) out_.put_text(field, repaired(text, scratch_));
  }

  WireBuffer out_;
  TagWriter tags_{kTags, true};
  std::string scratch_;
};

PayloadShape shape_of(CompressionKind kind, const SeriesLimits& limits) {
  PayloadShape shape;
  shape.kind = model::PayloadKind::series;
  shape.path = "/api/v2/series";
  shape.content_type = "application/x-protobuf";
  shape.content_encoding = content_encoding(kind);
  shape.max_compressed_bytes = limits.max_compressed_bytes;
  shape.max_uncompressed_bytes = limits.max_uncompressed_bytes;
  shape.max_items = limits.max_points;
  return shape;
}

}  // namespace

std::string encode_series(const model::SeriesView& series) {
  SeriesEncoder encoder;
  encoder.encode(series, series.points);
  return std::string(encoder.message());
}

std::string encode_series(const model::Series& series) { return encode_series(view_of(series)); }

struct SeriesSerializer::Impl : MetricStream<SeriesEncoder, model::SeriesView> {
  using MetricStream::MetricStream;
};

SeriesSerializer::SeriesSerializer(CompressionKind kind, int level, SeriesLimits limits,
                                   telemetry::SerializerCounters& counters, PayloadSink sink)
    : impl_(
          std::make_unique<Impl>(kind, level, shape_of(kind, limits), counters, std::move(sink))) {}
SeriesSerializer::~SeriesSerializer() = default;

void SeriesSerializer::add(const model::SeriesView& series) { impl_->add(series); }
void SeriesSerializer::add(const model::Series& series) { add(view_of(series)); }
void SeriesSerializer::finish() { impl_->finish(); }

}  // namespace remora::serializer
