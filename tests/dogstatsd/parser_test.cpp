#include "remora/dogstatsd/parser.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "dogstatsd/message_text.hpp"
#include "fakes/allocation_counter.hpp"

namespace remora::dogstatsd {
namespace {

using namespace std::string_literals;

constexpr ParserOptions kDefaults{};
constexpr ParserOptions kClientOrigin{.client_origin = true};
constexpr ParserOptions kNoTimestamps{.timestamps = false};

/// What the parser makes of a line: the message, or the reason against it.
std::string parse(std::string_view line, ParserOptions options = kDefaults) {
  Parser parser(options);
  MetricMessage message;
  const auto reject = parser.metric(line, message);
  if (reject != Reject::none) return "reject " + std::string(to_string(reject));
  return to_text(message);
}

struct Row {
  int line;
  std::string text;
  std::string expected;
};

void expect_rows(const std::vector<Row>& rows, ParserOptions options = kDefaults) {
  for (const Row& row : rows) {
    SCOPED_TRACE(row.line);
    EXPECT_EQ(parse(row.text, options), row.expected) << row.text;
  }
}

TEST(ParseMetric, TakesEveryType) {
  expect_rows({
      {__LINE__, "a:1|c", "a counter [1]"},
      {__LINE__, "a:1|g", "a gauge [1]"},
      {__LINE__, "a:1|h", "a histogram [1]"},
      {__LINE__, "a:1|ms", "a timing [1]"},
      {__LINE__, "a:1|d", "a distribution [1]"},
      {__LINE__, "a:1|s", "a set '1'"},
      {__LINE__, "a:1|", "reject bad_type"},
      {__LINE__, "a:1||c", "reject bad_type"},
      {__LINE__, "a:1|C", "reject bad_type"},
      {__LINE__, "a:1|MS", "reject bad_type"},
      {__LINE__, "a:1| c", "reject bad_type"},
      {__LINE__, "a:1|c ", "reject bad_type"},
      {__LINE__, "a:1|m", "reject bad_type"},
      {__LINE__, "a:1|kv", "reject bad_type"},
      {__LINE__, "a:1|cc", "reject bad_type"},
      {__LINE__, "a:1|msx", "reject bad_type"},
      {__LINE__, "a:1|t", "reject bad_type"},
      {__LINE__, "a:1|#x", "reject bad_type"},
      {__LINE__, "a:1|@0.5|c", "reject bad_type"},
      {__LINE__, "a:x|kv", "reject bad_type"},  // before the value is looked at
  });
}

TEST(ParseMetric, SplitsNameAndValueAtTheFirstColon) {
  expect_rows({
      {__LINE__, "", "reject no_pipe"},
      {__LINE__, "a", "reject no_pipe"},
      {__LINE__, "a:1", "reject no_pipe"},
      {__LINE__, "a:1:c", "reject no_pipe"},
      {__LINE__, "a|g", "reject no_colon"},
      {__LINE__, "a|g:1", "reject no_colon"},
      {__LINE__, "a|1:g|c", "reject no_colon"},
      {__LINE__, "|", "reject no_colon"},
      {__LINE__, "|c", "reject no_colon"},
      {__LINE__, ":1|g", "reject empty_name"},
      {__LINE__, ":|g", "reject empty_name"},
      {__LINE__, "a:|g", "reject empty_value"},
      {__LINE__, "a:|s", "reject empty_value"},
      {__LINE__, "a.b_c-d/e f:1|c", "a.b_c-d/e f counter [1]"},
      {__LINE__, " a:1|c", " a counter [1]"},
      {__LINE__, "a b:1|g", "a b gauge [1]"},
      {__LINE__, "\xff\xfe:1|c", "\xff\xfe counter [1]"},  // UTF-8 is the serializer's business
      {__LINE__, "a\0b:1|c"s, "a\0b counter [1]"s},
      {__LINE__, "é☃:1|c", "é☃ counter [1]"},
      {__LINE__, std::string(8000, 'n') + ":1|c", std::string(8000, 'n') + " counter [1]"},
      // Lines of other kinds that come here are metrics like any other.
      {__LINE__, "_e:1|c", "_e counter [1]"},
      // The second line of a check whose message held a line feed.
      {__LINE__, "the rest of a message", "reject no_pipe"},
      {__LINE__, "the rest|#a:b", "reject no_colon"},
  });
}

TEST(ParseMetric, ReadsValues) {
  expect_rows({
      {__LINE__, "a:+5|g", "a gauge [5]"},  // sets 5: nothing is relative here
      {__LINE__, "a:-5|g", "a gauge [-5]"},
      {__LINE__, "a:.5|g", "a gauge [0.5]"},
      {__LINE__, "a:5.|g", "a gauge [5]"},
      {__LINE__, "a:1e3|c", "a counter [1000]"},
      {__LINE__, "a:0x1p-2|g", "a gauge [0.25]"},
      {__LINE__, "a:0.000000|ms", "a timing [0]"},  // datadog-go
      {__LINE__, "a:0.30000000000000004|g", "a gauge [0.30000000000000004]"},
      {__LINE__, "a:nan|g", "a gauge [nan]"},
      {__LINE__, "a:-Inf|g", "a gauge [-inf]"},
      {__LINE__, "a:1e-400|g", "a gauge [0]"},
      {__LINE__, "a:1e400|g", "reject bad_value"},
      {__LINE__, "a:1e999|g", "reject bad_value"},
      {__LINE__, "a:abc|g", "reject bad_value"},
      {__LINE__, "a: 1|g", "reject bad_value"},
      {__LINE__, "a:1 |g", "reject bad_value"},
      {__LINE__, "a:1,5|g", "reject bad_value"},
      {__LINE__, "a:0x10|g", "reject bad_value"},
      {__LINE__, "a:1f|g", "reject bad_value"},
      {__LINE__, "a:--1|g", "reject bad_value"},
      {__LINE__, "a:1\r|g", "reject bad_value"},
  });
}

TEST(ParseMetric, ReadsPackedValues) {
  expect_rows({
      {__LINE__, "a:1:2:3|g", "a gauge [1 2 3]"},
      {__LINE__, "d:1:2:3|d", "d distribution [1 2 3]"},
      {__LINE__, "a:1:2|h|@0.5|#x:y", "a histogram [1 2] @0.5 #x:y"},
      {__LINE__, "a:-1:.5:1e2|ms", "a timing [-1 0.5 100]"},
      {__LINE__, "a:1:2|c", "a counter [1 2]"},
      {__LINE__, "a:1::2|c", "a counter [1 2]"},
      {__LINE__, "a::1|c", "a counter [1]"},
      {__LINE__, "a:1:|c", "a counter [1]"},
      {__LINE__, "a::::1:::|c", "a counter [1]"},
      {__LINE__, "a::|g", "reject no_value"},
      {__LINE__, "a:::|g", "reject no_value"},
      {__LINE__, "a:1:x:3|g", "reject bad_value"},
      {__LINE__, "a:1:2:x|g", "reject bad_value"},
      {__LINE__, "a:x:1|g", "reject bad_value"},
      {__LINE__, "a:1: :3|g", "reject bad_value"},
  });
}

TEST(ParseMetric, TakesTheWholeValueAsSetMember) {
  expect_rows({
      {__LINE__, "a:abc|s", "a set 'abc'"},
      {__LINE__, "a:x:y|s", "a set 'x:y'"},
      {__LINE__, "a::|s", "a set ':'"},
      {__LINE__, "a: x |s", "a set ' x '"},
      {__LINE__, "a:1e999|s|#t", "a set '1e999' #t"},
      {__LINE__, "a:\xff|s", "a set '\xff'"},
  });
}

TEST(ParseMetric, ReadsTags) {
  expect_rows({
      {__LINE__, "a:1|c|#b,a", "a counter [1] #b,a"},
      {__LINE__, "a:1|c|#a:b:c,d", "a counter [1] #a:b:c,d"},
      {__LINE__, "a:1|c|#", "a counter [1]"},
      {__LINE__, "a:1|c|#,", "a counter [1] #,"},
      {__LINE__, "a:1|c|#a,,b", "a counter [1] #a,,b"},
      {__LINE__, "a:1|c|#a,", "a counter [1] #a,"},
      {__LINE__, "a:1|c|#x|#y", "a counter [1] #y"},
      {__LINE__, "a:1|c|#x|#", "a counter [1]"},
      {__LINE__, "a:1|c|##x", "a counter [1] ##x"},
      {__LINE__, "a:1|c| #x", "a counter [1]"},
      {__LINE__, "a:1|c|#host:h1", "a counter [1] #host:h1"},
      {__LINE__, "a:1|c|#dd.internal.card:high,x", "a counter [1] #dd.internal.card:high,x"},
      {__LINE__, "a:1|c|#a@b T5 c:d", "a counter [1] #a@b T5 c:d"},
  });
}

TEST(ParseMetric, ReadsSampleRates) {
  expect_rows({
      {__LINE__, "a:1|c|@0.1", "a counter [1] @0.1"},
      {__LINE__, "a:1|c|@1.000000", "a counter [1]"},  // java-dogstatsd-client
      {__LINE__, "a:1|c|@1e-1|#x", "a counter [1] @0.1 #x"},
      {__LINE__, "a:1|c|#x|@0.1", "a counter [1] @0.1 #x"},
      {__LINE__, "a:1|c|@0.1|@0.2", "a counter [1] @0.2"},
      // No number is out of place here.
      {__LINE__, "a:1|c|@2", "a counter [1] @2"},
      {__LINE__, "a:1|c|@0", "a counter [1] @0"},
      {__LINE__, "a:1|c|@-1", "a counter [1] @-1"},
      {__LINE__, "a:1|c|@nan", "a counter [1] @nan"},
      {__LINE__, "a:1|g|@0.5", "a gauge [1] @0.5"},
      {__LINE__, "a:x|s|@0.5", "a set 'x' @0.5"},
      {__LINE__, "a:1|c|@", "reject bad_rate"},
      {__LINE__, "a:1|c|@x", "reject bad_rate"},
      {__LINE__, "a:1|c|@0.1x", "reject bad_rate"},
      {__LINE__, "a:1|c|@ 0.1", "reject bad_rate"},
      {__LINE__, "a:1|c|@1e999", "reject bad_rate"},
      {__LINE__, "a:1|c|@0.1|@", "reject bad_rate"},
  });
}

TEST(ParseMetric, ReadsTimestamps) {
  expect_rows({
      {__LINE__, "a:1|c|T1700000000", "a counter [1] T1700000000"},
      {__LINE__, "a:1|g|T1600000000", "a gauge [1] T1600000000"},
      {__LINE__, "a:30|c|T1600000000", "a counter [30] T1600000000"},
      {__LINE__, "a:1|h|T1700000000", "a histogram [1] T1700000000"},
      {__LINE__, "a:1|c|T1700000000|#x:y", "a counter [1] T1700000000 #x:y"},  // hot-shots, Java
      {__LINE__, "a:1|c|#x:y|T1700000000", "a counter [1] T1700000000 #x:y"},  // the others
      {__LINE__, "a:1|c|T5|T6", "a counter [1] T6"},
      {__LINE__, "a:1|c|T+5", "a counter [1] T5"},
      {__LINE__, "a:1|c|T9223372036854775807", "a counter [1] T9223372036854775807"},
      {__LINE__, "a:1|c|T1", "a counter [1] T1"},
      {__LINE__, "a:1|c|T0", "reject bad_timestamp"},
      {__LINE__, "a:1|c|T-5", "reject bad_timestamp"},
      {__LINE__, "a:1|c|T", "reject bad_timestamp"},
      {__LINE__, "a:1|c|T1700000000.5", "reject bad_timestamp"},
      {__LINE__, "a:1|c|Tfoo", "reject bad_timestamp"},
      {__LINE__, "a:1|c|T9223372036854775808", "reject bad_timestamp"},
      {__LINE__, "a:1|c|T 5", "reject bad_timestamp"},
      {__LINE__, "a:1|c|t5", "a counter [1]"},
  });
  expect_rows(
      {
          {__LINE__, "a:1|c|T1700000000", "a counter [1]"},
          {__LINE__, "a:1|c|Tfoo|#x", "a counter [1] #x"},
          {__LINE__, "a:1|c|T0", "a counter [1]"},
      },
      kNoTimestamps);
}

TEST(ParseMetric, ReadsWhereTheSenderSaysItRunsOnlyWhenAsked) {
  const std::vector<Row> rows = {
      {__LINE__, "a:1|c|c:abc", "a counter [1] c=abc"},  // Go, JavaScript and Java
      {__LINE__, "a:1|c|c:ci-abc", "a counter [1] c=ci-abc"},
      {__LINE__, "a:1|c|#x|c:ci-abc,in-5", "a counter [1] #x c=ci-abc,in-5"},
      {__LINE__, "a:1|c|e:it-false,cn-web,pu-1", "a counter [1] e=it-false,cn-web,pu-1"},
      {__LINE__, "a:1|c|card:high", "a counter [1] card=high"},
      {__LINE__, "a:1|c|card:whatever", "a counter [1] card=whatever"},
      {__LINE__, "a:1|c|#dd.internal.card:low|card:high",
       "a counter [1] #dd.internal.card:low card=high"},
      {__LINE__, "a:1|c|@0.5|#x|c:a|e:b|card:c", "a counter [1] @0.5 #x c=a e=b card=c"},
      {__LINE__, "a:1|c|c:a|c:b|e:a|e:b|card:a|card:b", "a counter [1] c=b e=b card=b"},
      {__LINE__, "a:1|c|c:a|c:", "a counter [1]"},
      {__LINE__, "a:1|c|c|e|card|car:x", "a counter [1]"},
      {__LINE__, "a:1|c|C:a|cx:a", "a counter [1]"},
  };
  expect_rows(rows, kClientOrigin);
  for (const Row& row : rows) {
    SCOPED_TRACE(row.line);
    const auto text = parse(row.text);
    EXPECT_EQ(text.find('='), std::string::npos) << text;
    EXPECT_EQ(text.find("a counter [1]"), 0u) << text;
  }
}

TEST(ParseMetric, IgnoresUnknownAndEmptyFields) {
  expect_rows({
      {__LINE__, "a:1|c|", "a counter [1]"},
      {__LINE__, "a:1|c||#x", "a counter [1] #x"},
      {__LINE__, "a:1|c|#x|", "a counter [1] #x"},
      {__LINE__, "a:1|c|foo|bar", "a counter [1]"},
      {__LINE__, "a:1|c|foo|@0.5||z:1|#x||", "a counter [1] @0.5 #x"},
  });
}

TEST(ParseMetric, ForgetsTheLineBefore) {
  Parser parser(kClientOrigin);
  MetricMessage message;
  ASSERT_EQ(parser.metric("a:1:2|d|@0.5|T5|#x|c:a|e:b|card:c", message), Reject::none);
  ASSERT_EQ(parser.metric("b:x|s", message), Reject::none);
  EXPECT_EQ(to_text(message), "b set 'x'");
  EXPECT_TRUE(message.values.empty());
  ASSERT_EQ(parser.metric("c:3|c", message), Reject::none);
  EXPECT_EQ(to_text(message), "c counter [3]");
  EXPECT_TRUE(message.set_member.empty());
}

TEST(ParseMetric, PointsIntoTheLine) {
  const std::string line = "name:member|s|#tags|c:local";
  Parser parser(kClientOrigin);
  MetricMessage message;
  ASSERT_EQ(parser.metric(line, message), Reject::none);
  EXPECT_EQ(message.name.data(), line.data());
  EXPECT_EQ(message.set_member.data(), line.data() + 5);
  EXPECT_EQ(message.tags.data(), line.data() + 15);
  EXPECT_EQ(message.local_data.data(), line.data() + 22);
}

std::string packed_line(std::size_t values) {
  std::string line = "packed";
  for (std::size_t i = 0; i < values; ++i) line += ":7";
  return line + "|d";
}

TEST(ParseMetric, AsksForNoMemory) {
  const std::string full = packed_line(4000);  // 8 KiB, what datadog-go packs at most
  const std::string long_number = "a:0." + std::string(3000, '3') + "|g";
  const std::string_view lines[] = {
      "some.metric.name:1|c|#tag1:value1,tag2:value2",
      "a:12.75|ms|@0.5|#x|c:ci-0123456789abcdef",
      "a:0.30000000000000004:1e-300:1_000:0x1.8p3:nan|h",
      "a:1e-400|g|T1700000000",
      "a:member|s",
      "a:1e999|g",
      "a:x|g",
      "garbage",
      full,
      long_number,
  };
  Parser parser(kClientOrigin);
  MetricMessage message;
  EventMessage event;
  ServiceCheckMessage check;
  const auto before = fakes::allocations();
  for (const auto line : lines) (void)parser.metric(line, message);
  (void)parser.event("_e{5,2}:title|ab|d:5|p:low|#x", event);
  (void)parser.service_check("_sc|a|0|d:5|m:x|#x", check);
  EXPECT_EQ(fakes::allocations() - before, 0u);
}

TEST(ParseMetric, GrowsOnceForALineLongerThanThePacketsWeKnow) {
  const std::string line = packed_line(30000);
  Parser parser(kDefaults);
  MetricMessage message;
  ASSERT_EQ(parser.metric(line, message), Reject::none);
  EXPECT_EQ(message.values.size(), 30000u);
  EXPECT_EQ(message.values.back(), 7);
  const auto before = fakes::allocations();
  ASSERT_EQ(parser.metric(line, message), Reject::none);
  EXPECT_EQ(fakes::allocations() - before, 0u);
}

TEST(AllocationCounter, Counts) {
  const auto before = fakes::allocations();
  const std::vector<int> some(100);
  EXPECT_EQ(fakes::allocations() - before, 1u);
}

TEST(RejectNames, AreAllDifferent) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < kRejectCount; ++i) {
    const std::string name(to_string(static_cast<Reject>(i)));
    EXPECT_EQ(std::count(names.begin(), names.end(), name), 0) << name;
    EXPECT_NE(name, "unknown");
    names.push_back(name);
  }
}

}  // namespace
}  // namespace remora::dogstatsd
