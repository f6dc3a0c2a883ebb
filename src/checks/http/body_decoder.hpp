// Content-Encoding of an answer: gzip and deflate, as a stream.
//
// The header is a list. What names no coding at all, such as "utf-8" or "none", says nothing about
// the bytes, as browsers, curl and Python's requests have it. A coding that exists and is not known
// here, such as br, fails with the first byte that would have to be decoded.
#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "remora/core/error.hpp"

namespace remora::checks {

class BodyDecoder {
 public:
  using Sink = std::function<bool(std::string_view)>;

  /// `encoding` is the header's value, empty for none; `max_bytes` counts what `sink` gets, whose
  /// false ends the decoding.
  [[nodiscard]] static std::unique_ptr<BodyDecoder> create(std::string_view encoding,
                                                           std::size_t max_bytes, Sink sink);
  virtual ~BodyDecoder() = default;
  /// False on the first failure, `error()` then says which: too_large, malformed_payload,
  /// unsupported.
  [[nodiscard]] virtual bool put(std::string_view bytes) = 0;
  /// The body has ended. False when it is not all there.
  [[nodiscard]] virtual bool finish() = 0;
  [[nodiscard]] const Error& error() const { return error_; }

 protected:
  BodyDecoder(std::size_t max_bytes, Sink sink) : left_(max_bytes), sink_(std::move(sink)) {}
  bool give(std::string_view bytes);
  bool failed(Errc code, std::string message);

 private:
  std::size_t left_;
  Sink sink_;
  Error error_;
};

}  // namespace remora::checks
