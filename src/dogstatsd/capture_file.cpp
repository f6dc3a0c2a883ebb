#include <fcntl.h>
#include <unistd.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <limits>
#include <protozero/exception.hpp>
#include <protozero/pbf_reader.hpp>
#include <protozero/pbf_writer.hpp>
#include <vector>

#include "remora/dogstatsd/capture.hpp"

namespace remora::dogstatsd {
namespace {

using Header = std::array<unsigned char, 8>;
// The fifth byte has the version in its lower half.
constexpr Header kHeader{0xD4, 0x74, 0xD0, 0x60, 0xF0, 0xFF, 0x00, 0x00};
constexpr std::size_t kVersionByte = 4;
constexpr int kVersion = 3;
constexpr int kFirstWithNanoseconds = 3;
constexpr std::array<unsigned char, 4> kZstdMagic{0x28, 0xB5, 0x2F, 0xFD};

constexpr std::size_t kMaxPacket = 1024 * 1024;
constexpr std::uint64_t kMaxTotal = std::uint64_t{1} << 30;
constexpr int kMaxWindowLog = 23;  ///< 8 MiB: more than level 19 uses, less than a bomb wants
constexpr std::size_t kChunk = 64 * 1024;

// Fields of UnixDogstatsdMsg.
enum Field : protozero::pbf_tag_type { kTimestamp = 1, kPayloadSize = 2, kPayload = 3, kPid = 4 };

void append_length(std::string& file, std::size_t length) {
  for (int shift = 0; shift < 32; shift += 8) {
    file += static_cast<char>((length >> shift) & 0xFFu);
  }
}

std::uint32_t length_of(const char* bytes) {
  std::uint32_t length = 0;
  for (std::size_t i = 4; i-- > 0;) length = length << 8 | static_cast<unsigned char>(bytes[i]);
  return length;
}

struct ZstdFree {
  void operator()(ZSTD_DStream* stream) const { ZSTD_freeDStream(stream); }
};

}  // namespace

void append_capture_header(std::string& file) {
  Header header = kHeader;
  header[kVersionByte] |= kVersion;
  file.append(reinterpret_cast<const char*>(header.data()), header.size());
}

void append_capture_packet(std::string& file, const CapturedPacket& packet) {
  std::string message;
  protozero::pbf_writer writer(message);
  writer.add_int64(kTimestamp, packet.time.count());
  writer.add_int32(kPayloadSize, static_cast<std::int32_t>(packet.bytes.size()));
  writer.add_bytes(kPayload, packet.bytes.data(), packet.bytes.size());
  if (packet.pid != 0) writer.add_int32(kPid, packet.pid);
  append_length(file, message.size());
  file += message;
}

void append_capture_end(std::string& file) {
  append_length(file, 0);  // what follows is no packet
  append_length(file, 0);  // the state of the tagger: none, 0 bytes long
}

struct CaptureReader::Impl {
  explicit Impl(Source bytes) : source(std::move(bytes)) {}

  // Raw bytes of the file, after those already looked at.
  Result<std::size_t> raw(std::span<char> into) {
    if (!first.empty()) {
      const std::size_t n = std::min(into.size(), first.size());
      std::copy_n(first.begin(), n, into.begin());
      first.erase(0, n);
      return n;
    }
    return source(into);
  }

  // More of the content into `buffer`. False at the end.
  Result<bool> fill() {
    std::array<char, kChunk> chunk;
    std::size_t got = 0;
    if (!zstd) {
      auto read = raw(chunk);
      if (!read) return read.error();
      got = *read;
    } else {
      while (got == 0) {
        if (input.pos == input.size) {
          auto read = raw(compressed);
          if (!read) return read.error();
          if (*read == 0 && in_frame) {
            return fail(Errc::malformed_payload, "the zstd data is cut short");
          }
          if (*read == 0) return false;
          input = {compressed.data(), *read, 0};
        }
        ZSTD_outBuffer output{chunk.data(), chunk.size(), 0};
        const std::size_t left = ZSTD_decompressStream(zstd.get(), &output, &input);
        if (ZSTD_isError(left) != 0) {
          return fail(Errc::malformed_payload,
                      std::string("broken zstd data: ") + ZSTD_getErrorName(left));
        }
        in_frame = left > 0;
        got = output.pos;
      }
    }
    if (got == 0) return false;
    total += got;
    if (total > kMaxTotal) return fail(Errc::too_large, "a capture of more than 1 GiB");
    buffer.erase(0, used);
    used = 0;
    buffer.append(chunk.data(), got);
    return true;
  }

  // At least `bytes` bytes of content from `used` on. False when there are fewer.
  Result<bool> need(std::size_t bytes) {
    while (buffer.size() - used < bytes) {
      auto more = fill();
      if (!more) return more.error();
      if (!*more) return false;
    }
    return true;
  }

