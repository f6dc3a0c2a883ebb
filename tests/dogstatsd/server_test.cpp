// Packets in, series out: every vector of the protocol's description, through all parts at once.
#include "remora/dogstatsd/server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "dogstatsd/refused_lines.hpp"
#include "dogstatsd/task_tagger.hpp"
#include "fakes/allocation_counter.hpp"
#include "fakes/fake_clock.hpp"
#include "remora/dogstatsd/metric_stats.hpp"

namespace remora::dogstatsd {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

constexpr std::int64_t kStart = 1'000;  ///< Unix seconds, start of a bucket

/// Series as text: "name{host|own tags} value@time", sketches as "name{…} sketch n=3 sum=6@time".
class AsText final : public metrics::FlushSink {
 public:
  std::vector<std::string> lines;

  void on_series(const model::SeriesView& view) override {
    for (const model::Point& point : view.points) {
      lines.push_back(
          identity(std::string(view.name) + std::string(view.suffix), view.host, view.tags) + " " +
          number(point.value) + "@" + std::to_string(point.timestamp - kStart));
    }
  }
  void on_sketch(const model::SketchView& view) override {
    for (const model::SketchPoint& point : view.points) {
      lines.push_back(identity(std::string(view.name), view.host, view.tags) +
                      " sketch n=" + std::to_string(point.count) + " sum=" + number(point.sum) +
                      "@" + std::to_string(point.timestamp - kStart));
    }
  }

 private:
  static std::string number(double value) {
    char text[40];
    std::snprintf(text, sizeof text, "%.10g", value);
    return text;
  }
  static std::string identity(const std::string& name, std::string_view host,
                              model::PackedTags tags) {
    std::string own;
    for (std::string_view tag; tags.next(tag);) own += (own.empty() ? "" : ",") + std::string(tag);
    return name + "{" + std::string(host) + "|" + own + "}";
  }
};

struct Options {
  ServerOptions server;
  EnricherOptions enricher;
  OriginOptions origins;
};

class World {
 public:
  explicit World(Options setup = {})
      : origins(setup.origins, task.tagger, counters, nullptr),
        enricher(setup.enricher, origins, warnings),
        server(setup.server, enricher, origins, processes, sampler, clock, counters) {
    clock.set_wall(core::WallTime(std::chrono::seconds(kStart)));
  }

  void send(std::string_view bytes, Transport transport = Transport::udp) {
    Packet packet;
    packet.bytes = bytes;
    packet.transport = transport;
    server.on_packets(std::span<const Packet>(&packet, 1));
  }
  std::vector<std::string> flush(std::int64_t after = 10) {
    AsText text;
    sampler.begin_flush(kStart + after, false);
    while (sampler.flush_some(text, origins, 100)) {
    }
    return text.lines;
  }

