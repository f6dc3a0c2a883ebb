#include "sandbox/intake_decoder.hpp"

#include <nlohmann/json.hpp>
#include <protozero/exception.hpp>
#include <protozero/pbf_reader.hpp>

namespace remora::sandbox {
namespace {

using Json = nlohmann::json;
using Reader = protozero::pbf_reader;

constexpr std::size_t kMaxPoints = 10'000;  // serializer_max_series_points_per_payload

void read_resource(Reader in, ReceivedSeries& out) {
  std::string type, name;
  while (in.next()) {
    if (in.tag() == 1 && in.wire_type() == protozero::pbf_wire_type::length_delimited)
      type = in.get_string();
    else if (in.tag() == 2 && in.wire_type() == protozero::pbf_wire_type::length_delimited)
      name = in.get_string();
    else
      in.skip();
  }
  if (type == "host")
    out.host = std::move(name);
  else if (!type.empty())
    out.tags.push_back(type + ":" + name);  // a resource was a tag before it was encoded
}

ReceivedPoint read_point(Reader in) {
  ReceivedPoint out;
  while (in.next()) {
    if (in.tag() == 1 && in.wire_type() == protozero::pbf_wire_type::fixed64)
      out.value = in.get_double();
    else if (in.tag() == 2 && in.wire_type() == protozero::pbf_wire_type::varint)
      out.timestamp = in.get_int64();
    else
      in.skip();
  }
  return out;
}

void read_metadata(Reader in, ReceivedSeries& out) {
  while (in.next(1, protozero::pbf_wire_type::length_delimited)) {
    Reader origin = in.get_message();
    while (origin.next()) {
      if (origin.wire_type() != protozero::pbf_wire_type::varint) {
        origin.skip();
        continue;
      }
      const std::uint32_t tag = origin.tag();
      const std::uint32_t value = origin.get_uint32();
      if (tag == 4) out.origin_product = value;
      if (tag == 5) out.origin_category = value;
      if (tag == 6) out.origin_service = value;
    }
  }
}

ReceivedSeries read_series(Reader in) {
  using protozero::pbf_wire_type;
  ReceivedSeries out;
  while (in.next()) {
    switch (in.tag_and_type()) {
      case protozero::tag_and_type(1, pbf_wire_type::length_delimited):
        read_resource(in.get_message(), out);
        break;
      case protozero::tag_and_type(2, pbf_wire_type::length_delimited):
        out.metric = in.get_string();
        break;
      case protozero::tag_and_type(3, pbf_wire_type::length_delimited):
        out.tags.push_back(in.get_string());
        break;
      case protozero::tag_and_type(4, pbf_wire_type::length_delimited):
        out.points.push_back(read_point(in.get_message()));
        break;
      case protozero::tag_and_type(5, pbf_wire_type::varint):
        out.type = in.get_enum();
        break;
      case protozero::tag_and_type(6, pbf_wire_type::length_delimited):
        out.unit = in.get_string();
        break;
      case protozero::tag_and_type(7, pbf_wire_type::length_delimited):
        out.source_type_name = in.get_string();
        break;
      case protozero::tag_and_type(8, pbf_wire_type::varint):
        out.interval = in.get_int64();
        break;
      case protozero::tag_and_type(9, pbf_wire_type::length_delimited):
        read_metadata(in.get_message(), out);
        break;
      default:
        in.skip();
    }
  }
  return out;
}

ReceivedSketchPoint read_sketch_point(Reader in) {
  using protozero::pbf_wire_type;
  ReceivedSketchPoint out;
  std::size_t keys = 0;
  while (in.next()) {
    switch (in.tag_and_type()) {
      case protozero::tag_and_type(1, pbf_wire_type::varint):
        out.timestamp = in.get_int64();
        break;
      case protozero::tag_and_type(2, pbf_wire_type::varint):
        out.count = in.get_int64();
        break;
      case protozero::tag_and_type(3, pbf_wire_type::fixed64):
        out.min = in.get_double();
        break;
      case protozero::tag_and_type(4, pbf_wire_type::fixed64):
        out.max = in.get_double();
        break;
      case protozero::tag_and_type(5, pbf_wire_type::fixed64):
        out.average = in.get_double();
        break;
      case protozero::tag_and_type(6, pbf_wire_type::fixed64):
        out.sum = in.get_double();
        break;
      case protozero::tag_and_type(7, pbf_wire_type::length_delimited):
        keys += in.get_packed_sint32().size();
        break;
      case protozero::tag_and_type(8, pbf_wire_type::length_delimited):
        out.bins += in.get_packed_uint32().size();
        break;
      default:
        in.skip();
    }
  }
  if (keys != out.bins) out.bins = 0;  // no bins at all is as wrong as bins that do not match
  return out;
}

ReceivedSketch read_sketch(Reader in) {
  using protozero::pbf_wire_type;
  ReceivedSketch out;
  while (in.next()) {
    switch (in.tag_and_type()) {
      case protozero::tag_and_type(1, pbf_wire_type::length_delimited):
        out.metric = in.get_string();
        break;
      case protozero::tag_and_type(2, pbf_wire_type::length_delimited):
        out.host = in.get_string();
        break;
      case protozero::tag_and_type(4, pbf_wire_type::length_delimited):
        out.tags.push_back(in.get_string());
        break;
      case protozero::tag_and_type(7, pbf_wire_type::length_delimited):
        out.points.push_back(read_sketch_point(in.get_message()));
        break;
      default:
        in.skip();
    }
  }
  return out;
}

std::string text_of(const Json& object, const char* key) {
  const auto it = object.find(key);
  return it != object.end() && it->is_string() ? it->get<std::string>() : std::string();
}

std::vector<std::string> tags_of(const Json& object) {
  std::vector<std::string> out;
  if (const auto tags = object.find("tags"); tags != object.end() && tags->is_array())
    for (const Json& tag : *tags)
      if (tag.is_string()) out.push_back(tag.get<std::string>());
  return out;
}

}  // namespace

Result<std::vector<ReceivedSeries>> decode_series(std::string_view body) {
  std::vector<ReceivedSeries> out;
  std::size_t points = 0;
  // protozero reports broken bytes with exceptions; none of them leaves this function.
  try {
    Reader payload(body.data(), body.size());
    while (payload.next()) {
      if (payload.tag_and_type() !=
          protozero::tag_and_type(1, protozero::pbf_wire_type::length_delimited)) {
        payload.skip();
        continue;
      }
      out.push_back(read_series(payload.get_message()));
      if (out.back().metric.empty())
        return fail(Errc::malformed_payload,
                    "series " + std::to_string(out.size() - 1) + " has no metric name");
      points += out.back().points.size();
      if (points > kMaxPoints)
        return fail(Errc::malformed_payload, "more than 10000 points in one payload");
    }
  } catch (const protozero::exception& e) {
    return fail(Errc::malformed_payload, std::string("not a series payload: ") + e.what());
  }
  return out;
}

Result<std::vector<ReceivedSketch>> decode_sketches(std::string_view body) {
  std::vector<ReceivedSketch> out;
  try {
    Reader payload(body.data(), body.size());
    while (payload.next()) {
      if (payload.tag_and_type() !=
          protozero::tag_and_type(1, protozero::pbf_wire_type::length_delimited)) {
        payload.skip();
        continue;
      }
      ReceivedSketch& sketch = out.emplace_back(read_sketch(payload.get_message()));
      const std::string which = "sketch " + std::to_string(out.size() - 1);
      if (sketch.metric.empty())
        return fail(Errc::malformed_payload, which + " has no metric name");
      if (sketch.points.empty()) return fail(Errc::malformed_payload, which + " has no points");
      for (const ReceivedSketchPoint& point : sketch.points)
        if (point.bins == 0)
          return fail(Errc::malformed_payload, which + ": keys and counts do not match");
    }
  } catch (const protozero::exception& e) {
    return fail(Errc::malformed_payload, std::string("not a sketch payload: ") + e.what());
  }
  return out;
}

Result<std::vector<ReceivedEvent>> decode_events(std::string_view body) {
  const Json document = Json::parse(body, nullptr, false);
  if (!document.is_object()) return fail(Errc::malformed_payload, "not a JSON object");
  std::vector<ReceivedEvent> out;
  const auto groups = document.find("events");
  if (groups == document.end()) return out;
  if (!groups->is_object()) return fail(Errc::malformed_payload, "events are not grouped");
  for (const auto& [group, events] : groups->items()) {
    if (!events.is_array()) return fail(Errc::malformed_payload, "events: a group is not a list");
    for (const Json& entry : events) {
      const std::string where = "event " + std::to_string(out.size());
      if (!entry.is_object()) return fail(Errc::malformed_payload, where + " is not an object");
      ReceivedEvent event;
      event.title = text_of(entry, "msg_title");
      event.text = text_of(entry, "msg_text");
      event.alert_type = text_of(entry, "alert_type");
      event.priority = text_of(entry, "priority");
      event.host = text_of(entry, "host");
      event.source_type_name = text_of(entry, "source_type_name");
      event.tags = tags_of(entry);
      const auto timestamp = entry.find("timestamp");
      if (event.title.empty()) return fail(Errc::malformed_payload, where + ": no msg_title");
      if (timestamp == entry.end() || !timestamp->is_number_integer())
        return fail(Errc::malformed_payload, where + ": timestamp must be a whole number");
      event.timestamp = timestamp->get<std::int64_t>();
      out.push_back(std::move(event));
    }
  }
  return out;
}

Result<std::vector<ReceivedServiceCheck>> decode_service_checks(std::string_view body) {
  const Json document = Json::parse(body, nullptr, false);
  if (!document.is_array())
    return fail(Errc::malformed_payload, "service checks are not a JSON list");
  std::vector<ReceivedServiceCheck> out;
  for (const Json& entry : document) {
    const std::string where = "service check " + std::to_string(out.size());
    if (!entry.is_object()) return fail(Errc::malformed_payload, where + " is not an object");
    ReceivedServiceCheck check;
    check.check = text_of(entry, "check");
    check.host = text_of(entry, "host_name");
    check.message = text_of(entry, "message");
    const auto status = entry.find("status"), timestamp = entry.find("timestamp");
    if (check.check.empty()) return fail(Errc::malformed_payload, where + ": check is missing");
    if (status == entry.end() || !status->is_number_unsigned() || *status > 3)
      return fail(Errc::malformed_payload, where + ": status must be 0 to 3");
    if (timestamp == entry.end() || !timestamp->is_number_integer())
      return fail(Errc::malformed_payload, where + ": timestamp must be a whole number");
    check.status = status->get<int>();
    check.timestamp = timestamp->get<std::int64_t>();
    check.tags = tags_of(entry);
    out.push_back(std::move(check));
  }
  return out;
}

}  // namespace remora::sandbox
