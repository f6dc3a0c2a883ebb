#include "checks/http/body_decoder.hpp"

#include <gtest/gtest.h>
#include <zlib.h>

#include <string>

#include "checks/http/compressed.hpp"

namespace remora::checks {
namespace {

using fakes::compressed;

struct Decoded {
  std::string text;
  bool ok = true;
  Errc error = Errc::unknown;
};

Decoded decode(std::string_view encoding, std::string_view bytes, std::size_t chunk,
               std::size_t limit = 1u << 20) {
  Decoded out;
  auto decoder = BodyDecoder::create(encoding, limit, [&](std::string_view piece) {
    out.text += piece;
    return true;
  });
  for (std::size_t at = 0; at < bytes.size() && out.ok; at += chunk) {
    out.ok = decoder->put(bytes.substr(at, chunk));
  }
  out.ok = out.ok && decoder->finish();
  out.error = decoder->error().code();
  return out;
}

std::string sample() {
  std::string text;
  for (int i = 0; i < 5000; ++i) text += "line " + std::to_string(i * 7919) + "\n";
  return text;
}

TEST(BodyDecoder, ReadsWhatServersSend) {
  const std::string text = sample();
  struct Row {
    int line;
    const char* encoding;
    std::string bytes;
  };
  const Row rows[] = {
      {__LINE__, "", text},
      {__LINE__, "identity", text},
      {__LINE__, "UTF-8", text},
      {__LINE__, "none", text},
      {__LINE__, "identity, utf8,iso-8859-1", text},
      {__LINE__, " , ", text},
      {__LINE__, "gzip", compressed(text, 16 + MAX_WBITS)},
      {__LINE__, "utf-8, gzip ,identity", compressed(text, 16 + MAX_WBITS)},
      {__LINE__, "X-GZIP", compressed(text, 16 + MAX_WBITS)},
      {__LINE__, "deflate", compressed(text, MAX_WBITS)},
      {__LINE__, "deflate", compressed(text, -MAX_WBITS)},  // without its header, as many do
  };
  for (const Row& row : rows) {
    for (const std::size_t chunk : {std::size_t{1}, std::size_t{1000}, row.bytes.size()}) {
      SCOPED_TRACE(std::to_string(row.line) + ' ' + std::to_string(chunk));
      const Decoded got = decode(row.encoding, row.bytes, chunk);
      EXPECT_TRUE(got.ok);
      EXPECT_TRUE(got.text == text) << got.text.size();
    }
  }
}

TEST(BodyDecoder, ReadsAllMembersOfAGzipFileAndIgnoresPadding) {
  const std::string two = compressed("one,", 16 + MAX_WBITS) + compressed("two", 16 + MAX_WBITS) +
                          std::string(10, '\0');
  EXPECT_EQ(decode("gzip", two, 1).text, "one,two");
  EXPECT_EQ(decode("gzip", two, two.size()).text, "one,two");
}

TEST(BodyDecoder, StopsABombAtItsLimit) {
  const std::string bomb = compressed(std::string(50'000'000, 'x'), 16 + MAX_WBITS);
  ASSERT_LT(bomb.size(), 100'000u);
  const Decoded got = decode("gzip", bomb, 16 * 1024, 1'000'000);
  EXPECT_FALSE(got.ok);
  EXPECT_EQ(got.error, Errc::too_large);
  EXPECT_LE(got.text.size(), 1'000'000u);
}

TEST(BodyDecoder, NamesWhatIsNotCompressed) {
  const std::string whole = compressed(sample(), 16 + MAX_WBITS);
  EXPECT_EQ(decode("gzip", "no gzip at all", 100).error, Errc::malformed_payload);
  EXPECT_EQ(decode("deflate", "no deflate at all", 100).error, Errc::malformed_payload);
  EXPECT_EQ(decode("gzip", std::string_view(whole).substr(0, whole.size() / 2), 1000).error,
            Errc::malformed_payload);
  for (const char* coding : {"br", "ZSTD", "x-compress", "gzip, br", "gzip,gzip"}) {
    EXPECT_EQ(decode(coding, "x", 1).error, Errc::unsupported) << coding;
    EXPECT_TRUE(decode(coding, "", 1).ok) << coding;
  }
  EXPECT_TRUE(decode("gzip", "", 1).ok);  // 204 and HEAD carry the header too
}

}  // namespace
}  // namespace remora::checks
