// The limits of the intake: a payload over one of them is lost as a whole.
#include <gtest/gtest.h>

#include <random>

#include "remora/serializer/series_encoder.hpp"
#include "serializer/decode_series.hpp"

namespace remora::serializer {
namespace {

model::Series series(std::string metric, std::size_t points = 1) {
  model::Series s;
  s.metric = std::move(metric);
  for (std::size_t i = 0; i < points; ++i) {
    s.points.push_back({1'700'000'000 + static_cast<std::int64_t>(i), 1});
  }
  return s;
}

std::string noise(std::mt19937& random, std::size_t size) {
  static constexpr char kAlphabet[] =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
  std::string text(size, ' ');
  for (char& c : text) c = kAlphabet[random() % 64];
  return text;
}

std::vector<std::string> metrics_of(CompressionKind kind,
                                    const std::vector<model::Payload>& payloads) {
  std::vector<std::string> names;
  for (const auto& p : payloads) {
    for (const auto& s : decode_payload(kind, p)) names.push_back(s.metric);
  }
  return names;
}

// Bytes of one element of the payload: tag, length (below 128 here), message.
std::size_t element_bytes(const model::Series& s) { return 2 + encode_series(s).size(); }

TEST(Splitting, PointsAtTheLimitStayTogetherAndOneMoreSplits) {
  telemetry::SerializerCounters counters;
  SeriesLimits limits;
  limits.max_points = 5;
  SeriesSerializer serializer(CompressionKind::zstd, 1, limits, counters);
  const std::vector<model::Series> exact = {series("a", 2), series("b", 3)};
  EXPECT_EQ(serializer.serialize(exact).size(), 1u);
  const std::vector<model::Series> over = {series("a", 3), series("b", 3)};
  const auto payloads = serializer.serialize(over);
  ASSERT_EQ(payloads.size(), 2u);
  EXPECT_EQ(payloads[0].items, 3u);
  EXPECT_EQ(metrics_of(CompressionKind::zstd, payloads), (std::vector<std::string>{"a", "b"}));
}

TEST(Splitting, ASeriesWithTooManyPointsIsDroppedAndItsNeighboursKept) {
  telemetry::SerializerCounters counters;
  SeriesLimits limits;
  limits.max_points = 5;
  SeriesSerializer serializer(CompressionKind::zstd, 1, limits, counters);
  const std::vector<model::Series> all = {series("a"), series("big", 6), series("b", 4)};
  const auto payloads = serializer.serialize(all);
  EXPECT_EQ(payloads.size(), 1u);
  EXPECT_EQ(metrics_of(CompressionKind::zstd, payloads), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(counters.dropped_too_large.value, 1u);
}

TEST(Splitting, UncompressedBytesAtTheLimitStayTogetherAndOneMoreSplits) {
  const std::vector<model::Series> two = {series("aaaa"), series("bbbb")};
  SeriesLimits limits;
  limits.max_uncompressed_bytes = 2 * element_bytes(two[0]);
  telemetry::SerializerCounters counters;
  SeriesSerializer exact(CompressionKind::zstd, 1, limits, counters);
  EXPECT_EQ(exact.serialize(two).size(), 1u);
  limits.max_uncompressed_bytes -= 1;
  SeriesSerializer over(CompressionKind::zstd, 1, limits, counters);
  EXPECT_EQ(over.serialize(two).size(), 2u);
  EXPECT_EQ(counters.dropped_too_large.value, 0u);
}

TEST(Splitting, ASeriesOfExactlyTheUncompressedLimitIsSentAndOneByteMoreIsDropped) {
  const std::vector<model::Series> one = {series("aaaa")};
  SeriesLimits limits;
  limits.max_uncompressed_bytes = element_bytes(one[0]);
  telemetry::SerializerCounters counters;
  SeriesSerializer exact(CompressionKind::zstd, 1, limits, counters);
  EXPECT_EQ(exact.serialize(one).size(), 1u);
  limits.max_uncompressed_bytes -= 1;
  SeriesSerializer over(CompressionKind::zstd, 1, limits, counters);
  EXPECT_TRUE(over.serialize(one).empty());
  EXPECT_EQ(counters.dropped_too_large.value, 1u);
}

// Without compression the compressed size is exact, so the boundary can be hit to the byte.
TEST(Splitting, CompressedBytesAtTheLimitStayTogetherAndOneMoreSplits) {
  const std::vector<model::Series> two = {series("aaaa"), series("bbbb")};
  SeriesLimits limits;
  limits.max_compressed_bytes = 2 * element_bytes(two[0]);
  telemetry::SerializerCounters counters;
  SeriesSerializer exact(CompressionKind::none, 0, limits, counters);
  EXPECT_EQ(exact.serialize(two).size(), 1u);
  limits.max_compressed_bytes -= 1;
  SeriesSerializer over(CompressionKind::none, 0, limits, counters);
  EXPECT_EQ(over.serialize(two).size(), 2u);
  limits.max_compressed_bytes = element_bytes(two[0]) - 1;
  SeriesSerializer none(CompressionKind::none, 0, limits, counters);
  EXPECT_TRUE(none.serialize(two).empty());
  EXPECT_EQ(counters.dropped_too_large.value, 2u);
}

// The bound on a series of 4 kB says that it may not fit; compressed it does.
TEST(Splitting, ALargeSeriesThatCompressesWellIsNotDropped) {
  SeriesLimits limits;
  limits.max_compressed_bytes = 1000;
  telemetry::SerializerCounters counters;
  SeriesSerializer serializer(CompressionKind::zstd, 1, limits, counters);
  const std::vector<model::Series> all = {series("a"), series(std::string(4000, 'x')), series("b")};
  const auto payloads = serializer.serialize(all);
  EXPECT_EQ(metrics_of(CompressionKind::zstd, payloads).size(), 3u);
  for (const auto& p : payloads) EXPECT_LE(p.body->size(), 1000u);
  EXPECT_EQ(counters.dropped_too_large.value, 0u);
}

TEST(Splitting, ALargeSeriesThatDoesNotCompressIsDroppedAndItsNeighboursKept) {
  std::mt19937 random(1);
  SeriesLimits limits;
  limits.max_compressed_bytes = 1000;
  telemetry::SerializerCounters counters;
  SeriesSerializer serializer(CompressionKind::zstd, 1, limits, counters);
  const std::vector<model::Series> all = {series("a"), series(noise(random, 4000)), series("b")};
  EXPECT_EQ(metrics_of(CompressionKind::zstd, serializer.serialize(all)),
            (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(counters.dropped_too_large.value, 1u);
}

struct Round {
  const char* name;
  CompressionKind kind;
  SeriesLimits limits;
  std::size_t count, longest_tag;
};

class SplittingProperty : public testing::TestWithParam<Round> {};

TEST_P(SplittingProperty, EverythingArrivesInOrderWithinTheLimitsInFullPayloads) {
  const Round& round = GetParam();
  std::mt19937 random(20'231'114);
  std::vector<model::Series> all;
  std::vector<std::string> expected;
  for (std::size_t i = 0; i < round.count; ++i) {
    model::Series s = series("metric." + std::to_string(i), 1 + random() % 3);
    model::TagList tags = {"env:production", "region:eu-west-1", "task_family:web"};
    tags.push_back("id:" + noise(random, random() % round.longest_tag));
    s.tags = model::make_tags(std::move(tags));
    if (random() % 200 == 0) {
      s.points.resize(round.limits.max_points + 1);
    } else {
      expected.push_back(s.metric);
    }
    all.push_back(std::move(s));
  }
  telemetry::SerializerCounters counters;
  SeriesSerializer serializer(round.kind, 1, round.limits, counters);
  const auto payloads = serializer.serialize(all);

  EXPECT_GT(payloads.size(), 2u);
  EXPECT_EQ(metrics_of(round.kind, payloads), expected);
  EXPECT_EQ(counters.dropped_too_large.value, round.count - expected.size());
  EXPECT_EQ(counters.failures.value, 0u);
  for (std::size_t i = 0; i < payloads.size(); ++i) {
    const auto& p = payloads[i];
    EXPECT_LE(p.body->size(), round.limits.max_compressed_bytes);
    EXPECT_LE(p.uncompressed_bytes, round.limits.max_uncompressed_bytes);
    EXPECT_LE(p.items, round.limits.max_points);
    if (i + 1 == payloads.size()) continue;
    const double fullest =
        std::max({static_cast<double>(p.body->size()) / round.limits.max_compressed_bytes,
                  static_cast<double>(p.uncompressed_bytes) / round.limits.max_uncompressed_bytes,
                  static_cast<double>(p.items) / round.limits.max_points});
    EXPECT_GE(fullest, 0.6) << "payload " << i << ": " << p.body->size() << " bytes, "
                            << p.uncompressed_bytes << " uncompressed, " << p.items << " points";
  }
}

INSTANTIATE_TEST_SUITE_P(
    Rounds, SplittingProperty,
    testing::Values(
        Round{"PointsOfTheIntake", CompressionKind::zstd, {}, 20'000, 40},
        Round{"CompressedOfTheIntake",
              CompressionKind::zstd,
              {512'000, 5'242'880, 100'000},
              12'000,
              300},
        Round{"SmallZstd", CompressionKind::zstd, {8'000, 1'000'000, 100'000}, 3'000, 200},
        Round{"SmallGzip", CompressionKind::gzip, {8'000, 1'000'000, 100'000}, 3'000, 200},
        Round{"SmallDeflate", CompressionKind::deflate, {8'000, 1'000'000, 100'000}, 3'000, 200},
        Round{"SmallUncompressed", CompressionKind::zstd, {512'000, 20'000, 100'000}, 3'000, 200},
        Round{"None", CompressionKind::none, {10'000, 1'000'000, 100'000}, 2'000, 200}),
    [](const auto& round) { return round.param.name; });

}  // namespace
}  // namespace remora::serializer
