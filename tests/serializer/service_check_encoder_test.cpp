#include "remora/serializer/service_check_encoder.hpp"

#include <gtest/gtest.h>

namespace remora::serializer {
namespace {

model::ServiceCheck check(std::string name) {
  model::ServiceCheck c;
  c.check = std::move(name);
  c.timestamp = 1'700'000'000;
  return c;
}

TEST(EncodeServiceCheck, GoldenTextWithEveryKey) {
  model::ServiceCheck c = check("fargate_check");
  c.status = model::CheckStatus::critical;
  c.message = "line \"one\"\n<two>";
  c.host = "h";
  c.tags = model::make_tags({"b:2", "a:1"});
  EXPECT_EQ(encode_service_check(c),
            R"({"check":"fargate_check","host_name":"h","timestamp":1700000000,"status":2,)"
            R"("message":"line \"one\"\n<two>","tags":["a:1","b:2"]})");
}

TEST(EncodeServiceCheck, EmptyTextsStayAndNoTagsAreNull) {
  EXPECT_EQ(encode_service_check(check("datadog.agent.up")),
            R"({"check":"datadog.agent.up","host_name":"","timestamp":1700000000,"status":0,)"
            R"("message":"","tags":null})");
}

TEST(EncodeServiceCheck, InvalidUtf8IsReplaced) {
  model::ServiceCheck c = check("c");
  c.message = "caf\xE9!";
  EXPECT_NE(encode_service_check(c).find("\"message\":\"caf\xEF\xBF\xBD!\""), std::string::npos);
}

TEST(ServiceCheckSerializer, MakesOneArray) {
  telemetry::SerializerCounters counters;
  ServiceCheckSerializer serializer(CompressionKind::zstd, 1, {}, counters);
  const std::vector<model::ServiceCheck> all = {check("a"), check("b")};
  const auto payloads = serializer.serialize(all);
  ASSERT_EQ(payloads.size(), 1u);
  EXPECT_EQ(payloads[0].kind, model::PayloadKind::service_checks);
  EXPECT_EQ(payloads[0].path, "/api/v1/check_run");
  EXPECT_EQ(payloads[0].content_type, "application/json");
  EXPECT_EQ(payloads[0].content_encoding, "zstd");
  EXPECT_EQ(payloads[0].items, 2u);
  EXPECT_EQ(*decompress(CompressionKind::zstd, *payloads[0].body, 10'000),
            "[" + encode_service_check(all[0]) + "," + encode_service_check(all[1]) + "]");
  EXPECT_TRUE(serializer.serialize({}).empty());
}

TEST(ServiceCheckSerializer, CountsTheFrameOfTheArrayAtTheLimit) {
  telemetry::SerializerCounters counters;
  const std::vector<model::ServiceCheck> all = {check("a"), check("b")};
  const std::size_t element = encode_service_check(all[0]).size();
  PayloadLimits limits;
  limits.max_uncompressed_bytes = 2 * element + 3;  // [ , ]
  ServiceCheckSerializer exact(CompressionKind::none, 0, limits, counters);
  EXPECT_EQ(exact.serialize(all).size(), 1u);
  limits.max_uncompressed_bytes -= 1;
  ServiceCheckSerializer over(CompressionKind::none, 0, limits, counters);
  const auto split = over.serialize(all);
  ASSERT_EQ(split.size(), 2u);
  EXPECT_EQ(*split[1].body, "[" + encode_service_check(all[1]) + "]");
  limits.max_uncompressed_bytes = element + 1;
  ServiceCheckSerializer none(CompressionKind::none, 0, limits, counters);
  EXPECT_TRUE(none.serialize(all).empty());
  EXPECT_EQ(counters.dropped_too_large.value, 2u);
}

}  // namespace
}  // namespace remora::serializer
