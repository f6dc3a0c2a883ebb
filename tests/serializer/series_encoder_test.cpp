#include "remora/serializer/series_encoder.hpp"

#include <gtest/gtest.h>

#include "serializer/decode_series.hpp"
#include "serializer/series_flush.hpp"

namespace remora::serializer {
namespace {

using std::string_literals::operator""s;

model::Series series(std::string metric, model::TagList tags = {}) {
  model::Series s;
  s.metric = std::move(metric);
  s.tags = model::make_tags(std::move(tags));
  s.points = {{1'700'000'000, 1.5}};
  return s;
}

// Written by hand from proto/metrics/agent_payload.proto of DataDog/agent-payload.
TEST(EncodeSeries, GoldenBytesOfASidecarGauge) {
  model::Series s = series("m.a", {"env:x"});
  s.source_type_name = "System";
  s.interval = 15;
  s.origin = model::kOriginEcsFargateCheck;
  EXPECT_EQ(encode_series(s),
            "\x0a\x06"      // 1 resources, 6 bytes
            "\x0a\x04host"  //   1 type; no 2 name, the host is empty
            "\x12\x03m.a"   // 2 metric
            "\x1a\x05"
            "env:x"                                 // 3 tags
            "\x22\x0f"                              // 4 points, 15 bytes
            "\x09\x00\x00\x00\x00\x00\x00\xf8\x3f"  //   1 value 1.5, double little-endian
            "\x10\x80\xe2\xcf\xaa\x06"              //   2 timestamp 1700000000
            "\x28\x03"                              // 5 type GAUGE
            "\x3a\x06System"                        // 7 source_type_name
            "\x40\x0f"                              // 8 interval
            "\x4a\x08"                              // 9 metadata, 8 bytes
            "\x0a\x06"                              //   1 origin, 6 bytes
            "\x20\x0a"                              //     4 product 10
            "\x28\x0b"                              //     5 category 11
            "\x30\x34"s);                           //     6 service 52
}

TEST(EncodeSeries, GoldenBytesOfZeroValuesAndAHost) {
  model::Series s = series("z");
  s.host = "h";
  s.points = {{0, 0}, {-1, 0}};
  s.type = model::SeriesType::count;
  s.origin = {0, 0, 0};
  EXPECT_EQ(encode_series(s),
            "\x0a\x09\x0a\x04host\x12\x01h"                         // resource host/h
            "\x12\x01z"                                             // metric
            "\x22\x00"                                              // a point of two zeros is empty
            "\x22\x0b\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"  // int64 -1: ten bytes
            "\x28\x01"s);  // type COUNT; no interval, no origin
}

TEST(EncodeSeries, PromotesDeviceAndInternalResourcesInThatOrder) {
  const auto s = decode_series(encode_series(
      series("m", {"a:1", "dd.internal.resource:aws_ecs_task:arn:aws:ecs:1", "device:eth0",
                   "device_name:eth0", "dd.internal.resource:broken",
                   "device:", "dd.internal.resource::x", "dd.internal.resource:x:"})));
  const std::vector<std::pair<std::string, std::string>> expected = {
      {"host", ""}, {"device", "eth0"}, {"aws_ecs_task", "arn:aws:ecs:1"}};
  EXPECT_EQ(s.resources, expected);
  EXPECT_EQ(s.tags, (std::vector<std::string>{"a:1", "device_name:eth0"}));
}

TEST(EncodeSeries, OneBadTagDoesNotSpoilTheMessage) {
  const auto s = decode_series(encode_series(series("m\xFF", {"a:\xC3\xA9", "b:caf\xE9"})));
  EXPECT_EQ(s.metric, "m\xEF\xBF\xBD");
  EXPECT_EQ(s.tags, (std::vector<std::string>{"a:\xC3\xA9", "b:caf\xEF\xBF\xBD"}));
}

TEST(EncodeSeries, KeepsNegativeAndLargeNumbers) {
  model::Series s = series("m");
  s.points = {{-5, -0.25}, {std::int64_t{1} << 40, 1e300}};
  s.interval = std::int64_t{1} << 40;
  s.type = model::SeriesType::rate;
  s.origin = {10, 0, 0xFFFF'FFFF};
  const auto d = decode_series(encode_series(s));
  EXPECT_EQ(d.points, (std::vector<std::pair<std::int64_t, double>>{
                          {-5, -0.25}, {std::int64_t{1} << 40, 1e300}}));
  EXPECT_EQ(d.interval, std::int64_t{1} << 40);
  EXPECT_EQ(d.type, 2);
  EXPECT_EQ(d.origin, (std::vector<std::uint32_t>{10, 0, 0xFFFF'FFFF}));
}

TEST(SeriesSerializer, FillsInThePayload) {
  telemetry::SerializerCounters counters;
  SeriesFlush serializer(CompressionKind::zstd, 1, {}, counters);
  model::Series two = series("b");
  two.points.push_back({1'700'000'010, 2});
  const std::vector<model::Series> all = {series("a"), two};
  const auto payloads = serializer.serialize(all);
  ASSERT_EQ(payloads.size(), 1u);
  const model::Payload& p = payloads[0];
  EXPECT_EQ(p.kind, model::PayloadKind::series);
  EXPECT_EQ(p.path, "/api/v2/series");
  EXPECT_EQ(p.content_type, "application/x-protobuf");
  EXPECT_EQ(p.content_encoding, "zstd");
  EXPECT_EQ(p.items, 3u);  // points, not series
  const auto decoded = decode_payload(CompressionKind::zstd, p);
  ASSERT_EQ(decoded.size(), 2u);
  EXPECT_EQ(decoded[1].points.size(), 2u);
  EXPECT_EQ(counters.payloads.value, 1u);
  EXPECT_EQ(counters.bytes.value, p.body->size());
  EXPECT_EQ(counters.uncompressed_bytes.value, p.uncompressed_bytes);
}

TEST(SeriesSerializer, SendsNothingWhenThereIsNothing) {
  telemetry::SerializerCounters counters;
  SeriesFlush serializer(CompressionKind::zstd, 1, {}, counters);
  std::vector<model::Series> none(1);  // has no points
  EXPECT_TRUE(serializer.serialize(none).empty());
  EXPECT_EQ(counters.payloads.value, 0u);
}

}  // namespace
}  // namespace remora::serializer
