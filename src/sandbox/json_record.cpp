#include "sandbox/json_record.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>

#include "remora/core/printable.hpp"
#include "sandbox/metadata_documents.hpp"

namespace remora::sandbox {
namespace {

using Json = nlohmann::ordered_json;

std::string text_of(const Json& json) {
  return core::printable(json.dump(-1, ' ', false, Json::error_handler_t::replace),
                         core::Breaks::kept);
}

Json series_json(const ReceivedSeries& series) {
  constexpr const char* kTypes[]{"unspecified", "count", "rate", "gauge"};
  Json out;
  out["metric"] = series.metric;
  out["type"] = series.type >= 0 && series.type <= 3 ? kTypes[series.type] : "unknown";
  Json points = Json::array();
  for (const ReceivedPoint& p : series.points) points.push_back({p.timestamp, p.value});
  out["points"] = std::move(points);
  out["tags"] = series.tags;
  out["host"] = series.host;
  out["interval"] = series.interval;
  out["unit"] = series.unit;
  out["source_type_name"] = series.source_type_name;
  out["origin"] = {{"product", series.origin_product},
                   {"category", series.origin_category},
                   {"service", series.origin_service}};
  return out;
}

Json sketch_json(const ReceivedSketch& sketch) {
  Json out;
  out["metric"] = sketch.metric;
  Json points = Json::array();
  for (const ReceivedSketchPoint& p : sketch.points) {
    Json point;
    point["timestamp"] = p.timestamp;
    point["count"] = p.count;
    point["min"] = p.min;
    point["max"] = p.max;
    point["avg"] = p.average;
    point["sum"] = p.sum;
    point["bins"] = p.bins;
    points.push_back(std::move(point));
  }
  out["points"] = std::move(points);
  out["tags"] = sketch.tags;
  out["host"] = sketch.host;
  return out;
}

Json event_json(const ReceivedEvent& event) {
  Json out;
  out["title"] = event.title;
  out["text"] = event.text;
  out["timestamp"] = event.timestamp;
  out["priority"] = event.priority;
  out["alert_type"] = event.alert_type;
  out["host"] = event.host;
  out["tags"] = event.tags;
  out["source_type_name"] = event.source_type_name;
  return out;
}

}  // namespace

void JsonRecord::add(const AcceptedPayload& payload) {
  Json out;
  out["at"] = rfc3339(payload.at);
  out["path"] = payload.path;
  out["content_encoding"] = payload.content_encoding;
  out["bytes"] = payload.bytes;
  out["uncompressed_bytes"] = payload.uncompressed_bytes;
  if (!payload.series.empty()) {
    Json series = Json::array();
    for (const ReceivedSeries& s : payload.series) series.push_back(series_json(s));
    out["series"] = std::move(series);
  }
  if (!payload.sketches.empty()) {
    Json sketches = Json::array();
    for (const ReceivedSketch& s : payload.sketches) sketches.push_back(sketch_json(s));
    out["sketches"] = std::move(sketches);
  }
  if (!payload.events.empty()) {
    Json events = Json::array();
    for (const ReceivedEvent& e : payload.events) events.push_back(event_json(e));
    out["events"] = std::move(events);
  }
  if (!payload.service_checks.empty()) {
    Json checks = Json::array();
    for (const ReceivedServiceCheck& c : payload.service_checks) {
      Json check;
      check["check"] = c.check;
      check["status"] = c.status;
      check["timestamp"] = c.timestamp;
      check["host_name"] = c.host;
      check["message"] = c.message;
      check["tags"] = c.tags;
      checks.push_back(std::move(check));
    }
    out["service_checks"] = std::move(checks);
  }
  std::string text = text_of(out);
  if (bytes_ + text.size() > kMaxBytes) {
    ++left_out_;
    return;
  }
  bytes_ += text.size();
  payloads_.push_back(std::move(text));
}

std::string JsonRecord::document(const ReportView& view, const Verdict& verdict,
                                 const Received& received) const {
  Json head;
  head["family"] = view.family;
  head["launch_type"] = view.launch_type;
  head["pass"] = verdict.ok();
  Json lines = Json::array();
  for (const Verdict::Line& line : verdict.lines)
    lines.push_back({{"ok", line.mark == Mark::ok}, {"text", line.text}});
  head["verdict"] = std::move(lines);
  Json containers = Json::array();
  for (const ContainerView& c : view.containers)
    containers.push_back({{"name", c.name},
                          {"docker_id", c.docker_id},
                          {"stats_from", c.origin},
                          {"series", rows_of_container(received, c.docker_id, c.name)}});
  head["containers"] = std::move(containers);
  head["servers"] = view.servers;
  head["findings"] = view.findings;
  Json refused = Json::object();
  for (const auto& [status, count] : received.refusals()) refused[std::to_string(status)] = count;
  head["refused"] = std::move(refused);
  head["payloads_left_out"] = left_out_;
  std::string out = text_of(head);
  out.back() = ',';
  out += "\n\"payloads\":[";
  for (std::size_t i = 0; i < payloads_.size(); ++i) out += (i == 0 ? "\n" : ",\n") + payloads_[i];
  return out + "\n]}\n";
}

Result<void> write_file(const std::string& path, std::string_view text) {
  const std::string unfinished = path + ".part";
  std::ofstream file(unfinished, std::ios::binary | std::ios::trunc);
  file.write(text.data(), static_cast<std::streamsize>(text.size()));
  file.close();
  if (!file || std::rename(unfinished.c_str(), path.c_str()) != 0) {
    const int cause = errno;
    std::remove(unfinished.c_str());
    return fail(Errc::io, path + ": " + std::strerror(cause));
  }
  return {};
}

}  // namespace remora::sandbox
