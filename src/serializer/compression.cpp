#include "remora/serializer/compression.hpp"

#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

namespace remora::serializer {
namespace {

// Memory of one context (ZSTD_sizeof_CCtx, zstd 1.5.4, level 1 in streaming use): 1.3 MiB with the
// level's own window of 2^19, 0.93 MiB with 2^17, 0.51 MiB with 2^16. Metric payloads repeat their
// tags within a few kilobytes, so the small window costs next to nothing. zlib takes 256 KiB.
constexpr int kZstdWindowLog = 16;
// A body that asks for more history than that is not from us or any agent: 8 MiB.
constexpr int kZstdMaxWindowLog = 23;
constexpr std::size_t kChunkBytes = 16 * 1024;

// What the end of a stream may add beyond the worst case of its data: block headers, the bits held
// back by deflate, checksums.
constexpr std::size_t kTrailerBytes = 64;

Error io_failure(std::string_view library, std::string_view text) {
  std::string message(library);
  message += ": ";
  message += text.empty() ? std::string_view("unknown error") : text;
  return fail(Errc::io, std::move(message));
}

std::string_view text_of(const char* text) { return text == nullptr ? "" : text; }

constexpr int kGzipWindowBits = 15 + 16;  // 16 asks zlib for the gzip wrapper
constexpr int kZlibWindowBits = 15;

struct ZstdContext {
  ZSTD_CCtx* context = nullptr;
  ZstdContext() = default;
  ZstdContext(const ZstdContext&) = delete;
  ZstdContext& operator=(const ZstdContext&) = delete;
  ~ZstdContext() { ZSTD_freeCCtx(context); }
};

struct DeflateContext {
  z_stream stream{};
  bool ready = false;
  DeflateContext() = default;
  DeflateContext(const DeflateContext&) = delete;
  DeflateContext& operator=(const DeflateContext&) = delete;
  ~DeflateContext() {
    if (ready) deflateEnd(&stream);
  }
};

}  // namespace

Result<CompressionKind> parse_compression(std::string_view text) {
  if (text == "zstd") return CompressionKind::zstd;
  if (text == "gzip") return CompressionKind::gzip;
  if (text == "deflate" || text == "zlib") return CompressionKind::deflate;
  if (text == "none") return CompressionKind::none;
  return fail(Errc::invalid_config, "compression \"" + std::string(text.substr(0, 32)) +
                                        "\" is none of zstd, gzip, deflate, zlib, none");
}

std::string_view content_encoding(CompressionKind kind) {
  switch (kind) {
    case CompressionKind::zstd:
      return "zstd";
    case CompressionKind::gzip:
      return "gzip";
    case CompressionKind::deflate:
      return "deflate";
    case CompressionKind::none:
      break;
  }
  return "";
}

struct Compressor::Impl {
  enum class Step : std::uint8_t { more, flush, end };

  Impl(CompressionKind kind, int level) : kind(kind), level(level) {}

  Result<void> step(std::string_view bytes, Step what) {
    Result<void> done;
    switch (kind) {
      case CompressionKind::none:
        body.append(bytes);
        break;
      case CompressionKind::zstd:
        done = zstd_step(bytes, what);
        break;
      case CompressionKind::gzip:
      case CompressionKind::deflate:
        done = deflate_step(bytes, what);
        break;
    }
    if (!done) {
      reset();
      return done;
    }
    uncompressed += bytes.size();
    pending = what == Step::more && kind != CompressionKind::none ? pending + bytes.size() : 0;
    return done;
  }

