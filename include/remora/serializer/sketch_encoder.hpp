// Sketches -> payloads of POST /api/beta/sketches (protobuf datadog.agentpayload.SketchPayload).
//
// Source: DataDog/agent-payload proto/metrics/agent_payload.proto; DataDog/datadog-agent
// pkg/serializer/internal/metrics/sketch_series_list.go.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "remora/model/metric_view.hpp"
#include "remora/serializer/payload_sink.hpp"
#include "remora/serializer/service_check_encoder.hpp"
#include "remora/telemetry/counters.hpp"

namespace remora::serializer {

/// One Sketch message, without outer tag and length. For golden-byte tests.
[[nodiscard]] std::string encode_sketch(const model::SketchView& sketch);

/// Streams: finished payloads go to the sink, nothing else is kept. Threading: one thread.
class SketchSerializer {
 public:
  SketchSerializer(CompressionKind kind, int level, PayloadLimits limits,
                   telemetry::SerializerCounters& counters, PayloadSink sink);
  ~SketchSerializer();
  void add(const model::SketchView& sketch);
  /// Ends the open payload.
  void finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace remora::serializer
