// A series serializer that gives the payloads of a flush as a list.
#pragma once

#include <span>
#include <utility>
#include <vector>

#include "remora/serializer/series_encoder.hpp"

namespace remora::serializer {

class SeriesFlush {
 public:
  SeriesFlush(CompressionKind kind, int level, SeriesLimits limits,
              telemetry::SerializerCounters& counters)
      : serializer_(kind, level, limits, counters,
                    [this](model::Payload payload) { payloads_.push_back(std::move(payload)); }) {}

  template <class Series>  // model::Series or model::SeriesView
  std::vector<model::Payload> serialize(const std::vector<Series>& all) {
    for (const Series& series : all) serializer_.add(series);
    serializer_.finish();
    return std::exchange(payloads_, {});
  }

 private:
  std::vector<model::Payload> payloads_;
  SeriesSerializer serializer_;
};

}  // namespace remora::serializer