  Result<void> zstd_step(std::string_view bytes, Step what) {
    if (zstd.context == nullptr) {
      zstd.context = ZSTD_createCCtx();
      if (zstd.context == nullptr) return io_failure("zstd", "out of memory");
      for (const auto& [parameter, value] : {std::pair{ZSTD_c_compressionLevel, level},
                                             std::pair{ZSTD_c_windowLog, kZstdWindowLog}}) {
        const std::size_t code = ZSTD_CCtx_setParameter(zstd.context, parameter, value);
        if (ZSTD_isError(code) != 0u) return io_failure("zstd", ZSTD_getErrorName(code));
      }
    }
    const ZSTD_EndDirective directive = what == Step::more    ? ZSTD_e_continue
                                        : what == Step::flush ? ZSTD_e_flush
                                                              : ZSTD_e_end;
    ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
    for (;;) {
      std::array<char, kChunkBytes> chunk;
      ZSTD_outBuffer out{chunk.data(), chunk.size(), 0};
      const std::size_t left = ZSTD_compressStream2(zstd.context, &out, &in, directive);
      if (ZSTD_isError(left) != 0u) return io_failure("zstd", ZSTD_getErrorName(left));
      body.append(chunk.data(), out.pos);
      if (what == Step::more ? in.pos == in.size : left == 0) return {};
    }
  }

  Result<void> deflate_step(std::string_view bytes, Step what) {
    z_stream& z = deflater.stream;
    if (!deflater.ready) {
      const int bits = kind == CompressionKind::gzip ? kGzipWindowBits : kZlibWindowBits;
      // zlib knows 1 to 9; a level meant for zstd is cut to that.
      const int code =
          deflateInit2(&z, std::clamp(level, 1, 9), Z_DEFLATED, bits, 8, Z_DEFAULT_STRATEGY);
      if (code != Z_OK) return io_failure("zlib", text_of(z.msg));
      deflater.ready = true;
    }
    const int directive = what == Step::more    ? Z_NO_FLUSH
                          : what == Step::flush ? Z_SYNC_FLUSH
                                                : Z_FINISH;
    // zlib never writes through next_in; its type is older than const.
    z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    do {
      const std::size_t now = std::min<std::size_t>(bytes.size(), std::numeric_limits<uInt>::max());
      z.avail_in = static_cast<uInt>(now);
      bytes.remove_prefix(now);
      int code = Z_OK;
      do {
        std::array<char, kChunkBytes> chunk;
        z.next_out = reinterpret_cast<Bytef*>(chunk.data());
        z.avail_out = chunk.size();
        code = deflate(&z, directive);
        if (code == Z_STREAM_ERROR) return io_failure("zlib", text_of(z.msg));
        body.append(chunk.data(), chunk.size() - z.avail_out);
      } while (z.avail_out == 0);
      if (what == Step::end && bytes.empty()) {
        if (code != Z_STREAM_END) return io_failure("zlib", "stream did not end");
        deflateReset(&z);
      }
    } while (!bytes.empty());
    return {};
  }

  void reset() {
    body.clear();
    uncompressed = 0;
    pending = 0;
    // Half a MiB of tables: a flush takes milliseconds, the 15 s until the next one go without
    // them.
    ZSTD_freeCCtx(zstd.context);
    zstd.context = nullptr;
    if (deflater.ready) deflateEnd(&deflater.stream);
    deflater.stream = z_stream{};
    deflater.ready = false;
  }

