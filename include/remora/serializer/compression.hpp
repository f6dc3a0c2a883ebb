// Compression of payloads: zstd (default), gzip, deflate (zlib stream) or none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "remora/core/error.hpp"

namespace remora::serializer {

enum class CompressionKind : std::uint8_t { none, zstd, gzip, deflate };

/// "zstd", "gzip", "deflate" or "zlib" (= deflate), "none". Errors: invalid_config.
[[nodiscard]] Result<CompressionKind> parse_compression(std::string_view text);
/// Value of Content-Encoding; empty for none.
[[nodiscard]] std::string_view content_encoding(CompressionKind kind);

/// Streams bytes into one compressed body. Reusable after `finish`, and after an error, which
/// discards the body begun. The context is made with the first byte and kept, so a flush allocates
/// only its output (sizes: compression.cpp). Threading: one thread at a time.
class Compressor {
 public:
  Compressor(CompressionKind kind, int level);
  ~Compressor();
  Compressor(Compressor&&) noexcept;
  Compressor& operator=(Compressor&&) noexcept;

  /// Errors: io (the library refused; the message carries its text).
  [[nodiscard]] Result<void> write(std::string_view bytes);
  /// Hands on what the library still holds back: `bound_with` is close afterwards. Costs a few
  /// bytes each time.
  [[nodiscard]] Result<void> flush();
  /// Bytes written since the last flush, whose compressed size is not known yet.
  [[nodiscard]] std::size_t pending() const noexcept;
  /// Upper bound of the finished body if `more` bytes were still added: what splitting asks.
  [[nodiscard]] std::size_t bound_with(std::size_t more) const;
  [[nodiscard]] std::size_t uncompressed() const noexcept;
  /// The body; starts a new one.
  [[nodiscard]] Result<std::string> finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// The other way round, for the sandbox and tests. Errors: malformed_payload, too_large.
[[nodiscard]] Result<std::string> decompress(CompressionKind kind, std::string_view bytes,
                                             std::size_t max_bytes);

}  // namespace remora::serializer
