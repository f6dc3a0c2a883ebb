// Service checks -> payloads of POST /api/v1/check_run (a JSON array, compressed).
//
// Source: DataDog/datadog-agent pkg/serializer/internal/metrics/service_checks.go.
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

struct PayloadLimits {
  std::size_t max_compressed_bytes = 2'621'440;
  std::size_t max_uncompressed_bytes = 4'194'304;
};

/// One element, keys in the order of the Agent. Invalid UTF-8 is replaced with U+FFFD.
[[nodiscard]] std::string encode_service_check(const model::ServiceCheck& check);

class ServiceCheckSerializer {
 public:
  ServiceCheckSerializer(CompressionKind kind, int level, PayloadLimits limits,
                         telemetry::SerializerCounters& counters);
  [[nodiscard]] std::vector<model::Payload> serialize(std::span<const model::ServiceCheck> checks);

 private:
  Compressor compressor_;
  CompressionKind kind_;
  PayloadLimits limits_;
  telemetry::SerializerCounters& counters_;
};

}  // namespace remora::serializer
