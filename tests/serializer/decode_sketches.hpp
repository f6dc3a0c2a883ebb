// Reads what the sketch encoder wrote, with an independent reader: the intake's view.
#pragma once

#include <gtest/gtest.h>

#include <protozero/pbf_reader.hpp>
#include <string>
#include <vector>

#include "remora/model/payload.hpp"
#include "remora/serializer/compression.hpp"

namespace remora::serializer {

struct DecodedSketchPoint {
  std::int64_t timestamp = 0, count = 0;
  double min = 0, max = 0, average = 0, sum = 0;
  std::vector<std::int32_t> keys;
  std::vector<std::uint32_t> counts;
};

struct DecodedSketch {
  std::string metric, host;
  std::vector<std::string> tags;
  std::vector<DecodedSketchPoint> points;
  std::vector<std::uint32_t> origin{0, 0, 0};
};

inline DecodedSketchPoint decode_sketch_point(protozero::pbf_reader message) {
  DecodedSketchPoint p;
  double* const numbers[] = {&p.min, &p.max, &p.average, &p.sum};
  while (message.next()) {
    const auto field = message.tag();  // forgotten when the value is read
    switch (field) {
      case 1:
        p.timestamp = message.get_int64();
        break;
      case 2:
        p.count = message.get_int64();
        break;
      case 3:
      case 4:
      case 5:
      case 6:
        *numbers[field - 3] = message.get_double();
        break;
      case 7:
        for (const auto key : message.get_packed_sint32()) p.keys.push_back(key);
        break;
      case 8:
        for (const auto count : message.get_packed_uint32()) p.counts.push_back(count);
        break;
      default:
        ADD_FAILURE() << "field " << message.tag() << " is not in the schema";
        message.skip();
    }
  }
  return p;
}

inline DecodedSketch decode_sketch(protozero::pbf_reader message) {
  DecodedSketch s;
  while (message.next()) {
    switch (message.tag()) {
      case 1:
        s.metric = message.get_string();
        break;
      case 2:
        s.host = message.get_string();
        break;
      case 4:
        s.tags.push_back(message.get_string());
        break;
      case 7:
        s.points.push_back(decode_sketch_point(message.get_message()));
        break;
      case 8: {
        auto metadata = message.get_message();
        while (metadata.next(1)) {
          auto origin = metadata.get_message();
          while (origin.next()) {
            const auto field = origin.tag();
            s.origin.at(field - 4) = origin.get_uint32();
          }
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

inline DecodedSketch decode_sketch(const std::string& message) {
  return decode_sketch(protozero::pbf_reader(message));
}

inline std::vector<DecodedSketch> decode_sketch_payload(CompressionKind kind,
                                                        const model::Payload& payload) {
  std::vector<DecodedSketch> all;
  const auto body = decompress(kind, *payload.body, 64 << 20);
  if (!body) {
    ADD_FAILURE() << body.error().message();
    return all;
  }
  EXPECT_EQ(body->size(), payload.uncompressed_bytes);
  EXPECT_TRUE(body->ends_with(std::string("\x12\x00", 2)));  // the empty CommonMetadata
  protozero::pbf_reader message(*body);
  while (message.next()) {
    if (message.tag() == 1) {
      all.push_back(decode_sketch(message.get_message()));
    } else {
      EXPECT_EQ(message.tag(), 2u);
      EXPECT_TRUE(message.get_view().empty());
    }
  }
  return all;
}

}  // namespace remora::serializer