  CompressionKind kind;
  int level;
  ZstdContext zstd;
  DeflateContext deflater;
  std::string body;
  std::size_t uncompressed = 0;
  std::size_t pending = 0;
};

Compressor::Compressor(CompressionKind kind, int level)
    : impl_(std::make_unique<Impl>(kind, level)) {}
Compressor::~Compressor() = default;
Compressor::Compressor(Compressor&&) noexcept = default;
Compressor& Compressor::operator=(Compressor&&) noexcept = default;

Result<void> Compressor::write(std::string_view bytes) {
  if (bytes.empty()) return {};
  return impl_->step(bytes, Impl::Step::more);
}

Result<void> Compressor::flush() {
  if (impl_->pending == 0) return {};
  return impl_->step({}, Impl::Step::flush);
}

std::size_t Compressor::pending() const noexcept { return impl_->pending; }

std::size_t Compressor::bound_with(std::size_t more) const {
  const std::size_t unknown = impl_->pending + more;
  switch (impl_->kind) {
    case CompressionKind::none:
      return impl_->body.size() + more;
    case CompressionKind::zstd:
      return impl_->body.size() + ZSTD_compressBound(unknown) + kTrailerBytes;
    case CompressionKind::gzip:
    case CompressionKind::deflate:
      // compressBound holds for one call; streaming may cut blocks earlier, hence the second term.
      return impl_->body.size() + compressBound(unknown) + unknown / 256 + kTrailerBytes;
  }
  return impl_->body.size() + more;
}

std::size_t Compressor::uncompressed() const noexcept { return impl_->uncompressed; }

Result<std::string> Compressor::finish() {
  const Result<void> done = impl_->step({}, Impl::Step::end);
  if (!done) return done.error();
  std::string body = std::move(impl_->body);
  // The body may wait in a retry queue: its spare capacity would be memory nobody counts.
  if (body.capacity() - body.size() > body.size() / 8) body.shrink_to_fit();
  impl_->reset();
  return body;
}

namespace {

Error bomb(std::size_t max_bytes) {
  return fail(Errc::too_large,
              "body is more than " + std::to_string(max_bytes) + " bytes when decompressed");
}

Result<std::string> unzstd(std::string_view bytes, std::size_t max_bytes) {
  const std::unique_ptr<ZSTD_DCtx, decltype(&ZSTD_freeDCtx)> context(ZSTD_createDCtx(),
                                                                     ZSTD_freeDCtx);
  if (!context) return fail(Errc::io, "zstd: out of memory");
  ZSTD_DCtx_setParameter(context.get(), ZSTD_d_windowLogMax, kZstdMaxWindowLog);
  std::string body;
  ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
  for (;;) {
    std::array<char, kChunkBytes> chunk;
    ZSTD_outBuffer out{chunk.data(), chunk.size(), 0};
    const std::size_t left = ZSTD_decompressStream(context.get(), &out, &in);
    if (ZSTD_isError(left) != 0u) {
      return fail(Errc::malformed_payload, std::string("zstd: ") + ZSTD_getErrorName(left));
    }
    if (body.size() + out.pos > max_bytes) return bomb(max_bytes);
    body.append(chunk.data(), out.pos);
    if (in.pos < in.size) continue;
    if (left == 0) return body;
    if (out.pos < out.size) return fail(Errc::malformed_payload, "zstd: body ends early");
  }
}

Result<std::string> inflate_all(std::string_view bytes, int window_bits, std::size_t max_bytes) {
  z_stream z{};
  if (inflateInit2(&z, window_bits) != Z_OK) return fail(Errc::io, "zlib: out of memory");
  const std::unique_ptr<z_stream, decltype(&inflateEnd)> ends(&z, inflateEnd);
  std::string body;
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  std::size_t unread = bytes.size();
  for (;;) {
    if (z.avail_in == 0) {
      const std::size_t now = std::min<std::size_t>(unread, std::numeric_limits<uInt>::max());
      z.avail_in = static_cast<uInt>(now);
      unread -= now;
    }
    std::array<char, kChunkBytes> chunk;
    z.next_out = reinterpret_cast<Bytef*>(chunk.data());
    z.avail_out = chunk.size();
    const int code = inflate(&z, Z_NO_FLUSH);
    const std::size_t got = chunk.size() - z.avail_out;
    if (body.size() + got > max_bytes) return bomb(max_bytes);
    body.append(chunk.data(), got);
    if (code == Z_STREAM_END) {
      if (z.avail_in + unread > 0) {
        return fail(Errc::malformed_payload, "zlib: bytes after the end of the stream");
      }
      return body;
    }
    if (code == Z_BUF_ERROR) return fail(Errc::malformed_payload, "zlib: body ends early");
    if (code != Z_OK) {
      return fail(Errc::malformed_payload, "zlib: " + std::string(text_of(z.msg)));
    }
  }
}

}  // namespace

Result<std::string> decompress(CompressionKind kind, std::string_view bytes,
                               std::size_t max_bytes) {
  switch (kind) {
    case CompressionKind::zstd:
      return unzstd(bytes, max_bytes);
    case CompressionKind::gzip:
      return inflate_all(bytes, kGzipWindowBits, max_bytes);
    case CompressionKind::deflate:
      return inflate_all(bytes, kZlibWindowBits, max_bytes);
    case CompressionKind::none:
      break;
  }
  if (bytes.size() > max_bytes) return bomb(max_bytes);
  return std::string(bytes);
}

}  // namespace remora::serializer
