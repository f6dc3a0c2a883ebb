// The limits of the intake: a payload over one of them is lost as a whole.
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>

#include "fakes/allocation_counter.hpp"
#include "remora/serializer/series_encoder.hpp"
#include "serializer/decode_series.hpp"
#include "serializer/series_flush.hpp"

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
  SeriesFlush serializer(CompressionKind::zstd, 1, limits, counters);
  const std::vector<model::Series> exact = {series("a", 2), series("b", 3)};
  EXPECT_EQ(serializer.serialize(exact).size(), 1u);
  const std::vector<model::Series> over = {series("a", 3), series("b", 3)};
  const auto payloads = serializer.serialize(over);
  ASSERT_EQ(payloads.size(), 2u);
  EXPECT_EQ(payloads[0].items, 3u);
  EXPECT_EQ(metrics_of(CompressionKind::zstd, payloads), (std::vector<std::string>{"a", "b"}));
}

// Not dropped: it goes on as another element of the same identity.
TEST(Splitting, ASeriesWithTooManyPointsGoesOnInTheNextPayload) {
  telemetry::SerializerCounters counters;
  SeriesLimits limits;
  limits.max_points = 5;
  SeriesFlush serializer(CompressionKind::zstd, 1, limits, counters);
  const std::vector<model::Series> all = {series("a"), series("big", 11), series("b", 4)};
  const auto payloads = serializer.serialize(all);
  ASSERT_EQ(payloads.size(), 4u);  // a | 5 | 5 | 1 and b
  std::vector<std::int64_t> timestamps;
  for (const auto& p : payloads) {
    EXPECT_LE(p.items, 5u);
    for (const auto& s : decode_payload(CompressionKind::zstd, p)) {
      if (s.metric != "big") continue;
      EXPECT_EQ(s.type, 3);
      for (const auto& [timestamp, value] : s.points) timestamps.push_back(timestamp);
    }
  }
  std::vector<std::int64_t> expected(11);
  std::iota(expected.begin(), expected.end(), 1'700'000'000);
  EXPECT_EQ(timestamps, expected);
  EXPECT_EQ(counters.dropped_too_large.value, 0u);
}

TEST(Splitting, ASeriesWithMorePointsThanBytesAllowIsCutInHalves) {
  telemetry::SerializerCounters counters;
  SeriesLimits limits;
  limits.max_uncompressed_bytes = 200;
  SeriesFlush serializer(CompressionKind::none, 0, limits, counters);
  const std::vector<model::Series> all = {series("big", 40)};
  std::size_t points = 0;
  for (const auto& p : serializer.serialize(all)) {
    EXPECT_LE(p.uncompressed_bytes, 200u);
    for (const auto& s : decode_payload(CompressionKind::none, p)) points += s.points.size();
  }
  EXPECT_EQ(points, 40u);
  EXPECT_EQ(counters.dropped_too_large.value, 0u);
}

TEST(Splitting, ASeriesWhoseNameAloneIsTooLargeIsDroppedOnceWhateverItsPoints) {
  telemetry::SerializerCounters counters;
  SeriesLimits limits;
  limits.max_uncompressed_bytes = 200;
  SeriesFlush serializer(CompressionKind::none, 0, limits, counters);
  const std::vector<model::Series> all = {series(std::string(300, 'x'), 40), series("b")};
  EXPECT_EQ(metrics_of(CompressionKind::none, serializer.serialize(all)),
            std::vector<std::string>{"b"});
  EXPECT_EQ(counters.dropped_too_large.value, 1u);
}

TEST(Splitting, UncompressedBytesAtTheLimitStayTogetherAndOneMoreSplits) {
  const std::vector<model::Series> two = {series("aaaa"), series("bbbb")};
  SeriesLimits limits;
  limits.max_uncompressed_bytes = 2 * element_bytes(two[0]);
  telemetry::SerializerCounters counters;
  SeriesFlush exact(CompressionKind::zstd, 1, limits, counters);
  EXPECT_EQ(exact.serialize(two).size(), 1u);
  limits.max_uncompressed_bytes -= 1;
  SeriesFlush over(CompressionKind::zstd, 1, limits, counters);
  EXPECT_EQ(over.serialize(two).size(), 2u);
  EXPECT_EQ(counters.dropped_too_large.value, 0u);
}

TEST(Splitting, ASeriesOfExactlyTheUncompressedLimitIsSentAndOneByteMoreIsDropped) {
  const std::vector<model::Series> one = {series("aaaa")};
  SeriesLimits limits;
  limits.max_uncompressed_bytes = element_bytes(one[0]);
  telemetry::SerializerCounters counters;
  SeriesFlush exact(CompressionKind::zstd, 1, limits, counters);
  EXPECT_EQ(exact.serialize(one).size(), 1u);
  limits.max_uncompressed_bytes -= 1;
  SeriesFlush over(CompressionKind::zstd, 1, limits, counters);
  EXPECT_TRUE(over.serialize(one).empty());
  EXPECT_EQ(counters.dropped_too_large.value, 1u);
}

// Without compression the compressed size is exact, so the boundary can be hit to the byte.
TEST(Splitting, CompressedBytesAtTheLimitStayTogetherAndOneMoreSplits) {
  const std::vector<model::Series> two = {series("aaaa"), series("bbbb")};
  SeriesLimits limits;
  limits.max_compressed_bytes = 2 * element_bytes(two[0]);
  telemetry::SerializerCounters counters;
  SeriesFlush exact(CompressionKind::none, 0, limits, counters);
  EXPECT_EQ(exact.serialize(two).size(), 1u);
  limits.max_compressed_bytes -= 1;
  SeriesFlush over(CompressionKind::none, 0, limits, counters);
  EXPECT_EQ(over.serialize(two).size(), 2u);
  limits.max_compressed_bytes = element_bytes(two[0]) - 1;
  SeriesFlush none(CompressionKind::none, 0, limits, counters);
  EXPECT_TRUE(none.serialize(two).empty());
  EXPECT_EQ(counters.dropped_too_large.value, 2u);
}

// The bound on a series of 4 kB says that it may not fit; compressed it does.
TEST(Splitting, ALargeSeriesThatCompressesWellIsNotDropped) {
  SeriesLimits limits;
  limits.max_compressed_bytes = 1000;
  telemetry::SerializerCounters counters;
  SeriesFlush serializer(CompressionKind::zstd, 1, limits, counters);
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
  SeriesFlush serializer(CompressionKind::zstd, 1, limits, counters);
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
  std::size_t points = 0;
  for (std::size_t i = 0; i < round.count; ++i) {
    model::Series s = series("metric." + std::to_string(i), 1 + random() % 3);
    model::TagList tags = {"env:production", "region:eu-west-1", "task_family:web"};
    tags.push_back("id:" + noise(random, random() % round.longest_tag));
    s.tags = model::make_tags(std::move(tags));
    if (random() % 1000 == 0) {
      s.points = series("", round.limits.max_points + 1 + random() % 100).points;
    }
    points += s.points.size();
    expected.push_back(s.metric);
    all.push_back(std::move(s));
  }
  telemetry::SerializerCounters counters;
  SeriesFlush serializer(round.kind, 1, round.limits, counters);
  const auto payloads = serializer.serialize(all);

  EXPECT_GT(payloads.size(), 2u);
  std::vector<std::string> names = metrics_of(round.kind, payloads);
  names.erase(std::unique(names.begin(), names.end()), names.end());  // parts of one series
  EXPECT_EQ(names, expected);
  EXPECT_EQ(counters.dropped_too_large.value, 0u);
  EXPECT_EQ(counters.failures.value, 0u);
  std::size_t items = 0;
  for (std::size_t i = 0; i < payloads.size(); ++i) {
    const auto& p = payloads[i];
    EXPECT_LE(p.body->size(), round.limits.max_compressed_bytes);
    EXPECT_LE(p.uncompressed_bytes, round.limits.max_uncompressed_bytes);
    EXPECT_LE(p.items, round.limits.max_points);
    items += p.items;
    if (i + 1 == payloads.size()) continue;
    // A part of a large series may leave the payload before it as empty as it was.
    if (decode_payload(round.kind, payloads[i + 1]).at(0).points.size() > 3) continue;
    const double fullest =
        std::max({static_cast<double>(p.body->size()) / round.limits.max_compressed_bytes,
                  static_cast<double>(p.uncompressed_bytes) / round.limits.max_uncompressed_bytes,
                  static_cast<double>(p.items) / round.limits.max_points});
    EXPECT_GE(fullest, 0.6) << "payload " << i << ": " << p.body->size() << " bytes, "
                            << p.uncompressed_bytes << " uncompressed, " << p.items << " points";
  }
  EXPECT_EQ(items, points);
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

TEST(PeakMemory, OneSeriesPayload) {
  telemetry::SerializerCounters counters;
  std::size_t payloads = 0, largest = 0;
  std::mt19937 random(7);
  const fakes::PeakMemory memory;
  SeriesSerializer serializer(CompressionKind::zstd, 1, {}, counters, [&](model::Payload payload) {
    ++payloads;
    largest = std::max(largest, payload.body->size());
  });
  for (int i = 0; i < 60'000; ++i) serializer.add(series(noise(random, 200)));
  serializer.finish();
  EXPECT_GT(payloads, 10u);
  EXPECT_LE(largest, 512'000u);
  // 12 MB went through: what is there at once is one payload, compressed, and buffers.
  EXPECT_LT(memory.peak(), 2 << 20);
}

}  // namespace
}  // namespace remora::serializer
