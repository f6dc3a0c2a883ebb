#include "checks/http/body_decoder.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <string>
#include <vector>

#include "remora/core/ascii.hpp"

namespace remora::checks {
namespace {

class Plain final : public BodyDecoder {
 public:
  Plain(std::size_t max_bytes, Sink sink) : BodyDecoder(max_bytes, std::move(sink)) {}
  bool put(std::string_view bytes) override { return give(bytes); }
  bool finish() override { return true; }
};

class Unknown final : public BodyDecoder {
 public:
  Unknown(std::string coding, std::size_t max_bytes, Sink sink)
      : BodyDecoder(max_bytes, std::move(sink)), coding_(std::move(coding)) {}
  bool put(std::string_view bytes) override {
    if (bytes.empty()) return true;
    return failed(Errc::unsupported,
                  "Content-Encoding is neither gzip nor deflate, but " + coding_);
  }
  bool finish() override { return true; }

 private:
  std::string coding_;
};

// Source: the IANA registry of HTTP content codings, and their aliases.
constexpr std::string_view kCodings[] = {"gzip", "x-gzip",       "deflate",   "br",
                                         "zstd", "compress",     "dcb",       "dcz",
                                         "exi",  "pack200-gzip", "aes128gcm", "x-compress"};

// Those of `encoding` that are one, in lower case.
std::vector<std::string> codings_of(std::string_view encoding) {
  std::vector<std::string> out;
  const std::string names = core::ascii_lower(encoding);
  constexpr std::string_view kBetween = ", \t";
  for (std::size_t at = names.find_first_not_of(kBetween); at < names.size();) {
    const std::size_t end = std::min(names.find_first_of(kBetween, at), names.size());
    std::string name = names.substr(at, end - at);
    if (std::find(std::begin(kCodings), std::end(kCodings), name) != std::end(kCodings)) {
      out.push_back(std::move(name));
    }
    at = names.find_first_not_of(kBetween, end);
  }
  return out;
}

class Inflater final : public BodyDecoder {
 public:
  enum class Format { gzip, deflate };
  Inflater(Format format, std::size_t max_bytes, Sink sink)
      : BodyDecoder(max_bytes, std::move(sink)), format_(format) {}
  ~Inflater() override {
    if (ready_) inflateEnd(&stream_);
  }

  bool put(std::string_view bytes) override {
    if (!ready_) {
      while (head_.size() < 2 && !bytes.empty()) {
        head_ += bytes.front();
        bytes.remove_prefix(1);
      }
      if (head_.size() < 2) return true;
      ready_ = inflateInit2(&stream_, window_bits()) == Z_OK;
      if (!ready_) return failed(Errc::malformed_payload, "zlib has no memory");
      if (!decode(head_)) return false;
    }
    return decode(bytes);
  }

  bool finish() override {
    if (ended_ || head_.empty()) return true;
    return failed(Errc::malformed_payload, "the compressed body ends too early");
  }

 private:
  // Many servers leave out the zlib header that RFC 9110 asks for with "deflate".
  int window_bits() const {
    if (format_ == Format::gzip) return MAX_WBITS + 16;
    const auto first = static_cast<unsigned char>(head_[0]);
    const auto second = static_cast<unsigned char>(head_[1]);
    const bool zlib = (first & 0x0f) == Z_DEFLATED && (first * 256 + second) % 31 == 0;
    return zlib ? MAX_WBITS : -MAX_WBITS;
  }

  bool decode(std::string_view bytes) {
    while (!bytes.empty()) {
      if (ended_) {
        // A gzip file may have further members; what else follows is padding.
        if (format_ != Format::gzip || bytes.front() != '\x1f') return true;
        inflateReset(&stream_);
        ended_ = false;
      }
      const std::size_t before = bytes.size();
      if (!step(bytes)) return false;
      if (bytes.size() == before && !ended_) break;
    }
    return true;
  }

  // Decodes all that the bytes give; takes them off the front.
  bool step(std::string_view& bytes) {
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream_.avail_in = static_cast<uInt>(std::min<std::size_t>(bytes.size(), 1u << 30));
    const uInt offered = stream_.avail_in;
    do {
      stream_.next_out = reinterpret_cast<Bytef*>(out_.data());
      stream_.avail_out = static_cast<uInt>(out_.size());
      const int code = inflate(&stream_, Z_NO_FLUSH);
      if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR) {
        return failed(Errc::malformed_payload, "the body is not what its Content-Encoding says");
      }
      const std::size_t made = out_.size() - stream_.avail_out;
      if (made > 0 && !give(std::string_view(out_.data(), made))) return false;
      ended_ = code == Z_STREAM_END;
    } while (!ended_ && stream_.avail_out == 0);
    bytes.remove_prefix(offered - stream_.avail_in);
    return true;
  }

  Format format_;
  z_stream stream_{};
  bool ready_ = false, ended_ = false;
  std::string head_;  ///< the first two bytes, which tell the format
  std::array<char, 16 * 1024> out_;
};

}  // namespace

bool BodyDecoder::give(std::string_view bytes) {
  if (bytes.size() > left_) {
    return failed(Errc::too_large, "the body exceeds its limit");
  }
  left_ -= bytes.size();
  return sink_(bytes) || failed(Errc::too_large, "the body exceeds what its reader takes");
}

bool BodyDecoder::failed(Errc code, std::string message) {
  error_ = fail(code, std::move(message));
  return false;
}

std::unique_ptr<BodyDecoder> BodyDecoder::create(std::string_view encoding, std::size_t max_bytes,
                                                 Sink sink) {
  const std::vector<std::string> codings = codings_of(encoding);
  if (codings.empty()) return std::make_unique<Plain>(max_bytes, std::move(sink));
  const std::string& coding = codings.front();
  if (codings.size() == 1 && (coding == "gzip" || coding == "x-gzip" || coding == "deflate")) {
    const auto format = coding == "deflate" ? Inflater::Format::deflate : Inflater::Format::gzip;
    return std::make_unique<Inflater>(format, max_bytes, std::move(sink));
  }
  return std::make_unique<Unknown>(codings.size() == 1 ? coding : "several codings", max_bytes,
                                   std::move(sink));
}

}  // namespace remora::checks
