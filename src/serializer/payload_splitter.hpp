// Elements -> as few payloads as the limits allow, in order, streamed through one compressor.
//
// Invariant: no payload is over a limit. The compressed size of bytes the library still holds back
// is not known, so an upper bound is kept; when that reaches the limit the stream is flushed once
// to learn the true size, and only if the element still may not fit a new payload begins.
#pragma once

#include <cstddef>
#include <string_view>

#include "remora/model/payload.hpp"
#include "remora/serializer/compression.hpp"
#include "remora/serializer/payload_sink.hpp"
#include "remora/telemetry/counters.hpp"

namespace remora::serializer {

struct PayloadShape {
  model::PayloadKind kind = model::PayloadKind::series;
  std::string_view path, content_type, content_encoding;  ///< literals
  std::string_view open, separator, close;  ///< around and between; outlive the splitter
  std::size_t max_compressed_bytes = 0;
  std::size_t max_uncompressed_bytes = 0;
  std::size_t max_items = 0;
};

/// What comes before an element: as the first of a payload, after `open`, and after another.
struct Lead {
  std::string_view first, next;
};

class PayloadSplitter {
 public:
  PayloadSplitter(Compressor& compressor, PayloadShape shape,
                  telemetry::SerializerCounters& counters, PayloadSink sink);
  /// False when the element fits no payload, not even an empty one; nothing is counted then.
  /// Compressor failures are logged and counted here, with what they cost.
  [[nodiscard]] bool add(std::string_view element, std::size_t items) {
    return add(element, items, {{}, shape_.separator});
  }
  [[nodiscard]] bool add(std::string_view element, std::size_t items, const Lead& lead);
  /// Ends the open payload; an empty one is never sent.
  void finish();

 private:
  [[nodiscard]] bool fits(std::size_t bytes, std::size_t items);
  [[nodiscard]] bool write(std::string_view bytes);
  void failed(const Error& error);
  /// Ends the open payload. False when its only element is over the limit: then it is discarded.
  bool close();

  Compressor& compressor_;
  const PayloadShape shape_;
  telemetry::SerializerCounters& counters_;
  PayloadSink sink_;
  std::size_t elements_ = 0;  ///< in the open payload
  std::size_t items_ = 0;     ///< in the open payload
};

}  // namespace remora::serializer
