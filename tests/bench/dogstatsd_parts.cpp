// What each step of a DogStatsD message costs, in this process and without sockets: parsing, a line
// seen before, a line seen for the first time, and the flush; memory per context.
#include <malloc.h>

#include <chrono>
#include <set>

#include "bench/bench_options.hpp"
#include "bench/dogstatsd/load.hpp"
#include "bench/process_usage.hpp"
#include "fakes/fake_clock.hpp"
#include "remora/dogstatsd/server.hpp"
#include "remora/serializer/series_encoder.hpp"
#include "remora/serializer/sketch_encoder.hpp"

using namespace remora;
using namespace remora::bench;

namespace {

double cpu_now() { return cpu_seconds_of(0); }

/// Everything between a packet and a payload.
struct Stages final : metrics::FlushSink {
  Stages()
      : tagger({}, counters),
        origins({}, tagger, counters.dogstatsd, [](std::uint64_t) { return std::string(); }),
        enricher({}, origins, warnings),
        processes(clock, "/proc", "/sys/fs/cgroup"),
        sampler(limits(), counters.sampler),
        server({}, enricher, origins, processes, sampler, clock, counters.dogstatsd),
        series(serializer::CompressionKind::zstd, 1, {}, counters.serializer,
               [this](const model::Payload& p) { shipped += p.body->size(); }),
        sketches(serializer::CompressionKind::zstd, 1, {}, counters.serializer,
                 [this](const model::Payload& p) { shipped += p.body->size(); }) {}

  static metrics::TimeSamplerOptions limits() {
    metrics::TimeSamplerOptions options;
    options.max_contexts = 4'000'000;
    options.max_bytes = std::size_t{8} << 30;
    return options;
  }
  /// CPU seconds for the packets [from, to).
  double feed(const Packets& packets, std::size_t from, std::size_t to) {
    std::vector<dogstatsd::Packet> batch;
    const double begin = cpu_now();
    for (std::size_t at = from; at < to; at += kBatch) {
      batch.clear();
      for (std::size_t i = at; i < std::min(at + kBatch, to); ++i) {
        batch.push_back(
            {packets.at(i % packets.size()), dogstatsd::Transport::udp, 0, false, false});
      }
      server.on_packets(batch);
    }
    return cpu_now() - begin;
  }
  double flush() {
    const double begin = cpu_now();
    sampler.begin_flush(core::unix_seconds(clock.wall()), false);
    while (sampler.flush_some(*this, origins, 1000)) {
    }
    series.finish();
    sketches.finish();
    return cpu_now() - begin;
  }
  void on_series(const model::SeriesView& view) override { series.add(view); }
  void on_sketch(const model::SketchView& view) override { sketches.add(view); }

  static constexpr std::size_t kBatch = 16;
  fakes::FakeClock clock;
  telemetry::Counters counters;
  std::vector<std::string> warnings;
  tagger::Tagger tagger;
  dogstatsd::Origins origins;
  dogstatsd::Enricher enricher;
  dogstatsd::ProcessContainers processes;
  metrics::TimeSampler sampler;
  dogstatsd::Server server;
  serializer::SeriesSerializer series;
  serializer::SketchSerializer sketches;
  std::size_t shipped = 0;
};

Json parse_of(const char* kind) {
  Load load;
  load.kind = kind;
  const Packets packets(load);
  dogstatsd::Parser parser({});
  constexpr int kLaps = 20;
  std::size_t refused = 0, lines_seen = 0;
  const double begin = cpu_now();
  for (int lap = 0; lap < kLaps; ++lap) {
    for (std::size_t i = 0; i < packets.size(); ++i) {
      dogstatsd::Lines lines(packets.at(i), false);
      dogstatsd::MetricMessage message;
      for (std::string_view line; lines.next(line);) {
        refused += parser.metric(line, message) != dogstatsd::Reject::none ? 1u : 0u;
        ++lines_seen;
      }
    }
  }
  const double ns = (cpu_now() - begin) / static_cast<double>(lines_seen) * 1e9;
  std::printf("%-8s %10.0f%s\n", kind, ns, refused > 0 ? "  some were refused" : "");
  return {{"type", kind}, {"parse_ns", ns}};
}

Json whole_way(int contexts, const char* kind) {
  Load load;
  load.contexts = contexts;
  load.kind = kind;
  const Packets packets(load);
  const auto count = static_cast<std::size_t>(contexts);
  const std::size_t first = count / packets.per_packet();
  const std::size_t more = std::max<std::size_t>(2 * packets.size(), 100'000);
  Stages stages;
  stages.clock.advance(std::chrono::hours(480'000));  // buckets count from the epoch

  const std::size_t heap_before = mallinfo2().uordblks + mallinfo2().hblkhd;
  const double new_seconds = stages.feed(packets, 0, first);
  const std::size_t known = std::max<std::size_t>(stages.sampler.contexts(), 1);
  const auto per_context = [&](std::size_t bytes) {
    return static_cast<double>(bytes) / static_cast<double>(known);
  };
  const double heap = per_context(mallinfo2().uordblks + mallinfo2().hblkhd - heap_before);
  const double accounted = per_context(stages.sampler.bytes());
  const double known_seconds = stages.feed(packets, first, first + more);
  stages.clock.advance(std::chrono::seconds(20));
  const double flush_seconds = stages.flush();
  const std::uint64_t given =
      stages.counters.sampler.series.value + stages.counters.sampler.sketches.value;
  const auto ns = [](double seconds, std::size_t n) {
    return seconds / static_cast<double>(std::max<std::size_t>(n, 1)) * 1e9;
  };

  Json row{{"contexts", known},
           {"type", kind},
           {"first_sight_ns", ns(new_seconds, first * packets.per_packet())},
           {"known_line_ns", ns(known_seconds, more * packets.per_packet())},
           {"flush_ns_per_context", ns(flush_seconds, known)},
           {"flush_ns_per_series", ns(flush_seconds, given)},
           {"shipped_bytes_per_series",
            static_cast<double>(stages.shipped) / static_cast<double>(given)},
           {"accounted_bytes_per_context", accounted},
           {"heap_bytes_per_context", heap}};
  std::printf("%9zu %-6s %12.0f %12.0f %12.0f %12.0f %12.1f %12.0f %12.0f\n", known, kind,
              row["first_sight_ns"].get<double>(), row["known_line_ns"].get<double>(),
              row["flush_ns_per_context"].get<double>(), row["flush_ns_per_series"].get<double>(),
              row["shipped_bytes_per_series"].get<double>(), accounted, heap);
  std::fflush(stdout);
  return row;
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = Options::parse(argc, argv);
  const int most = options.count > 0 ? options.count : 1'000'000;
  Json result;
  std::printf("lines apart and parsed, ns per message\n");
  for (const char* type : TypeCounts::kTypes) result["parse"].push_back(parse_of(type));
  std::printf(
      "\n%9s %-6s %12s %12s %12s %12s %12s %12s %12s\n%9s %-6s %12s %12s %12s %12s %12s %12s "
      "%12s\n",
      "contexts", "type", "first sight", "known line", "flush", "flush", "shipped", "accounted",
      "heap", "", "", "ns/message", "ns/message", "ns/context", "ns/series", "B/series",
      "B/context", "B/context");
  for (int contexts = 1000; contexts <= most; contexts *= 10) {
    result["way"].push_back(whole_way(contexts, "mixed"));
  }
  for (const char* type : TypeCounts::kTypes) {
    result["way"].push_back(whole_way(std::min(most, 10'000), type));
  }
  options.write(result);
  return 0;
}
