// Events -> payloads of POST /intake/ (JSON, grouped by source type).
//
// Source: DataDog/datadog-agent pkg/serializer/internal/metrics/events.go.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "remora/model/event.hpp"
#include "remora/model/payload.hpp"
#include "remora/serializer/service_check_encoder.hpp"
#include "remora/telemetry/counters.hpp"

namespace remora::serializer {

/// One event object, keys in the order of the Agent. Invalid UTF-8 is replaced with U+FFFD.
[[nodiscard]] std::string encode_event(const model::Event& event);

/// Events of one source type follow each other; a group may go on in the next payload. An event
/// that fits no payload is dropped, counted and named. Threading: one thread.
class EventSerializer {
 public:
  EventSerializer(CompressionKind kind, int level, PayloadLimits limits, std::string hostname,
                  telemetry::SerializerCounters& counters);
  [[nodiscard]] std::vector<model::Payload> serialize(std::vector<model::Event> events);

 private:
  Compressor compressor_;
  CompressionKind kind_;
  PayloadLimits limits_;
  std::string hostname_;
  telemetry::SerializerCounters& counters_;
};

}  // namespace remora::serializer
