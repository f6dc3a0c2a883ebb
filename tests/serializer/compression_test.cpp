#include "remora/serializer/compression.hpp"

#include <gtest/gtest.h>

#include <random>

namespace remora::serializer {
namespace {

std::string noise(std::size_t size, unsigned seed) {
  std::mt19937 random(seed);
  std::string text(size, '\0');
  for (char& c : text) c = static_cast<char>(random());
  return text;
}

TEST(ParseCompression, KnowsTheNamesOfTheSetting) {
  EXPECT_EQ(*parse_compression("zstd"), CompressionKind::zstd);
  EXPECT_EQ(*parse_compression("gzip"), CompressionKind::gzip);
  EXPECT_EQ(*parse_compression("deflate"), CompressionKind::deflate);
  EXPECT_EQ(*parse_compression("zlib"), CompressionKind::deflate);
  EXPECT_EQ(*parse_compression("none"), CompressionKind::none);
  const auto other = parse_compression("brotli");
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code(), Errc::invalid_config);
  EXPECT_NE(other.error().message().find("brotli"), std::string::npos);
}

class EachKind : public testing::TestWithParam<CompressionKind> {};
INSTANTIATE_TEST_SUITE_P(Kinds, EachKind,
                         testing::Values(CompressionKind::none, CompressionKind::zstd,
                                         CompressionKind::gzip, CompressionKind::deflate),
                         [](const auto& kind) {
                           const auto name = content_encoding(kind.param);
                           return name.empty() ? std::string("none") : std::string(name);
                         });

TEST_P(EachKind, GivesBackWhatWasWrittenAndStartsAnew) {
  Compressor compressor(GetParam(), 1);
  for (const std::string_view text : {"first body", "second"}) {
    ASSERT_TRUE(compressor.write(text.substr(0, 3)));
    ASSERT_TRUE(compressor.flush());
    EXPECT_EQ(compressor.pending(), 0u);
    ASSERT_TRUE(compressor.write(text.substr(3)));
    EXPECT_EQ(compressor.uncompressed(), text.size());
    const auto body = compressor.finish();
    ASSERT_TRUE(body) << body.error().message();
    EXPECT_EQ(compressor.uncompressed(), 0u);
    EXPECT_EQ(*decompress(GetParam(), *body, 1000), text);
  }
}

TEST_P(EachKind, AnEmptyBodyIsAValidStream) {
  Compressor compressor(GetParam(), 1);
  const auto body = compressor.finish();
  ASSERT_TRUE(body);
  EXPECT_EQ(*decompress(GetParam(), *body, 0), "");
}

// Noise is the worst case: it cannot be compressed, so a bound that forgets headers is caught.
TEST_P(EachKind, TheBoundIsNeverBelowTheBody) {
  Compressor compressor(GetParam(), 1);
  std::mt19937 random(7);
  for (int round = 0; round < 40; ++round) {
    std::size_t bound = 0;
    const int writes = 1 + static_cast<int>(random() % 12);
    for (int i = 0; i < writes; ++i) {
      const std::size_t size = random() % (i % 3 == 0 ? 60'000 : 300);
      bound = compressor.bound_with(size);
      ASSERT_TRUE(compressor.write(noise(size, round * 100 + i)));
      if (i + 1 < writes && random() % 4 == 0) {
        ASSERT_TRUE(compressor.flush());
      }
    }
    const auto body = compressor.finish();
    ASSERT_TRUE(body);
    EXPECT_LE(body->size(), bound) << "round " << round;
  }
}

TEST_P(EachKind, DecompressStopsAtTheLimit) {
  Compressor compressor(GetParam(), 1);
  ASSERT_TRUE(compressor.write(std::string(1'000'000, 'x')));
  const auto bomb = compressor.finish();
  ASSERT_TRUE(bomb);
  EXPECT_EQ(decompress(GetParam(), *bomb, 1'000'000)->size(), 1'000'000u);
  const auto over = decompress(GetParam(), *bomb, 999'999);
  ASSERT_FALSE(over);
  EXPECT_EQ(over.error().code(), Errc::too_large);
}

// Without compression any bytes are a body, so `none` has no place here.
class EachCompressedKind : public testing::TestWithParam<CompressionKind> {};
INSTANTIATE_TEST_SUITE_P(Kinds, EachCompressedKind,
                         testing::Values(CompressionKind::zstd, CompressionKind::gzip,
                                         CompressionKind::deflate),
                         [](const auto& kind) {
                           return std::string(content_encoding(kind.param));
                         });

TEST_P(EachCompressedKind, ABodyCutShortIsMalformed) {
  Compressor compressor(GetParam(), 1);
  ASSERT_TRUE(compressor.write(noise(50'000, 3)));
  const auto body = compressor.finish();
  ASSERT_TRUE(body);
  for (const std::size_t size : {std::size_t{1}, body->size() / 2, body->size() - 1}) {
    const auto cut = decompress(GetParam(), std::string_view(*body).substr(0, size), 1'000'000);
    ASSERT_FALSE(cut) << size;
    EXPECT_EQ(cut.error().code(), Errc::malformed_payload);
  }
  EXPECT_FALSE(decompress(GetParam(), "no stream of any kind", 1000));
}

}  // namespace
}  // namespace remora::serializer
