// Series or sketches one after another, each encoded into the open payload at once.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>

#include "remora/core/log.hpp"
#include "remora/core/utf8.hpp"
#include "serializer/payload_splitter.hpp"

namespace remora::serializer {

/// `Encoder` writes one `View` with some of its points:
///   void encode(const View&, points); std::string_view element();
///   std::string name(const View&); std::size_t tags(); void end_flush();
template <class Encoder, class View>
class MetricStream {
 public:
  MetricStream(CompressionKind kind, int level, const PayloadShape& shape,
               telemetry::SerializerCounters& counters, PayloadSink sink)
      : shape_(shape),
        counters_(counters),
        compressor_(kind, level),
        splitter_(compressor_, shape, counters, std::move(sink)) {}

  void add(const View& view) {
    auto rest = view.points;
    while (!rest.empty()) {
      // Cut before encoding: a series of a million points must not be built in one piece.
      const std::size_t count = std::min(rest.size(), std::max<std::size_t>(shape_.max_items, 1));
      if (!add(view, rest.first(count))) return drop(view);
      rest = rest.subspan(count);
    }
  }

  void finish() {
    splitter_.finish();
    encoder_.end_flush();
    if (dropped_ == 0) return;
    // One line per flush, however many there are.
    const core::Logger log("serializer");
    log.error("dropped, larger than the intake takes",
              {{"kind", model::to_string(shape_.kind)},
               {"metric", first_dropped_},
               {"bytes", first_dropped_bytes_},
               {"tags", first_dropped_tags_},
               {"max_compressed_bytes", shape_.max_compressed_bytes},
               {"max_uncompressed_bytes", shape_.max_uncompressed_bytes},
               {"dropped", dropped_}});
    dropped_ = 0;
  }

 private:
  static constexpr std::size_t kLoggedNameBytes = 200;

  // False when not even one point fits, or when the last of them do not.
  template <class Points>
  bool add(const View& view, const Points& points) {
    encoder_.encode(view, points);
    if (splitter_.add(encoder_.element(), points.size())) return true;
    if (points.size() == 1) return false;
    const std::size_t half = points.size() / 2;
    return add(view, points.first(half)) && add(view, points.subspan(half));
  }

  void drop(const View& view) {
    counters_.dropped_too_large.add();
    if (dropped_++ > 0) return;
    first_dropped_ = core::utf8_prefix(encoder_.name(view), kLoggedNameBytes);
    first_dropped_bytes_ = encoder_.element().size();
    first_dropped_tags_ = encoder_.tags();
  }

  const PayloadShape shape_;
  telemetry::SerializerCounters& counters_;
  Compressor compressor_;
  PayloadSplitter splitter_;
  Encoder encoder_;
  std::size_t dropped_ = 0;  ///< of this flush
  std::string first_dropped_;
  std::size_t first_dropped_bytes_ = 0, first_dropped_tags_ = 0;
};

}  // namespace remora::serializer
