#include "remora/serializer/event_encoder.hpp"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "remora/core/log.hpp"
#include "remora/core/utf8.hpp"
#include "serializer/payload_splitter.hpp"

namespace remora::serializer {
namespace {

using Json = nlohmann::ordered_json;

const core::Logger kLog("serializer");

constexpr std::string_view kOpen = R"({"apiKey":"","events":{)";
constexpr std::string_view kNoSourceType = "api";
constexpr std::size_t kLoggedTitleBytes = 200;

std::string_view to_text(model::EventPriority priority) {
  return priority == model::EventPriority::low ? "low" : "normal";
}

std::string_view to_text(model::AlertType type) {
  switch (type) {
    case model::AlertType::info:
      return "info";
    case model::AlertType::warning:
      return "warning";
    case model::AlertType::error:
      return "error";
    case model::AlertType::success:
      break;
  }
  return "success";
}

std::string text_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string_view group_of(const model::Event& event) {
  return event.source_type_name.empty() ? kNoSourceType : std::string_view(event.source_type_name);
}

}  // namespace

std::string encode_event(const model::Event& event) {
  Json element;
  element["msg_title"] = event.title;
  element["msg_text"] = event.text;
  element["timestamp"] = event.timestamp;
  element["priority"] = to_text(event.priority);
  element["host"] = event.host;
  if (!event.tags->empty()) element["tags"] = *event.tags;
  element["alert_type"] = to_text(event.alert_type);
  if (!event.aggregation_key.empty()) element["aggregation_key"] = event.aggregation_key;
  if (!event.source_type_name.empty()) element["source_type_name"] = event.source_type_name;
  return text_of(element);
}

EventSerializer::EventSerializer(CompressionKind kind, int level, PayloadLimits limits,
                                 std::string hostname, telemetry::SerializerCounters& counters)
    : compressor_(kind, level),
      kind_(kind),
      limits_(limits),
      hostname_(std::move(hostname)),
      counters_(counters) {}

std::vector<model::Payload> EventSerializer::serialize(std::vector<model::Event> events) {
  // Source types that become the same text must be one group: a key may not come twice.
  std::string scratch;
  for (model::Event& event : events) {
    const std::string_view valid = core::valid_utf8(event.source_type_name, scratch);
    if (valid.data() == scratch.data()) event.source_type_name = scratch;
  }
  std::stable_sort(events.begin(), events.end(),
                   [](const auto& a, const auto& b) { return group_of(a) < group_of(b); });

  const std::string close = "]},\"internalHostname\":" + text_of(hostname_) + "}";
  PayloadShape shape;
  shape.kind = model::PayloadKind::events;
  shape.path = "/intake/";
  shape.content_type = "application/json";
  shape.content_encoding = content_encoding(kind_);
  shape.open = kOpen;
  shape.close = close;
  shape.max_compressed_bytes = limits_.max_compressed_bytes;
  shape.max_uncompressed_bytes = limits_.max_uncompressed_bytes;
  shape.max_items = std::numeric_limits<std::size_t>::max();
  std::vector<model::Payload> payloads;
  PayloadSplitter splitter(compressor_, shape, counters_, [&payloads](model::Payload payload) {
    payloads.push_back(std::move(payload));
  });

  const model::Event* first_dropped = nullptr;
  std::size_t dropped = 0;
  const model::Event* before = nullptr;  // the last one that was added
  for (const model::Event& event : events) {
    const std::string group = text_of(group_of(event)) + ":[";
    const bool same = before != nullptr && group_of(*before) == group_of(event);
    const std::string other = "]," + group;
    if (splitter.add(encode_event(event), 1, {group, same ? std::string_view(",") : other})) {
      before = &event;
      continue;
    }
    if (dropped++ == 0) first_dropped = &event;
    counters_.dropped_too_large.add();
  }
  if (first_dropped != nullptr) {
    kLog.error("event dropped, larger than the intake takes",
               {{"title", core::utf8_prefix(first_dropped->title, kLoggedTitleBytes)},
                {"max_bytes", limits_.max_compressed_bytes},
                {"dropped", dropped}});
  }
  splitter.finish();
  return payloads;
}

}  // namespace remora::serializer
