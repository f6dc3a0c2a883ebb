// Series as the aggregator of DogStatsD shows them: own tags, and a list shared with others.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "remora/serializer/series_encoder.hpp"
#include "serializer/decode_series.hpp"
#include "serializer/packed.hpp"
#include "serializer/series_flush.hpp"

namespace remora::serializer {
namespace {

using std::string_literals::operator""s;

const model::Point kPoint{1'700'000'000, 1.5};

model::SeriesView view(std::string_view name, std::string_view packed = {},
                       const model::TagList* shared = nullptr) {
  model::SeriesView v;
  v.name = name;
  v.tags = model::PackedTags(packed);
  v.shared_tags = shared;
  v.points = {&kPoint, 1};
  return v;
}

// Written by hand from proto/metrics/agent_payload.proto of DataDog/agent-payload.
TEST(EncodeSeriesView, GoldenBytesOfATimer) {
  const std::string own = packed({"a:1", "b"});
  const model::TagList shared = {"env:x"};
  model::SeriesView v = view("t", own, &shared);
  v.suffix = ".avg";
  v.host = "h";
  v.type = model::SeriesType::rate;
  v.unit = "millisecond";
  v.source_type_name = "S";
  v.interval = 10;
  v.origin = model::kOriginDogstatsd;
  EXPECT_EQ(encode_series(v),
            "\x0a\x09\x0a\x04host\x12\x01h"  // 1 resources: host
            "\x12\x05t.avg"                  // 2 metric
            "\x1a\x03"
            "a:1"  // 3 tags: the own ones first
            "\x1a\x01"
            "b"
            "\x1a\x05"
            "env:x"
            "\x22\x0f\x09\x00\x00\x00\x00\x00\x00\xf8\x3f\x10\x80\xe2\xcf\xaa\x06"  // 4 points
            "\x28\x02"                                                              // 5 type RATE
            "\x32\x0bmillisecond"                                                   // 6 unit
            "\x3a\x01S"                          // 7 source_type_name
            "\x40\x0a"                           // 8 interval
            "\x4a\x06\x0a\x04\x20\x0a\x28\x0a"s  // 9 metadata: product 10, category 10
  );
}

TEST(EncodeSeriesView, TheSameContentGivesTheBytesOfASeries) {
  model::Series series;
  series.metric = "m";
  series.tags = model::make_tags({"a:1", "dd.internal.resource:pod:p", "device:eth0", "z"});
  series.points = {kPoint, {5, 0}};
  series.host = "h";
  series.interval = 15;
  series.origin = model::kOriginContainerCheck;
  series.source_type_name = "System";
  const std::string own = packed(*series.tags);
  model::SeriesView v = view("m", own);
  v.points = series.points;
  v.host = series.host;
  v.interval = series.interval;
  v.origin = series.origin;
  v.source_type_name = series.source_type_name;
  EXPECT_EQ(encode_series(v), encode_series(series));
  v.tags = {};
  v.shared_tags = series.tags.get();
  EXPECT_EQ(encode_series(v), encode_series(series));
}

struct Resources {
  const char* name;
  std::vector<std::string> own;
  model::TagList shared;
  std::vector<std::pair<std::string, std::string>> resources;
  std::vector<std::string> tags;
};
class PromotedTags : public testing::TestWithParam<Resources> {};
TEST_P(PromotedTags, OwnBeforeSharedAndDevicesFirst) {
  const std::string own = packed(GetParam().own);
  const auto s = decode_series(encode_series(view("m", own, &GetParam().shared)));
  EXPECT_EQ(s.resources, GetParam().resources);
  EXPECT_EQ(s.tags, GetParam().tags);
}
INSTANTIATE_TEST_SUITE_P(
    Rows, PromotedTags,
    testing::Values(
        Resources{"Own", {"device:a", "x"}, {"y"}, {{"host", ""}, {"device", "a"}}, {"x", "y"}},
        Resources{"Shared", {"x"}, {"device:a", "y"}, {{"host", ""}, {"device", "a"}}, {"x", "y"}},
        Resources{"Both",
                  {"dd.internal.resource:t:o", "device:a"},
                  {"dd.internal.resource:t:s", "device:b"},
                  {{"host", ""}, {"device", "a"}, {"device", "b"}, {"t", "o"}, {"t", "s"}},
                  {}},
        Resources{"TheSameInBoth", {"device:a"}, {"device:a"}, {{"host", ""}, {"device", "a"}}, {}},
        Resources{"OnlyTheSameInitial",
                  {"dd"},
                  {"dev:a", "device"},
                  {{"host", ""}},
                  {"dd", "dev:a", "device"}}),
    [](const auto& row) { return row.param.name; });

TEST(EncodeSeriesView, ASharedTagThatIsAlsoAnOwnOneIsWrittenOnce) {
  const std::string own = packed({"b:1", "env:x"});
  const model::TagList shared = {"a:1", "env:x", "region:y"};
  EXPECT_EQ(decode_series(encode_series(view("m", own, &shared))).tags,
            (std::vector<std::string>{"b:1", "env:x", "a:1", "region:y"}));
}

// Same length, same middle letter, same last letter, another tag.
TEST(EncodeSeriesView, ATagThatOnlyLooksLikeASharedOneIsKept) {
  const std::string own = packed({"a_x_b"});
  const model::TagList shared = {"c_x_b"};
  EXPECT_EQ(decode_series(encode_series(view("m", own, &shared))).tags,
            (std::vector<std::string>{"a_x_b", "c_x_b"}));
}

TEST(EncodeSeriesView, RepairsEveryText) {
  const std::string own = packed({"a:\xFF", std::string(200, 'x') + "\xFE"});
  const model::TagList shared = {"device:\xFF", "s:\xFF", "\xC3\xA9"};
  model::SeriesView v = view("n\xFF", own, &shared);
  v.suffix = ".\xFF";
  v.host = "h\xFF";
  v.unit = "u\xFF";
  v.source_type_name = "t\xFF";
  const auto s = decode_series(encode_series(v));
  EXPECT_EQ(s.metric, "n\uFFFD.\uFFFD");
  EXPECT_EQ(s.tags, (std::vector<std::string>{"a:\uFFFD", std::string(200, 'x') + "\uFFFD",
                                              "s:\uFFFD", "\u00E9"}));
  const std::vector<std::pair<std::string, std::string>> resources = {{"host", "h\uFFFD"},
                                                                      {"device", "\uFFFD"}};
  EXPECT_EQ(s.resources, resources);
  EXPECT_EQ(s.unit, "u\uFFFD");
  EXPECT_EQ(s.source_type_name, "t\uFFFD");
}

// The task's metadata changed between two series of a flush, and the new list took the place of the
// old one.
TEST(SeriesSerializer, TakesTheTagsThatAreThereNowNotThoseOfAListThatWasThereBefore) {
  telemetry::SerializerCounters counters;
  SeriesFlush serializer(CompressionKind::none, 0, {}, counters);
  model::TagList shared = {"task_version:1"};
  std::vector<model::SeriesView> one = {view("a", {}, &shared)};
  std::vector<std::vector<std::string>> tags;
  const auto send = [&] {
    for (const auto& p : serializer.serialize(one)) {
      for (const auto& s : decode_payload(CompressionKind::none, p)) tags.push_back(s.tags);
    }
  };
  send();
  shared = {"task_version:2"};
  send();
  std::vector<model::Payload> payloads;
  SeriesSerializer stream(CompressionKind::none, 0, {}, counters,
                          [&](model::Payload p) { payloads.push_back(std::move(p)); });
  for (const model::TagList& now : {model::TagList{"v:1"}, model::TagList{"v:2"},
                                    model::TagList{"v:2", "w"}, model::TagList{"v:2"}}) {
    shared = now;
    stream.add(view("b", {}, &shared));
  }
  stream.finish();
  for (const auto& s : decode_payload(CompressionKind::none, payloads.at(0))) {
    tags.push_back(s.tags);
  }
  EXPECT_EQ(tags,
            (std::vector<std::vector<std::string>>{
                {"task_version:1"}, {"task_version:2"}, {"v:1"}, {"v:2"}, {"v:2", "w"}, {"v:2"}}));
}

// Many lists, more than are remembered, with tags of every length in common.
TEST(SeriesSerializer, GivesEverySeriesItsOwnTagsAndThoseOfItsList) {
  std::mt19937 random(5);
  const auto some_tags = [&](std::size_t most) {
    model::TagList tags;
    for (std::size_t i = random() % (most + 1); i > 0; --i) {
      tags.push_back("k" + std::to_string(random() % 60) + ":" +
                     std::string(random() % 3 == 0 ? 150 : 0, 'v'));
    }
    model::normalise(tags);
    return tags;
  };
  std::vector<model::TagList> lists(300);
  for (auto& list : lists) list = some_tags(12);
  std::vector<std::string> owns;
  std::vector<std::vector<std::string>> expected, got;
  std::vector<const model::TagList*> of;
  for (int i = 0; i < 3000; ++i) {
    model::TagList tags = some_tags(6);
    owns.push_back(packed(tags));
    of.push_back(&lists[random() % lists.size()]);
    for (const std::string& tag : *of.back()) {
      if (std::find(tags.begin(), tags.end(), tag) == tags.end()) tags.push_back(tag);
    }
    expected.push_back(std::move(tags));
  }
  std::vector<model::SeriesView> all;
  for (std::size_t i = 0; i < owns.size(); ++i) all.push_back(view("m", owns[i], of[i]));
  telemetry::SerializerCounters counters;
  SeriesFlush serializer(CompressionKind::zstd, 1, {}, counters);
  for (const auto& p : serializer.serialize(all)) {
    for (auto& s : decode_payload(CompressionKind::zstd, p)) got.push_back(std::move(s.tags));
  }
  EXPECT_EQ(got, expected);
}

TEST(SeriesSerializer, AFullPayloadLeavesAtOnce) {
  telemetry::SerializerCounters counters;
  SeriesLimits limits;
  limits.max_points = 2;
  std::vector<std::size_t> items;
  SeriesSerializer serializer(CompressionKind::zstd, 1, limits, counters,
                              [&](model::Payload p) { items.push_back(p.items); });
  for (int i = 0; i < 5; ++i) serializer.add(view("m"));
  EXPECT_EQ(items, (std::vector<std::size_t>{2, 2}));
  serializer.finish();
  EXPECT_EQ(items, (std::vector<std::size_t>{2, 2, 1}));
  serializer.finish();
  EXPECT_EQ(items.size(), 3u);
}

}  // namespace
}  // namespace remora::serializer
