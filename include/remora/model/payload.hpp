// A finished request body, on its way from the serializer to the forwarder.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace remora::model {

enum class PayloadKind : std::uint8_t { series, service_checks, sketches, events, metadata };

[[nodiscard]] constexpr std::string_view to_string(PayloadKind kind) {
  switch (kind) {
    case PayloadKind::series:
      return "series";
    case PayloadKind::service_checks:
      return "service_checks";
    case PayloadKind::sketches:
      return "sketches";
    case PayloadKind::events:
      return "events";
    case PayloadKind::metadata:
      return "metadata";
  }
  return "unknown";
}

struct Payload {
  PayloadKind kind = PayloadKind::series;
  std::uint32_t stream = 0;  ///< payloads of one stream keep their order at an intake that has one
  std::string_view path;     ///< "/api/v2/series": a literal of the serializer
  std::string_view content_type;            ///< literal
  std::string_view content_encoding;        ///< literal: "zstd", "gzip", "deflate" or "" for none
  std::shared_ptr<const std::string> body;  ///< compressed bytes, shared by every endpoint and key
  std::size_t items = 0;  ///< points (series) or elements: what is counted when it is lost
  std::size_t uncompressed_bytes = 0;
};

}  // namespace remora::model
