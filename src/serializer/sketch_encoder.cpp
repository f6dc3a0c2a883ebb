#include "remora/serializer/sketch_encoder.hpp"

#include <limits>
#include <span>
#include <string_view>
#include <utility>

#include "serializer/metric_stream.hpp"
#include "serializer/metric_wire.hpp"
#include "serializer/tag_writer.hpp"

namespace remora::serializer {
namespace {

// Fields of SketchPayload.Sketch. Source: DataDog/agent-payload proto/metrics/agent_payload.proto.
constexpr char kMetric = length_delimited(1);
constexpr char kHost = length_delimited(2);
constexpr char kTags = length_delimited(4);
constexpr char kDogsketches = length_delimited(7);
constexpr char kMetadata = length_delimited(8);

constexpr char kSketchOfPayload = length_delimited(1);  // field of SketchPayload
// Field 2 of SketchPayload, CommonMetadata: the Agent writes it, empty, at the end.
constexpr std::string_view kCommonMetadata("\x12\x00", 2);

constexpr std::size_t kKeptBufferBytes = 64 * 1024;

std::size_t length_of(std::uint32_t value) { return value < 0x80 ? 1 : value < 0x4000 ? 2 : 3; }

std::size_t packed_field_size(std::size_t size) {
  return size == 0 ? 0 : 1 + static_cast<std::size_t>(protozero::length_of_varint(size)) + size;
}

void put_packed(WireBuffer& out, char field, std::size_t size,
                std::span<const model::SketchBin> bins,
                std::uint32_t (*number)(const model::SketchBin&)) {
  if (size == 0) return;
  out.put_message(field, size);
  char* at = out.reserve(size);
  for (const model::SketchBin& bin : bins) at += protozero::add_varint_to_buffer(at, number(bin));
  out.commit(at);
}

std::uint32_t key_of(const model::SketchBin& bin) { return protozero::encode_zigzag32(bin.key); }
std::uint32_t count_of(const model::SketchBin& bin) { return bin.count; }

void put_point(WireBuffer& out, const model::SketchPoint& point) {
  // Dogsketch: 1 ts, 2 cnt, 3 min, 4 max, 5 avg, 6 sum, 7 k and 8 n, both packed.
  std::size_t keys = 0, counts = 0;
  for (const model::SketchBin& bin : point.bins) {
    keys += length_of(key_of(bin));
    counts += length_of(count_of(bin));
  }
  const auto timestamp = static_cast<std::uint64_t>(point.timestamp);
  const auto count = static_cast<std::uint64_t>(point.count);
  out.put_message(kDogsketches, varint_field_size(timestamp) + varint_field_size(count) +
                                    double_field_size(point.min) + double_field_size(point.max) +
                                    double_field_size(point.average) +
                                    double_field_size(point.sum) + packed_field_size(keys) +
                                    packed_field_size(counts));
  out.put_varint(varint(1), timestamp);
  out.put_varint(varint(2), count);
  out.put_double(fixed64(3), point.min);
  out.put_double(fixed64(4), point.max);
  out.put_double(fixed64(5), point.average);
  out.put_double(fixed64(6), point.sum);
  put_packed(out, length_delimited(7), keys, point.bins, key_of);
  put_packed(out, length_delimited(8), counts, point.bins, count_of);
}

class SketchEncoder {
 public:
  /// Writes the message of `sketch` with `points` for its own.
  void encode(const model::SketchView& sketch, std::span<const model::SketchPoint> points) {
    out_.clear();
    tags_.choose(sketch.tags, sketch.shared_tags);
    out_.put_text(kMetric, repaired(sketch.name, scratch_));
    if (!sketch.host.empty()) out_.put_text(kHost, repaired(sketch.host, scratch_));
    tags_.put_tags(out_);
    for (const model::SketchPoint& point : points) put_point(out_, point);
    put_origin(out_, kMetadata, sketch.origin);
  }
  [[nodiscard]] std::string_view message() const { return out_.message(); }
  /// What `encode` wrote, as a field of the payload.
  [[nodiscard]] std::string_view element() { return out_.element(kSketchOfPayload); }
  static std::string name(const model::SketchView& sketch) { return std::string(sketch.name); }
  [[nodiscard]] std::size_t tags() const { return tags_.count(); }

  void end_flush() {
    tags_.forget();
    out_.give_back_above(kKeptBufferBytes);
    if (scratch_.capacity() > kKeptBufferBytes) std::string().swap(scratch_);
  }

 private:
  WireBuffer out_;
  TagWriter tags_{kTags, false};
  std::string scratch_;
};

PayloadShape shape_of(CompressionKind kind, const PayloadLimits& limits) {
  PayloadShape shape;
  shape.kind = model::PayloadKind::sketches;
  shape.path = "/api/beta/sketches";
  shape.content_type = "application/x-protobuf";
  shape.content_encoding = content_encoding(kind);
  shape.close = kCommonMetadata;
  shape.max_compressed_bytes = limits.max_compressed_bytes;
  shape.max_uncompressed_bytes = limits.max_uncompressed_bytes;
  shape.max_items = std::numeric_limits<std::size_t>::max();
  return shape;
}

}  // namespace

std::string encode_sketch(const model::SketchView& sketch) {
  SketchEncoder encoder;
  encoder.encode(sketch, sketch.points);
  return std::string(encoder.message());
}

struct SketchSerializer::Impl : MetricStream<SketchEncoder, model::SketchView> {
  using MetricStream::MetricStream;
};

SketchSerializer::SketchSerializer(CompressionKind kind, int level, PayloadLimits limits,
                                   telemetry::SerializerCounters& counters, PayloadSink sink)
    : impl_(
          std::make_unique<Impl>(kind, level, shape_of(kind, limits), counters, std::move(sink))) {}
SketchSerializer::~SketchSerializer() = default;

void SketchSerializer::add(const model::SketchView& sketch) { impl_->add(sketch); }
void SketchSerializer::finish() { impl_->finish(); }

}  // namespace remora::serializer
