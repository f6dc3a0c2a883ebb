// A body as an intake receives it: the first byte picks the compression, the rest is the body.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "remora/serializer/compression.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace remora::serializer;
  if (size == 0) return 0;
  constexpr std::size_t kMaxBytes = 256 * 1024;
  constexpr CompressionKind kKinds[] = {CompressionKind::none, CompressionKind::zstd,
                                        CompressionKind::gzip, CompressionKind::deflate};
  const CompressionKind kind = kKinds[data[0] % 4];
  const std::string_view body(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto text = decompress(kind, body, kMaxBytes);
  if (!text) {
    const auto code = text.error().code();
    if (code != remora::Errc::malformed_payload && code != remora::Errc::too_large) std::abort();
    return 0;
  }
  if (text->size() > kMaxBytes) std::abort();
  // What came out goes in again, and comes out the same.
  Compressor compressor(kind, 1);
  if (!compressor.write(*text)) std::abort();
  const auto again = compressor.finish();
  if (!again) std::abort();
  const auto back = decompress(kind, *again, kMaxBytes);
  if (!back || *back != *text) std::abort();
  return 0;
}
