#include "sandbox/intake_decoder.hpp"

#include <gtest/gtest.h>

namespace remora::sandbox {
namespace {

using namespace std::string_literals;

// MetricPayload with one MetricSeries, byte by byte after agent_payload.proto.
const std::string kSeries =
    "\x0a\x06\x0a\x04"
    "host"  // 1 resources {1 type "host"}, no name
    "\x12\x03"
    "a.b"  // 2 metric
    "\x1a\x03"
    "k:v"                                                                   // 3 tags
    "\x22\x0f\x09\x00\x00\x00\x00\x00\x00\xf8\x3f\x10\x80\xe2\xcf\xaa\x06"  // 4 {1.5, 1700000000}
    "\x28\x02"                                                              // 5 type RATE
    "\x3a\x06"
    "System"                                          // 7 source_type_name
    "\x40\x0f"                                        // 8 interval 15
    "\x4a\x09\x0a\x07\x20\x0a\x28\x0b\x30\xb4\x01"s;  // 9 metadata {origin {10, 11, 180}}

std::string payload(const std::string& series) {
  return "\x0a"s + static_cast<char>(series.size()) + series;
}

TEST(DecodeSeries, ReadsGoldenBytes) {
  const auto series = decode_series(payload(kSeries));
  ASSERT_TRUE(series) << series.error().message();
  ASSERT_EQ(series->size(), 1u);
  const ReceivedSeries& s = series->front();
  EXPECT_EQ(s.metric, "a.b");
  EXPECT_EQ(s.tags, std::vector<std::string>{"k:v"});
  EXPECT_EQ(s.host, "");
  EXPECT_EQ(s.type, 2);
  ASSERT_EQ(s.points.size(), 1u);
  EXPECT_EQ(s.points[0].value, 1.5);
  EXPECT_EQ(s.points[0].timestamp, 1'700'000'000);
  EXPECT_EQ(s.source_type_name, "System");
  EXPECT_EQ(s.interval, 15);
  EXPECT_EQ(s.origin_product, 10u);
  EXPECT_EQ(s.origin_category, 11u);
  EXPECT_EQ(s.origin_service, 180u);
}

TEST(DecodeSeries, SkipsFieldsOfTheFuture) {
  const auto series = decode_series(payload(kSeries + "\xa2\x06\x01x"s));  // field 100
  ASSERT_TRUE(series);
  EXPECT_EQ(series->front().metric, "a.b");
}

TEST(DecodeSeries, RefusesBrokenBytes) {
  const std::string whole = payload(kSeries);
  EXPECT_FALSE(decode_series(whole.substr(0, whole.size() - 1)));
  EXPECT_FALSE(decode_series("not protobuf"));
  EXPECT_FALSE(decode_series("\x0a\x02\x28\x02"s));  // a series without a name
  EXPECT_TRUE(decode_series(""));
}

TEST(DecodeServiceChecks, ReadsTheElementsOfTheAgent) {
  const auto checks = decode_service_checks(
      R"([{"check":"fargate_check","host_name":"","timestamp":1700000000,"status":1,)"
      R"("message":"m","tags":["a:b"]},{"check":"c","timestamp":1,"status":0,"tags":null}])");
  ASSERT_TRUE(checks) << checks.error().message();
  ASSERT_EQ(checks->size(), 2u);
  EXPECT_EQ((*checks)[0].check, "fargate_check");
  EXPECT_EQ((*checks)[0].status, 1);
  EXPECT_EQ((*checks)[0].tags, std::vector<std::string>{"a:b"});
  EXPECT_TRUE((*checks)[1].tags.empty());
}

TEST(DecodeServiceChecks, RefusesWhatIsNotACheck) {
  for (const char* body : {"{}", "[1]", R"([{"status":0,"timestamp":1}])",
                           R"([{"check":"c","status":4,"timestamp":1}])",
                           R"([{"check":"c","status":0,"timestamp":"now"}])"})
    EXPECT_FALSE(decode_service_checks(body)) << body;
}

}  // namespace
}  // namespace remora::sandbox