  Result<void> begin() {
    std::array<char, kZstdMagic.size()> magic{};
    while (first.size() < magic.size()) {
      auto read = source(std::span(magic).first(magic.size() - first.size()));
      if (!read) return read.error();
      if (*read == 0) break;
      first.append(magic.data(), *read);
    }
    if (first.size() == kZstdMagic.size() &&
        std::memcmp(first.data(), kZstdMagic.data(), kZstdMagic.size()) == 0) {
      zstd.reset(ZSTD_createDStream());
      if (!zstd) return fail(Errc::io, "no memory for zstd");
      ZSTD_DCtx_setParameter(zstd.get(), ZSTD_d_windowLogMax, kMaxWindowLog);
      compressed.resize(kChunk);
    }
    auto whole = need(kHeader.size());
    if (!whole) return whole.error();
    if (!*whole) return fail(Errc::malformed_payload, "not a DogStatsD capture");
    for (std::size_t i = 0; i < kHeader.size(); ++i) {
      const auto byte = static_cast<unsigned char>(buffer[i]);
      if (i == kVersionByte ? (byte & 0xF0u) != 0xF0u : byte != kHeader[i]) {
        return fail(Errc::malformed_payload, "not a DogStatsD capture");
      }
    }
    version = static_cast<unsigned char>(buffer[kVersionByte]) & 0x0F;
    if (version > kVersion) {
      return fail(Errc::unsupported, "a capture of version " + std::to_string(version) +
                                         ", known are those up to " + std::to_string(kVersion));
    }
    used = kHeader.size();
    return {};
  }

  Result<bool> next(CapturedPacket& packet) {
    if (ended) return false;
    auto more = need(4);
    if (!more) return more.error();
    const std::uint32_t length = *more ? length_of(buffer.data() + used) : 0;
    if (length == 0) {  // the state of the tagger follows, or nothing
      ended = true;
      return false;
    }
    if (length > kMaxPacket) {
      return fail(Errc::too_large,
                  "a packet of " + std::to_string(length) + " bytes, 1048576 are allowed");
    }
    more = need(4 + std::size_t{length});
    if (!more) return more.error();
    if (!*more) return fail(Errc::malformed_payload, "the capture ends in the middle of a packet");
    const std::string_view message(buffer.data() + used + 4, length);
    used += 4 + std::size_t{length};
    if (!read_message(message, packet)) {
      return fail(Errc::malformed_payload, "a packet that does not parse");
    }
    return true;
  }

  bool read_message(std::string_view message, CapturedPacket& packet) const {
    packet = {};
    std::int64_t size = -1;
    // protozero tells broken bytes by exceptions.
    try {
      protozero::pbf_reader reader(message.data(), message.size());
      while (reader.next()) {
        const auto type = reader.wire_type();
        if (reader.tag() == kTimestamp && type == protozero::pbf_wire_type::varint) {
          packet.time = time_of(reader.get_int64());
        } else if (reader.tag() == kPayloadSize && type == protozero::pbf_wire_type::varint) {
          size = reader.get_int32();
        } else if (reader.tag() == kPid && type == protozero::pbf_wire_type::varint) {
          packet.pid = reader.get_int32();
        } else if (reader.tag() == kPayload && type == protozero::pbf_wire_type::length_delimited) {
          const protozero::data_view view = reader.get_view();
          packet.bytes = {view.data(), view.size()};
        } else {
          reader.skip();
        }
      }
    } catch (const protozero::exception&) {
      return false;
    }
    // The Agent writes its whole buffer; only so much of it was received.
    if (size >= 0) packet.bytes = packet.bytes.substr(0, static_cast<std::size_t>(size));
    return true;
  }

  [[nodiscard]] std::chrono::nanoseconds time_of(std::int64_t value) const {
    if (version >= kFirstWithNanoseconds) return std::chrono::nanoseconds(value);
    constexpr std::int64_t kLargest = std::numeric_limits<std::int64_t>::max() / 1'000'000'000;
    return std::chrono::seconds(std::clamp(value, -kLargest, kLargest));
  }

  Source source;
  std::string first;  ///< of the file, read to see what it is
  std::unique_ptr<ZSTD_DStream, ZstdFree> zstd;
  std::vector<char> compressed;
  ZSTD_inBuffer input{nullptr, 0, 0};
  bool in_frame = false;
  std::string buffer;  ///< content; what is before `used` has been given out
  std::size_t used = 0;
  std::uint64_t total = 0;
  int version = 0;
  bool ended = false;
};

CaptureReader::CaptureReader(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
CaptureReader::~CaptureReader() = default;

Result<std::unique_ptr<CaptureReader>> CaptureReader::open(Source source) {
  auto impl = std::make_unique<Impl>(std::move(source));
  if (auto begun = impl->begin(); !begun) return begun.error();
  return std::unique_ptr<CaptureReader>(new CaptureReader(std::move(impl)));
}

Result<std::unique_ptr<CaptureReader>> CaptureReader::open_file(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return fail(Errc::io, path + ": " + std::strerror(errno));
  const std::shared_ptr<void> closer(nullptr, [fd](void*) { ::close(fd); });
  auto reader = open([fd, closer](std::span<char> into) -> Result<std::size_t> {
    for (;;) {
      const ssize_t got = ::read(fd, into.data(), into.size());
      if (got >= 0) return static_cast<std::size_t>(got);
      if (errno != EINTR) return fail(Errc::io, std::strerror(errno));
    }
  });
  if (!reader) return fail(reader.error().code(), path + ": " + reader.error().message());
  return reader;
}

Result<bool> CaptureReader::next(CapturedPacket& packet) { return impl_->next(packet); }
int CaptureReader::version() const noexcept { return impl_->version; }

}  // namespace remora::dogstatsd
