#include "remora/serializer/sketch_encoder.hpp"

#include <gtest/gtest.h>

#include <random>

#include "serializer/decode_sketches.hpp"
#include "serializer/packed.hpp"

namespace remora::serializer {
namespace {

using std::string_literals::operator""s;

/// A sketch with the memory behind its view.
struct Sketch {
  explicit Sketch(std::string name, model::TagList own = {})
      : name(std::move(name)), own(packed(own)) {}

  void point(std::int64_t timestamp, std::vector<model::SketchBin> in) {
    bins.push_back(std::move(in));
    model::SketchPoint& p = points.emplace_back();
    p.timestamp = timestamp;
    p.count = 3;
    p.min = -1;
    p.max = 2.5;
    p.average = 0.5;
    p.sum = 1.5;
  }
  [[nodiscard]] model::SketchView view() {
    for (std::size_t i = 0; i < points.size(); ++i) points[i].bins = bins[i];
    model::SketchView v;
    v.name = name;
    v.host = host;
    v.tags = model::PackedTags(own);
    v.shared_tags = shared == nullptr ? nullptr : shared.get();
    v.points = points;
    v.origin = model::kOriginDogstatsd;
    return v;
  }

  std::string name, host, own;
  model::Tags shared;
  std::vector<std::vector<model::SketchBin>> bins;
  std::vector<model::SketchPoint> points;
};

struct Flush {
  Flush(CompressionKind kind, PayloadLimits limits)
      : kind(kind), serializer(kind, 1, limits, counters, [this](model::Payload p) {
          payloads.push_back(std::move(p));
        }) {}

  std::vector<DecodedSketch> decoded() const {
    std::vector<DecodedSketch> all;
    for (const auto& p : payloads) {
      for (auto& s : decode_sketch_payload(kind, p)) all.push_back(std::move(s));
    }
    return all;
  }

  CompressionKind kind;
  telemetry::SerializerCounters counters;
  std::vector<model::Payload> payloads;
  SketchSerializer serializer;
};

// Written by hand from proto/metrics/agent_payload.proto of DataDog/agent-payload.
TEST(EncodeSketch, GoldenBytes) {
  Sketch s("d.x", {"a:1"});
  s.shared = model::make_tags({"env:x", "a:1"});
  s.point(1'700'000'000, {{-1338, 1}, {0, 200}, {1338, 65'535}});
  EXPECT_EQ(encode_sketch(s.view()),
            "\x0a\x03"
            "d.x"  // 1 metric; no 2 host, it is empty
            "\x22\x03"
            "a:1"  // 4 tags: the own one, not again from the shared ones
            "\x22\x05"
            "env:x"
            "\x3a\x3b"                              // 7 dogsketches, 59 bytes
            "\x08\x80\xe2\xcf\xaa\x06"              //   1 ts 1700000000
            "\x10\x03"                              //   2 cnt
            "\x19\x00\x00\x00\x00\x00\x00\xf0\xbf"  //   3 min -1
            "\x21\x00\x00\x00\x00\x00\x00\x04\x40"  //   4 max 2.5
            "\x29\x00\x00\x00\x00\x00\x00\xe0\x3f"  //   5 avg 0.5
            "\x31\x00\x00\x00\x00\x00\x00\xf8\x3f"  //   6 sum 1.5
            "\x3a\x05\xf3\x14\x00\xf4\x14"          //   7 k: zigzag 2675, 0, 2676
            "\x42\x06\x01\xc8\x01\xff\xff\x03"      //   8 n: 1, 200, 65535
            "\x42\x06\x0a\x04\x20\x0a\x28\x0a"s);   // 8 metadata: product 10, category 10
}

TEST(EncodeSketch, ZerosAreLeftOutAndAHostIsWritten) {
  Sketch s("z");
  s.host = "h";
  s.points.emplace_back();
  s.bins.emplace_back();
  model::SketchView v = s.view();
  v.origin = {0, 0, 0};
  EXPECT_EQ(encode_sketch(v), "\x0a\x01z\x12\x01h\x3a\x00"s);
}

