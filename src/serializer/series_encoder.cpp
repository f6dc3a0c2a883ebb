#include "remora/serializer/series_encoder.hpp"

#include <protozero/pbf_builder.hpp>
#include <protozero/varint.hpp>
#include <string_view>
#include <utility>

#include "remora/core/log.hpp"
#include "remora/core/utf8.hpp"
#include "serializer/payload_splitter.hpp"

namespace remora::serializer {
namespace {

const core::Logger kLog("serializer");

// Field numbers. Source: DataDog/agent-payload proto/metrics/agent_payload.proto.
enum class MetricSeries : protozero::pbf_tag_type {
  resources = 1,
  metric = 2,
  tags = 3,
  points = 4,
  type = 5,
  source_type_name = 7,
  interval = 8,
  metadata = 9,
};
enum class Resource : protozero::pbf_tag_type { type = 1, name = 2 };
enum class MetricPoint : protozero::pbf_tag_type { value = 1, timestamp = 2 };
enum class Metadata : protozero::pbf_tag_type { origin = 1 };
enum class OriginField : protozero::pbf_tag_type { product = 4, category = 5, service = 6 };

constexpr char kSeriesOfPayload = 0x0a;  // field 1 of MetricPayload, length-delimited

constexpr std::string_view kDevicePrefix = "device:";
constexpr std::string_view kResourcePrefix = "dd.internal.resource:";

// Buffers past this are given back after a flush, so that one huge series does not stay in memory.
constexpr std::size_t kKeptBufferBytes = 64 * 1024;

protozero::data_view view(std::string_view text) { return {text.data(), text.size()}; }

using SeriesBuilder = protozero::pbf_builder<MetricSeries>;

void add_resource(SeriesBuilder& series, std::string_view type, std::string_view name,
                  std::string& scratch) {
  protozero::pbf_builder<Resource> resource(series, MetricSeries::resources);
  resource.add_string(Resource::type, view(core::valid_utf8(type, scratch)));
  if (!name.empty()) {
    resource.add_string(Resource::name, view(core::valid_utf8(name, scratch)));
  }
}

void add_origin(SeriesBuilder& series, const model::Origin& origin) {
  if (origin == model::Origin{0, 0, 0}) return;
  protozero::pbf_builder<Metadata> metadata(series, MetricSeries::metadata);
  protozero::pbf_builder<OriginField> fields(metadata, Metadata::origin);
  if (origin.product != 0) fields.add_uint32(OriginField::product, origin.product);
  if (origin.category != 0) fields.add_uint32(OriginField::category, origin.category);
  if (origin.service != 0) fields.add_uint32(OriginField::service, origin.service);
}

// Zero values are left out, as proto3 does.
void encode_into(const model::Series& s, std::string& out, std::string& scratch) {
  SeriesBuilder series(out);
  const auto text = [&](std::string_view value) { return view(core::valid_utf8(value, scratch)); };

  add_resource(series, "host", s.host, scratch);
  const model::TagList& tags = *s.tags;
  for (const std::string& tag : tags) {
    if (!tag.starts_with(kDevicePrefix) || tag.size() == kDevicePrefix.size()) continue;
    add_resource(series, "device", std::string_view(tag).substr(kDevicePrefix.size()), scratch);
  }
  for (const std::string& tag : tags) {
    if (!tag.starts_with(kResourcePrefix)) continue;
    const std::string_view resource = std::string_view(tag).substr(kResourcePrefix.size());
    const auto colon = resource.find(':');
    if (colon == 0 || colon == std::string_view::npos || colon + 1 == resource.size()) continue;
    add_resource(series, resource.substr(0, colon), resource.substr(colon + 1), scratch);
  }

  if (!s.metric.empty()) series.add_string(MetricSeries::metric, text(s.metric));
  for (const std::string& tag : tags) {
    if (tag.starts_with(kDevicePrefix) || tag.starts_with(kResourcePrefix)) continue;
    series.add_string(MetricSeries::tags, text(tag));
  }
  for (const model::Point& p : s.points) {
    if (p.value == 0 && p.timestamp == 0) {
      // A builder takes an empty message back; the point must not disappear.
      series.add_message(MetricSeries::points, nullptr, 0);
      continue;
    }
    protozero::pbf_builder<MetricPoint> point(series, MetricSeries::points);
    if (p.value != 0) point.add_double(MetricPoint::value, p.value);
    if (p.timestamp != 0) point.add_int64(MetricPoint::timestamp, p.timestamp);
  }
  series.add_enum(MetricSeries::type, static_cast<std::int32_t>(s.type));
  if (!s.source_type_name.empty()) {
    series.add_string(MetricSeries::source_type_name, text(s.source_type_name));
  }
  if (s.interval != 0) series.add_int64(MetricSeries::interval, s.interval);
  add_origin(series, s.origin);
}

}  // namespace

std::string encode_series(const model::Series& series) {
  std::string message, scratch;
  encode_into(series, message, scratch);
  return message;
}

SeriesSerializer::SeriesSerializer(CompressionKind kind, int level, SeriesLimits limits,
                                   telemetry::SerializerCounters& counters)
    : compressor_(kind, level), kind_(kind), limits_(limits), counters_(counters) {}

std::vector<model::Payload> SeriesSerializer::serialize(std::span<const model::Series> series) {
  PayloadShape shape;
  shape.kind = model::PayloadKind::series;
  shape.path = "/api/v2/series";
  shape.content_type = "application/x-protobuf";
  shape.content_encoding = content_encoding(kind_);
  shape.max_compressed_bytes = limits_.max_compressed_bytes;
  shape.max_uncompressed_bytes = limits_.max_uncompressed_bytes;
  shape.max_items = limits_.max_points;
  PayloadSplitter splitter(compressor_, shape, counters_);

  const model::Series* first_dropped = nullptr;
  std::size_t dropped = 0;
  for (const model::Series& s : series) {
    bool kept = false;
    // Asked before encoding: a series of a million points must not be built first.
    if (s.points.size() <= limits_.max_points) {
      message_.clear();
      encode_into(s, message_, scratch_);
      element_.assign(1, kSeriesOfPayload);
      protozero::add_varint_to_buffer(&element_, message_.size());
      element_ += message_;
      kept = splitter.add(element_, s.points.size());
    }
    if (!kept) {
      if (dropped++ == 0) first_dropped = &s;
      counters_.dropped_too_large.add();
    }
  }
  if (first_dropped != nullptr) {
    // One line per flush, however many there are.
    kLog.error("series dropped, larger than the intake takes",
               {{"metric", first_dropped->metric},
                {"points", first_dropped->points.size()},
                {"tags", first_dropped->tags->size()},
                {"max_points", limits_.max_points},
                {"max_bytes", limits_.max_compressed_bytes},
                {"dropped", dropped}});
  }
  for (std::string* buffer : {&message_, &element_, &scratch_}) {
    if (buffer->capacity() > kKeptBufferBytes) std::string().swap(*buffer);
  }
  return splitter.finish();
}

}  // namespace remora::serializer
