// Series -> payloads of POST /api/v2/series (protobuf datadog.agentpayload.MetricPayload).
//
// Source: DataDog/agent-payload proto/metrics/agent_payload.proto; limits: DataDog/datadog-agent
// pkg/config/setup (serializer_max_series_*).
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "remora/model/metric_view.hpp"
#include "remora/serializer/compression.hpp"
#include "remora/serializer/payload_sink.hpp"
#include "remora/telemetry/counters.hpp"

namespace remora::serializer {

struct SeriesLimits {
  std::size_t max_compressed_bytes = 512'000;
  std::size_t max_uncompressed_bytes = 5'242'880;
  std::size_t max_points = 10'000;
};

/// Encodes one MetricSeries message (without the outer tag and length). For golden-byte tests.
/// `device:X` and `dd.internal.resource:type:name` tags become resources; the `host` resource is
/// always written, without a name when the host is empty. Invalid UTF-8 is replaced with U+FFFD.
[[nodiscard]] std::string encode_series(const model::SeriesView& series);
[[nodiscard]] std::string encode_series(const model::Series& series);

/// Splits into as many payloads as the limits ask for, in order; each goes to the sink as soon as
/// it is full. A series with more points than a payload takes goes on as another element of the
/// same identity. What fits no payload even so is dropped and counted in `dropped_too_large`; the
/// first of a flush is logged by name. Memory: the compressor, its output, one element and the
/// encoded form of the shared tag lists; the uncompressed payload is never held.
/// Threading: one thread. The lists behind `shared_tags` are read during `add` only.
class SeriesSerializer {
 public:
  SeriesSerializer(CompressionKind kind, int level, SeriesLimits limits,
                   telemetry::SerializerCounters& counters, PayloadSink sink);
  ~SeriesSerializer();
  /// A series without points is nothing.
  void add(const model::SeriesView& series);
  void add(const model::Series& series);
  /// Ends the open payload, and with it the flush.
  void finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace remora::serializer
