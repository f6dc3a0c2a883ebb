#include "remora/serializer/event_encoder.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>

namespace remora::serializer {
namespace {

model::Event event(std::string title, std::string source_type = "") {
  model::Event e;
  e.title = std::move(title);
  e.text = "x";
  e.timestamp = 1'700'000'000;
  e.source_type_name = std::move(source_type);
  return e;
}

TEST(EncodeEvent, GoldenTextWithEveryKey) {
  model::Event e = event("title \"1\"", "nagios");
  e.text = "line\nline";
  e.priority = model::EventPriority::low;
  e.alert_type = model::AlertType::success;
  e.host = "h";
  e.tags = model::make_tags({"b:2", "a:1"});
  e.aggregation_key = "key";
  EXPECT_EQ(encode_event(e),
            R"({"msg_title":"title \"1\"","msg_text":"line\nline","timestamp":1700000000,)"
            R"("priority":"low","host":"h","tags":["a:1","b:2"],"alert_type":"success",)"
            R"("aggregation_key":"key","source_type_name":"nagios"})");
}

TEST(EncodeEvent, WhatIsEmptyIsLeftOutButNotTheHost) {
  EXPECT_EQ(encode_event(event("t")),
            R"({"msg_title":"t","msg_text":"x","timestamp":1700000000,"priority":"normal",)"
            R"("host":"","alert_type":"info"})");
}

TEST(EncodeEvent, InvalidUtf8IsReplaced) {
  EXPECT_NE(encode_event(event("caf\xE9!")).find("\"msg_title\":\"caf\uFFFD!\""),
            std::string::npos);
}

TEST(EventSerializer, GroupsBySourceTypeInOneEnvelope) {
  telemetry::SerializerCounters counters;
  EventSerializer serializer(CompressionKind::zstd, 1, {}, "host \"1\"", counters);
  const std::vector<model::Event> all = {event("1", "nagios"), event("2"), event("3", "nagios"),
                                         event("4", "api"), event("5", "\"q\"")};
  const auto payloads = serializer.serialize(all);
  ASSERT_EQ(payloads.size(), 1u);
  const model::Payload& p = payloads[0];
  EXPECT_EQ(p.kind, model::PayloadKind::events);
  EXPECT_EQ(p.path, "/intake/");
  EXPECT_EQ(p.content_type, "application/json");
  EXPECT_EQ(p.content_encoding, "zstd");
  EXPECT_EQ(p.items, 5u);
  EXPECT_EQ(*decompress(CompressionKind::zstd, *p.body, 10'000),
            R"({"apiKey":"","events":{"\"q\"":[)" + encode_event(all[4]) + R"(],"api":[)" +
                encode_event(all[1]) + "," + encode_event(all[3]) + R"(],"nagios":[)" +
                encode_event(all[0]) + "," + encode_event(all[2]) +
                R"(]},"internalHostname":"host \"1\""})");
  EXPECT_TRUE(serializer.serialize({}).empty());
}

// Two keys of the same text would make the intake forget one of the groups.
TEST(EventSerializer, SourceTypesThatBecomeTheSameAreOneGroup) {
  telemetry::SerializerCounters counters;
  EventSerializer serializer(CompressionKind::none, 0, {}, "", counters);
  const auto payloads =
      serializer.serialize({event("1", "a\xFF"), event("2", "b"), event("3", "a\xFE")});
  const auto groups = nlohmann::json::parse(*payloads.at(0).body)["events"];
  ASSERT_EQ(groups.size(), 2u);
  EXPECT_EQ(groups["a\uFFFD"].size(), 2u);
}

TEST(EventSerializer, CountsTheEnvelopeAtTheLimit) {
  telemetry::SerializerCounters counters;
  const std::vector<model::Event> all = {event("1", "a"), event("2", "b")};
  EventSerializer whole(CompressionKind::none, 0, {}, "", counters);
  PayloadLimits limits;
  limits.max_uncompressed_bytes = whole.serialize(all).at(0).uncompressed_bytes;
  EventSerializer exact(CompressionKind::none, 0, limits, "", counters);
  EXPECT_EQ(exact.serialize(all).size(), 1u);
  limits.max_uncompressed_bytes -= 1;
  EventSerializer over(CompressionKind::none, 0, limits, "", counters);
  const auto split = over.serialize(all);
  ASSERT_EQ(split.size(), 2u);
  EXPECT_EQ(*split[1].body, R"({"apiKey":"","events":{"b":[)" + encode_event(all[1]) +
                                R"(]},"internalHostname":""})");
  limits.max_uncompressed_bytes = split[1].uncompressed_bytes;
  EventSerializer one(CompressionKind::none, 0, limits, "", counters);
  EXPECT_EQ(one.serialize(all).size(), 2u);
  limits.max_uncompressed_bytes -= 1;
  EventSerializer none(CompressionKind::none, 0, limits, "", counters);
  EXPECT_TRUE(none.serialize(all).empty());
  EXPECT_EQ(counters.dropped_too_large.value, 2u);
}

class EventSplitting : public testing::TestWithParam<CompressionKind> {};

TEST_P(EventSplitting, EverythingArrivesInOrderWithinTheLimitsButWhatIsTooLarge) {
  std::mt19937 random(3);
  std::vector<model::Event> all;
  std::map<std::string, std::vector<std::string>> expected, got;
  for (int i = 0; i < 1000; ++i) {
    const std::string group = random() % 3 == 0 ? "" : "type" + std::to_string(random() % 4);
    all.push_back(event(std::to_string(i), group));
    all.back().text.resize(random() % 300);
    for (char& c : all.back().text) c = static_cast<char>('!' + random() % 90);
    if (random() % 100 == 0) {
      all.back().text.resize(60'000, 'x');
    } else {
      expected[group.empty() ? "api" : group].push_back(all.back().title);
    }
  }
  PayloadLimits limits;
  limits.max_compressed_bytes = 10'000;
  limits.max_uncompressed_bytes = 50'000;
  telemetry::SerializerCounters counters;
  EventSerializer serializer(GetParam(), 1, limits, "h", counters);
  const auto payloads = serializer.serialize(all);
  EXPECT_GT(payloads.size(), 5u);
  std::size_t items = 0;
  for (const auto& p : payloads) {
    EXPECT_LE(p.body->size(), limits.max_compressed_bytes);
    EXPECT_LE(p.uncompressed_bytes, limits.max_uncompressed_bytes);
    items += p.items;
    const auto body = decompress(GetParam(), *p.body, 1'000'000);
    ASSERT_TRUE(body);
    EXPECT_EQ(body->size(), p.uncompressed_bytes);
    const auto document = nlohmann::json::parse(*body, nullptr, false);
    ASSERT_TRUE(document.is_object()) << *body;
    EXPECT_EQ(document["apiKey"], "");
    EXPECT_EQ(document["internalHostname"], "h");
    for (const auto& [group, events] : document["events"].items()) {
      EXPECT_FALSE(events.empty());
      for (const auto& e : events) got[group].push_back(e["msg_title"]);
    }
  }
  EXPECT_EQ(got, expected);
  EXPECT_EQ(items + counters.dropped_too_large.value, all.size());
  EXPECT_GT(counters.dropped_too_large.value, 0u);
}

INSTANTIATE_TEST_SUITE_P(Kinds, EventSplitting,
                         testing::Values(CompressionKind::none, CompressionKind::zstd,
                                         CompressionKind::gzip, CompressionKind::deflate),
                         [](const auto& kind) {
                           const auto name = content_encoding(kind.param);
                           return name.empty() ? std::string("none") : std::string(name);
                         });

}  // namespace
}  // namespace remora::serializer
