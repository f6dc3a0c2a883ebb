// Reads what the series encoder wrote, with an independent reader: the intake's view.
#pragma once

#include <gtest/gtest.h>

#include <protozero/pbf_reader.hpp>
#include <string>
#include <utility>
#include <vector>

#include "remora/model/payload.hpp"
#include "remora/serializer/compression.hpp"

namespace remora::serializer {

struct DecodedSeries {
  std::vector<std::pair<std::string, std::string>> resources;  // type, name
  std::string metric, unit, source_type_name;
  std::vector<std::string> tags;
  std::vector<std::pair<std::int64_t, double>> points;  // timestamp, value
  int type = 0;
  std::int64_t interval = 0;
  std::vector<std::uint32_t> origin{0, 0, 0};
};

inline DecodedSeries decode_series(protozero::pbf_reader message) {
  DecodedSeries s;
  while (message.next()) {
    switch (message.tag()) {
      case 1: {
        auto& r = s.resources.emplace_back();
        auto resource = message.get_message();
        while (resource.next()) {
          std::string& text = resource.tag() == 1 ? r.first : r.second;
          text = resource.get_string();
        }
        break;
      }
      case 2:
        s.metric = message.get_string();
        break;
      case 3:
        s.tags.push_back(message.get_string());
        break;
      case 4: {
        auto& p = s.points.emplace_back();
        auto point = message.get_message();
        while (point.next()) {
          if (point.tag() == 1)
            p.second = point.get_double();
          else
            p.first = point.get_int64();
        }
        break;
      }
      case 5:
        s.type = message.get_enum();
        break;
      case 6:
        s.unit = message.get_string();
        break;
      case 7:
        s.source_type_name = message.get_string();
        break;
      case 8:
        s.interval = message.get_int64();
        break;
      case 9: {
        auto metadata = message.get_message();
        while (metadata.next(1)) {
          auto origin = metadata.get_message();
          while (origin.next()) s.origin.at(origin.tag() - 4) = origin.get_uint32();
        }
        break;
      }
      default:
        ADD_FAILURE() << "field " << message.tag() << " is not in the schema";
        message.skip();
    }
  }
  return s;
}

inline DecodedSeries decode_series(const std::string& message) {
  return decode_series(protozero::pbf_reader(message));
}

inline std::vector<DecodedSeries> decode_payload(CompressionKind kind,
                                                 const model::Payload& payload) {
  std::vector<DecodedSeries> all;
  const auto body = decompress(kind, *payload.body, 64 << 20);
  if (!body) {
    ADD_FAILURE() << body.error().message();
    return all;
  }
  EXPECT_EQ(body->size(), payload.uncompressed_bytes);
  protozero::pbf_reader message(*body);
  while (message.next()) {
    EXPECT_EQ(message.tag(), 1u);
    all.push_back(decode_series(message.get_message()));
  }
  return all;
}

}  // namespace remora::serializer