  TaskTagger task;
  fakes::FakeClock clock;
  telemetry::DogstatsdCounters counters;
  telemetry::SamplerCounters sampler_counters;
  std::vector<std::string> warnings;
  Origins origins;
  Enricher enricher;
  ProcessContainers processes{clock, "/nonexistent", "/nonexistent"};
  metrics::TimeSampler sampler{{}, sampler_counters};
  Server server;
};

struct Vector {
  const char* packet;
  std::vector<std::string> series;
};
class PacketVectors : public ::testing::TestWithParam<Vector> {};

TEST_P(PacketVectors, GiveTheseSeries) {
  World world;
  world.send(GetParam().packet);
  EXPECT_THAT(world.flush(), ::testing::UnorderedElementsAreArray(GetParam().series));
}

INSTANTIATE_TEST_SUITE_P(
    Protocol, PacketVectors,
    ::testing::Values(Vector{"a:1|c\na:2|c\n", {"a{|} 0.3@0"}},
                      Vector{"a:1|c\r\nb:2|g", {"a{|} 0.1@0", "b{|} 2@0"}}, Vector{"\n\n", {}},
                      Vector{"a:1|c|@0.1", {"a{|} 1@0"}}, Vector{"a:5|g\na:7|g", {"a{|} 7@0"}},
                      Vector{"u:x|s\nu:y|s\nu:x|s", {"u{|} 2@0"}},
                      Vector{"t:10|ms\nt:30|ms",
                             {"t.max{|} 30@0", "t.median{|} 10@0", "t.avg{|} 20@0",
                              "t.count{|} 0.2@0", "t.95percentile{|} 30@0"}},
                      Vector{"a:1|c|#b,a\na:1|c|#a,b", {"a{|a,b} 0.2@0"}},
                      Vector{"a:1|c|#a,a\na:1|c|#a", {"a{|a} 0.2@0"}},
                      Vector{"a:1|c|#host:h1", {"a{h1|} 0.1@0"}},
                      Vector{"a:1|c|#host:", {"a{|} 0.1@0"}},
                      Vector{"a:1|c|#dd.internal.card:high,x", {"a{|x} 0.1@0"}},
                      Vector{"d:1:2:3|d", {"d{|} sketch n=3 sum=6@0"}},
                      Vector{"a:1|g|T1600", {"a{|} 1@600"}}, Vector{"a:30|c|T1600", {"a{|} 3@600"}},
                      Vector{"a:1|h|T1600", {}}, Vector{"a:nan|g\na:inf|c", {}},
                      Vector{"a:x:y|s\na:x|s", {"a{|} 2@0"}},
                      Vector{"a:1:2|d|@0.5|#x:y", {"a{|x:y} sketch n=4 sum=6@0"}}));

TEST(Server, OneBadLineLosesOnlyItself) {
  World world;
  world.send("a:1|c\nbad\na:2|c\na:x|g\n:1|c\na:1|zz\nb:1|g|@x\na:3|c");
  EXPECT_THAT(world.flush(), ElementsAre("a{|} 0.6@0"));
  EXPECT_EQ(world.counters.metrics.ok.value, 3u);
  EXPECT_EQ(world.counters.metrics.error.value, 5u);
  const auto by = [&](Reject reason) {
    return world.counters.by_reject[static_cast<std::size_t>(reason)].value;
  };
  EXPECT_EQ(by(Reject::no_pipe), 1u);
  EXPECT_EQ(by(Reject::bad_value), 1u);
  EXPECT_EQ(by(Reject::empty_name), 1u);
  EXPECT_EQ(by(Reject::bad_type), 1u);
  EXPECT_EQ(by(Reject::bad_rate), 1u);
}

TEST(Server, StatusShowsTheLastRefusedLineWithoutSecrets) {
  World world;
  world.send("api_key=0123456789abcdef0123456789abcdef\x01\xff");
  const auto status = world.server.status();
  ASSERT_EQ(status.children.size(), 1u);
  const auto& [name, value] = status.children[0].fields.at(0);
  EXPECT_EQ(name, to_string(Reject::no_pipe));
  const std::string text = std::get<std::string>(value);
  EXPECT_THAT(text, HasSubstr("1, last: api_key="));
  EXPECT_THAT(text, Not(HasSubstr("0123456789")));
  EXPECT_THAT(text, HasSubstr("\\x01\\xff"));
}

TEST(Server, ALongRefusedLineIsShownShort) {
  const std::string shown = shown_line(std::string(5'000, 'x'));
  EXPECT_THAT(shown, HasSubstr("5000 bytes"));
  EXPECT_LT(shown.size(), 200u);
}

TEST(Server, ManyTagsAndLongNamesPass) {
  World world;
  std::string line = std::string(4'000, 'n') + ":1|c|#";
  for (int i = 0; i < 10'000; ++i) line += "t" + std::to_string(i) + ",";
  world.send(line);
  world.send("b:1|c");
  EXPECT_EQ(world.flush().size(), 2u);
}

TEST(Server, TimestampsOnOtherTypesAreCounted) {
  World world;
  world.send("a:1|h|T5\na:x|s|T5\na:1|d|T5\na:1|ms|T5");
  EXPECT_EQ(world.counters.unsupported_timestamped.value, 4u);
}

TEST(Server, TheHostOfTheAgentIsTheDefault) {
  Options setup;
  setup.server.hostname = "agent-host";
  World world(setup);
  world.send("a:1|c\nb:1|c|#host:h\nc:1|c|#host:");
  EXPECT_THAT(world.flush(),
              UnorderedElementsAre("a{agent-host|} 0.1@0", "b{h|} 0.1@0", "c{|} 0.1@0"));
}

TEST(Server, FilteredNamesAreDroppedAndCountedEachTime) {
  Options setup;
  setup.enricher.metric_namespace = "app";
  setup.enricher.filter_list = {"app.a"};
  World world(setup);
  for (int i = 0; i < 3; ++i) world.send("a:1|c\nb:1|c");
  EXPECT_THAT(world.flush(), ElementsAre("app.b{|} 0.3@0"));
  EXPECT_EQ(world.counters.filtered.value, 3u);
}

TEST(Server, TypesOfOneNameStayApart) {
  World world;
  world.send("a:1|c\na:2|g\na:3|d\na:4|s");
  EXPECT_THAT(world.flush(), UnorderedElementsAre("a{|} 0.1@0", "a{|} 2@0",
                                                  "a{|} sketch n=1 sum=3@0", "a{|} 1@0"));
}

TEST(Server, HistogramsAreCopiedToDistributionsOnRequest) {
  Options setup;
  setup.server.histogram_copy = true;
  setup.enricher.copy_prefix = "dist.";
  World world(setup);
  world.send("h:1:3|h|#x\nh:5|h|#x");
  const auto lines = world.flush();
  EXPECT_THAT(lines, ::testing::Contains("dist.h{|x} sketch n=3 sum=9@0"));
  EXPECT_THAT(lines, ::testing::Contains("h.max{|x} 5@0"));
}

TEST(Server, ATimestampedHistogramStillReachesItsCopy) {
  Options setup;
  setup.server.histogram_copy = true;
  World world(setup);
  world.send("h:7|h|T995");
  EXPECT_THAT(world.flush(), ElementsAre("h{|} sketch n=1 sum=7@-10"));
}

TEST(Server, AnUnterminatedLineIsDroppedWhereItIsRequired) {
  Options setup;
  setup.server.eol_required_udp = true;
  World world(setup);
  world.send("a:1|c\nb:1|c");
  world.send("c:1|c", Transport::uds_datagram);
  EXPECT_THAT(world.flush(), UnorderedElementsAre("a{|} 0.1@0", "c{|} 0.1@0"));
  EXPECT_EQ(world.counters.unterminated.value, 1u);
}

TEST(Server, EventsAndServiceChecksAreKeptUntilTaken) {
  World world;
  world.send("_e{2,3}:hi|abc|t:error|#x\n_sc|db.up|2|#a:b|m:down\n_e{0,1}:|a\n_sc|x|9");
  const auto events = world.server.take_events();
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].title, "hi");
  EXPECT_EQ(events[0].timestamp, kStart);
  const auto checks = world.server.take_service_checks();
  ASSERT_EQ(checks.size(), 1u);
  EXPECT_EQ(checks[0].check, "db.up");
  EXPECT_EQ(checks[0].message, "down");
  EXPECT_EQ(world.counters.events.error.value, 1u);
  EXPECT_EQ(world.counters.service_checks.error.value, 1u);
  EXPECT_FALSE(world.server.has_data());
}

TEST(Server, EventsOverTheLimitAreDroppedAndCounted) {
  Options setup;
  setup.server.max_events = 2;
  World world(setup);
  for (int i = 0; i < 5; ++i) world.send("_e{1,1}:a|b\n_sc|x|0");
  EXPECT_EQ(world.server.take_events().size(), 2u);
  EXPECT_EQ(world.server.take_service_checks().size(), 2u);
  EXPECT_EQ(world.counters.dropped_events.value, 3u);
  EXPECT_EQ(world.counters.dropped_service_checks.value, 3u);
  world.send("_e{1,1}:a|b");
  EXPECT_EQ(world.server.take_events().size(), 1u) << "room again after a flush";
}

TEST(Server, EventsAreBoundedInBytes) {
  Options setup;
  setup.server.max_event_bytes = 10'000;
  World world(setup);
  const std::string text(3'000, 'x');
  for (int i = 0; i < 5; ++i) world.send("_e{1,3000}:a|" + text);
  EXPECT_LE(world.server.take_events().size(), 3u);
  EXPECT_GE(world.counters.dropped_events.value, 2u);
}

TEST(Server, TapsSeeEveryBatchUntilRemoved) {
  class Tap final : public PacketSink {
   public:
    std::size_t seen = 0;
    void on_packets(std::span<const Packet> packets) override { seen += packets.size(); }
  } tap;
  World world;
  world.server.add_tap(&tap);
  world.send("a:1|c");
  world.server.remove_tap(&tap);
  world.send("a:1|c");
  EXPECT_EQ(tap.seen, 1u);
}

TEST(Server, CredentialsWithoutAContainerAreCountedAndTheDataKept) {
  World world;
  Packet packet;
  packet.bytes = "a:1|c";
  packet.transport = Transport::uds_datagram;
  packet.credentials = true;
  world.server.on_packets(std::span<const Packet>(&packet, 1));
  EXPECT_EQ(world.counters.origin_errors.value, 1u);
  EXPECT_THAT(world.flush(), ElementsAre("a{|} 0.1@0"));
}

TEST(PeakMemory, EventsAndServiceChecksOfDogStatsD) {
  World world;
  const std::string text(2'000, 'x');
  const fakes::PeakMemory memory;
  for (int i = 0; i < 20'000; ++i) {
    world.send("_e{5,2000}:title|" + text + "|#a:" + std::to_string(i));
    world.send("_sc|name|0|#a:" + std::to_string(i) + "|m:" + text);
  }
  EXPECT_GT(world.counters.dropped_events.value, 0u);
  EXPECT_GT(world.counters.dropped_service_checks.value, 0u);
  EXPECT_LT(memory.peak(), 12 << 20);
}

}  // namespace
}  // namespace remora::dogstatsd
