#include "remora/core/json_walk.hpp"

#include <gtest/gtest.h>

#include "fakes/allocation_counter.hpp"

namespace remora::core {
namespace {

/// Writes the events down.
struct Recorder final : JsonHandler {
  std::string seen;
  std::optional<Error> on_value(const JsonPath& path, const JsonValue& value) override {
    seen += std::string(path.key()) + "=" + std::string(value.is_text() ? value.text : "?") + " ";
    return std::nullopt;
  }
  std::optional<Error> on_open(const JsonPath& path, bool array) override {
    seen += std::string(path.key()) + (array ? "[ " : "{ ");
    return std::nullopt;
  }
  std::optional<Error> on_close(const JsonPath&, bool array) override {
    seen += array ? "] " : "} ";
    return std::nullopt;
  }
};

/// Events are not counted: they would be memory of the test.
struct Nobody final : JsonHandler {
  std::optional<Error> on_value(const JsonPath&, const JsonValue&) override { return {}; }
  std::optional<Error> on_open(const JsonPath&, bool) override { return {}; }
  std::optional<Error> on_close(const JsonPath&, bool) override { return {}; }
};

std::string repeated(std::string_view text, std::size_t bytes) {
  std::string out;
  while (out.size() < bytes) out += text;
  return out;
}

TEST(WalkJson, GivesValuesWithTheirKeys) {
  Recorder recorder;
  EXPECT_FALSE(walk_json(R"({"a":"x","b":[1,"y\"]"],"c":{}})", {}, recorder));
  EXPECT_EQ(recorder.seen, "{ a=x b[ =? =y\"] ] c{ } } ");
}

struct LimitRow {
  const char* name;
  std::string text, error;
};
class JsonLimitsTest : public testing::TestWithParam<LimitRow> {};

TEST_P(JsonLimitsTest, AreHeldBeforeTheFirstEvent) {
  JsonRules rules;
  rules.depth = 3;
  rules.values = 5;
  rules.token_bytes = 8;
  Recorder recorder;
  const auto error = walk_json(GetParam().text, rules, recorder);
  EXPECT_EQ(error ? error->message() : "", GetParam().error);
  if (error) {
    EXPECT_EQ(recorder.seen, "");
    EXPECT_EQ(error->code(), Errc::too_large);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Edges, JsonLimitsTest,
    testing::Values(
        LimitRow{"AllAtTheLimit", R"({"k":[[],"12345678",1]})", ""},
        LimitRow{"Deep", R"([[[[]]]])", "nested deeper than 3 levels"},
        LimitRow{"DeepAndUnclosed", std::string(100, '['), "nested deeper than 3 levels"},
        LimitRow{"BracketsInATextAreNoLevels", R"(["[[[["])", ""},
        LimitRow{"AQuoteInAText", R"(["\"[[[[\\"])", ""},
        LimitRow{"Values", "[1,2,3,4,5]", "more than 5 values"},
        LimitRow{"ValuesOfKeys", R"({"a":1,"b":2,"c":3,"d":4})", ""},
        LimitRow{"OneTooManyOfKeys", R"({"a":1,"b":2,"c":3,"d":4,"e":5})", "more than 5 values"},
        LimitRow{"LongText", R"(["123456789"])", "a text of more than 8 bytes"},
        LimitRow{"LongKey", R"({"123456789":1})", "a text of more than 8 bytes"},
        LimitRow{"LongNumber", "[123456789]", "a text of more than 8 bytes"},
        LimitRow{"TextWithoutAnEnd", "[\"123456789", "a text of more than 8 bytes"}),
    [](const auto& row) { return row.param.name; });

struct HostileRow {
  const char* name;
  std::string text;
};
class HostileJson : public testing::TestWithParam<HostileRow> {};

// Regression: a tree of 8 MiB of '[' took 617 MiB.
TEST_P(HostileJson, CostsNoMemoryThatGrowsWithIt) {
  Nobody nobody;
  const fakes::PeakMemory memory;
  (void)walk_json(GetParam().text, {}, nobody);
  EXPECT_LT(memory.peak(), 8 << 20);  // a text of 1 MiB, three times while it is read
}

INSTANTIATE_TEST_SUITE_P(
    EightMebibytes, HostileJson,
    testing::Values(HostileRow{"Lists", std::string(8u << 20, '[')},
                    HostileRow{"Objects", repeated(R"({"":)", 8u << 20)},
                    HostileRow{"Zeros", "[" + repeated("0,", 8u << 20)},
                    HostileRow{"EmptyObjects", "[" + repeated("{},", 8u << 20)},
                    HostileRow{"OneText", "[\"" + std::string(8u << 20, 'x')},
                    HostileRow{"OneNumber", std::string(8u << 20, '1')},
                    HostileRow{"TextsAtTheLimit",
                               "[" + repeated('"' + std::string(1u << 20, 'x') + "\",", 8u << 20)},
                    HostileRow{"Keys", "{" + repeated(R"("a":1,)", 8u << 20)}),
    [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace remora::core
