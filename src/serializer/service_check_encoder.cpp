#include "remora/serializer/service_check_encoder.hpp"

#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "remora/core/log.hpp"
#include "serializer/payload_splitter.hpp"

namespace remora::serializer {
namespace {

const core::Logger kLog("serializer");

}  // namespace

std::string encode_service_check(const model::ServiceCheck& check) {
  using Json = nlohmann::ordered_json;
  Json element;
  element["check"] = check.check;
  element["host_name"] = check.host;
  element["timestamp"] = check.timestamp;
  element["status"] = static_cast<int>(check.status);
  element["message"] = check.message;
  element["tags"] = check.tags->empty() ? Json(nullptr) : Json(*check.tags);
  return element.dump(-1, ' ', false, Json::error_handler_t::replace);
}

ServiceCheckSerializer::ServiceCheckSerializer(CompressionKind kind, int level,
                                               PayloadLimits limits,
                                               telemetry::SerializerCounters& counters)
    : compressor_(kind, level), kind_(kind), limits_(limits), counters_(counters) {}

std::vector<model::Payload> ServiceCheckSerializer::serialize(
    std::span<const model::ServiceCheck> checks) {
  PayloadShape shape;
  shape.kind = model::PayloadKind::service_checks;
  shape.path = "/api/v1/check_run";
  shape.content_type = "application/json";
  shape.content_encoding = content_encoding(kind_);
  shape.open = "[";
  shape.separator = ",";
  shape.close = "]";
  shape.max_compressed_bytes = limits_.max_compressed_bytes;
  shape.max_uncompressed_bytes = limits_.max_uncompressed_bytes;
  shape.max_items = std::numeric_limits<std::size_t>::max();
  std::vector<model::Payload> payloads;
  PayloadSplitter splitter(compressor_, shape, counters_, [&payloads](model::Payload payload) {
    payloads.push_back(std::move(payload));
  });

  const model::ServiceCheck* first_dropped = nullptr;
  std::size_t dropped = 0;
  for (const model::ServiceCheck& check : checks) {
    if (splitter.add(encode_service_check(check), 1)) continue;
    if (dropped++ == 0) first_dropped = &check;
    counters_.dropped_too_large.add();
  }
  if (first_dropped != nullptr) {
    kLog.error("service check dropped, larger than the intake takes",
               {{"check", first_dropped->check},
                {"max_bytes", limits_.max_compressed_bytes},
                {"dropped", dropped}});
  }
  splitter.finish();
  return payloads;
}

}  // namespace remora::serializer
