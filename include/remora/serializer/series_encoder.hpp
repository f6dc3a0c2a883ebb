// Series -> payloads of POST /api/v2/series (protobuf datadog.agentpayload.MetricPayload).
//
// Source: DataDog/agent-payload proto/metrics/agent_payload.proto; limits: DataDog/datadog-agent
// pkg/config/setup (serializer_max_series_*).
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "remora/model/metric.hpp"
#include "remora/model/payload.hpp"
#include "remora/serializer/compression.hpp"
#include "remora/telemetry/counters.hpp"

namespace remora::serializer {

struct SeriesLimits {
  std::size_t max_compressed_bytes = 512'000;
  std::size_t max_uncompressed_bytes = 5'242'880;
  std::size_t max_points = 10'000;
};

/// Encodes one MetricSeries message (without the outer tag and length). For golden-byte tests.
/// `device:X` and `dd.internal.resource:type:name` tags become resources; the `host` resource is
/// always written, without a name when the host is empty.
[[nodiscard]] std::string encode_series(const model::Series& series);

/// Splits into as many payloads as the limits ask for; a series is never split, order is kept. A
/// series that fits no payload is dropped and counted in `dropped_too_large`; the first of a flush
/// is logged by name. Threading: one thread. Streams: the whole uncompressed payload is never held.
class SeriesSerializer {
 public:
  SeriesSerializer(CompressionKind kind, int level, SeriesLimits limits,
                   telemetry::SerializerCounters& counters);
  [[nodiscard]] std::vector<model::Payload> serialize(std::span<const model::Series> series);

 private:
  Compressor compressor_;
  CompressionKind kind_;
  SeriesLimits limits_;
  telemetry::SerializerCounters& counters_;
  std::string message_, element_, scratch_;  ///< reused from series to series
};

}  // namespace remora::serializer