TEST(EncodeSketch, KeysAndCountsOfEverySizeComeBack) {
  Sketch s("d");
  std::vector<model::SketchBin> bins;
  for (const int key : {-32'767, -8'193, -8'192, -65, -64, -1, 0, 63, 64, 8'191, 8'192, 32'767}) {
    bins.push_back({static_cast<std::int16_t>(key), 1});
  }
  const std::uint16_t counts[] = {1, 127, 128, 16'383, 16'384, 65'535};
  for (std::size_t i = 0; i < bins.size(); ++i) bins[i].count = counts[i % 6];
  s.point(-5, bins);
  const auto p = decode_sketch(encode_sketch(s.view())).points.at(0);
  ASSERT_EQ(p.keys.size(), bins.size());
  for (std::size_t i = 0; i < bins.size(); ++i) {
    EXPECT_EQ(p.keys[i], bins[i].key);
    EXPECT_EQ(p.counts[i], bins[i].count);
  }
  EXPECT_EQ(p.timestamp, -5);
}

TEST(EncodeSketch, KeepsDeviceTagsAndRepairsTexts) {
  Sketch s("d\xFF", {"device:x", "t:\xFF"});
  s.host = "h\xFF";
  s.point(1, {{1, 1}});
  const auto d = decode_sketch(encode_sketch(s.view()));
  EXPECT_EQ(d.metric, "d\uFFFD");
  EXPECT_EQ(d.host, "h\uFFFD");
  EXPECT_EQ(d.tags, (std::vector<std::string>{"device:x", "t:\uFFFD"}));
}

TEST(SketchSerializer, FillsInThePayload) {
  Flush flush(CompressionKind::zstd, {});
  Sketch a("a"), b("b"), without_points("c");
  a.point(10, {{1, 1}});
  a.point(20, {{2, 1}});
  b.point(10, {{3, 1}});
  for (Sketch* s : {&a, &b, &without_points}) flush.serializer.add(s->view());
  EXPECT_TRUE(flush.payloads.empty());
  flush.serializer.finish();
  ASSERT_EQ(flush.payloads.size(), 1u);
  const model::Payload& p = flush.payloads[0];
  EXPECT_EQ(p.kind, model::PayloadKind::sketches);
  EXPECT_EQ(p.path, "/api/beta/sketches");
  EXPECT_EQ(p.content_type, "application/x-protobuf");
  EXPECT_EQ(p.content_encoding, "zstd");
  EXPECT_EQ(p.items, 3u);  // points
  EXPECT_EQ(*decompress(CompressionKind::zstd, *p.body, 1000),
            "\x0a" + std::string(1, static_cast<char>(encode_sketch(a.view()).size())) +
                encode_sketch(a.view()) + "\x0a" +
                std::string(1, static_cast<char>(encode_sketch(b.view()).size())) +
                encode_sketch(b.view()) + "\x12\x00"s);
  flush.serializer.finish();
  EXPECT_EQ(flush.payloads.size(), 1u);
}

TEST(SketchSerializer, ASketchWithMorePointsThanFitIsSplitByPoints) {
  PayloadLimits limits;
  limits.max_uncompressed_bytes = 400;
  Flush flush(CompressionKind::none, limits);
  Sketch large("large", {"a:1"}), small("small"), hopeless("hopeless", {std::string(500, 'x')});
  for (int i = 0; i < 50; ++i) large.point(i, {{1, 1}});
  small.point(1, {{1, 1}});
  hopeless.point(1, {{1, 1}});
  hopeless.point(2, {{1, 1}});
  for (Sketch* s : {&hopeless, &large, &small}) flush.serializer.add(s->view());
  flush.serializer.finish();
  std::vector<std::int64_t> timestamps;
  for (const auto& s : flush.decoded()) {
    for (const auto& p : s.points) {
      if (s.metric != "small") timestamps.push_back(p.timestamp);
    }
  }
  ASSERT_EQ(timestamps.size(), 50u);
  for (int i = 0; i < 50; ++i) EXPECT_EQ(timestamps[static_cast<std::size_t>(i)], i);
  EXPECT_EQ(flush.decoded().back().metric, "small");
  for (const auto& p : flush.payloads) EXPECT_LE(p.uncompressed_bytes, 400u);
  EXPECT_EQ(flush.counters.dropped_too_large.value, 1u);
}

struct Round {
  const char* name;
  CompressionKind kind;
  PayloadLimits limits;
};
class SketchSplitting : public testing::TestWithParam<Round> {};

TEST_P(SketchSplitting, EverythingArrivesInOrderWithinTheLimits) {
  const Round& round = GetParam();
  std::mt19937 random(11);
  const model::Tags shared = model::make_tags({"env:production", "region:eu-west-1"});
  Flush flush(round.kind, round.limits);
  std::vector<std::string> expected;
  std::vector<std::uint32_t> expected_counts, counts;
  for (int i = 0; i < 2000; ++i) {
    Sketch s("m." + std::to_string(i), {"id:" + std::to_string(random())});
    s.shared = shared;
    for (std::size_t p = 1 + random() % 2; p > 0; --p) {
      std::vector<model::SketchBin> bins(1 + random() % 60);
      for (model::SketchBin& bin : bins) {
        bin = {static_cast<std::int16_t>(random()), static_cast<std::uint16_t>(random())};
        expected_counts.push_back(bin.count);
      }
      s.point(1'700'000'000, std::move(bins));
    }
    flush.serializer.add(s.view());
    expected.push_back(s.name);
  }
  flush.serializer.finish();
  EXPECT_GT(flush.payloads.size(), 2u);
  std::vector<std::string> names;
  for (const auto& s : flush.decoded()) {
    names.push_back(s.metric);
    EXPECT_EQ(s.tags.size(), 3u);
    for (const auto& p : s.points) counts.insert(counts.end(), p.counts.begin(), p.counts.end());
  }
  EXPECT_EQ(names, expected);
  EXPECT_EQ(counts, expected_counts);
  EXPECT_EQ(flush.counters.dropped_too_large.value, 0u);
  for (const auto& p : flush.payloads) {
    EXPECT_LE(p.body->size(), round.limits.max_compressed_bytes);
    EXPECT_LE(p.uncompressed_bytes, round.limits.max_uncompressed_bytes);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Rounds, SketchSplitting,
    testing::Values(Round{"Zstd", CompressionKind::zstd, {20'000, 1'000'000}},
                    Round{"Gzip", CompressionKind::gzip, {20'000, 1'000'000}},
                    Round{"Deflate", CompressionKind::deflate, {20'000, 1'000'000}},
                    Round{"Uncompressed", CompressionKind::zstd, {1'000'000, 30'000}},
                    Round{"None", CompressionKind::none, {25'000, 1'000'000}}),
    [](const auto& round) { return round.param.name; });

}  // namespace
}  // namespace remora::serializer
