#include "checks/redisdb/resp.hpp"

#include <gtest/gtest.h>

namespace remora::checks::redisdb {
namespace {

Result<RespReply> read(std::string bytes, RespLimits limits = {}) {
  RespParser parser(limits);
  const auto complete = parser.parse(bytes);
  if (!complete) return complete.error();
  if (!*complete) return fail(Errc::not_found, "incomplete");
  return parser.take(bytes);
}

TEST(Resp, ReadsEachType) {
  EXPECT_EQ(read("+PONG\r\n")->root().text(), "PONG");
  EXPECT_EQ(read("$5\r\na\r\nbc\r\n")->root().text(), "a\r\nbc");
  EXPECT_EQ(read("$0\r\n\r\n")->root().text(), "");
  EXPECT_EQ(read(":-42\r\n")->root().integer(), -42);
  EXPECT_EQ(read("$-1\r\n")->root().type(), RespType::null);
  EXPECT_EQ(read("*-1\r\n")->root().type(), RespType::null);
  EXPECT_TRUE(read("*0\r\n")->root().items().empty());
  const auto error = read("-ERR no\r\n");
  EXPECT_TRUE(error->root().is_error());
  EXPECT_EQ(error->root().text(), "ERR no");
}

TEST(Resp, ItemsOfNestedListsAreFoundBehindEachOther) {
  const auto reply = read("*3\r\n*2\r\n:1\r\n*1\r\n+in\r\n$-1\r\n:7\r\n");
  const auto items = reply->root().items();
  ASSERT_EQ(items.size(), 3u);
  EXPECT_EQ(items[0].items()[1].items()[0].text(), "in");
  EXPECT_EQ(items[1].type(), RespType::null);
  EXPECT_EQ(items[2].integer(), 7);
}

TEST(Resp, WaitsForEveryMissingByte) {
  const std::string whole = "*2\r\n$5\r\nhello\r\n*2\r\n:12\r\n-ERR x\r\n";
  for (std::size_t cut = 0; cut < whole.size(); ++cut) {
    RespParser parser;
    std::string buffer = whole.substr(0, cut);
    ASSERT_FALSE(*parser.parse(buffer)) << cut;
    buffer += whole.substr(cut);
    ASSERT_TRUE(*parser.parse(buffer)) << cut;
    const RespReply reply = parser.take(buffer);
    EXPECT_EQ(reply.root().items()[1].items()[1].text(), "ERR x") << cut;
    EXPECT_TRUE(buffer.empty());
  }
}

TEST(Resp, LeavesTheNextAnswerInTheBuffer) {
  RespParser parser;
  std::string buffer = "+one\r\n:2\r\n+th";
  ASSERT_TRUE(*parser.parse(buffer));
  EXPECT_EQ(parser.take(buffer).root().text(), "one");
  ASSERT_TRUE(*parser.parse(buffer));
  EXPECT_EQ(parser.take(buffer).root().integer(), 2);
  EXPECT_FALSE(*parser.parse(buffer));
  EXPECT_EQ(buffer, "+th");
}

TEST(Resp, RefusesWhatIsNotTheProtocolAtTheFirstByteThatSaysSo) {
  for (const char* bytes :
       {"HTTP/1.1 400 Bad Request\r\n", "\r\n", ":x\r\n", ":\r\n", ":1 \r\n", "$-2\r\n", "*-2\r\n",
        "$3\r\nabcde\r\n", "+no return\n", "%1\r\n", "$9999999999999999999999\r\n"}) {
    const auto reply = read(bytes);
    ASSERT_FALSE(reply) << bytes;
    EXPECT_EQ(reply.error().code(), Errc::malformed_payload) << bytes;
  }
  EXPECT_EQ(read("HTTP/1.1 400").error().message(),
            "this is not the protocol of Redis: a value starts with \"HTTP/1.1 400\"");
}

TEST(Resp, LimitsHoldBeforeTheBytesAreThere) {
  RespLimits limits;
  limits.bytes = 1000;
  limits.elements = 10;
  limits.depth = 3;
  limits.line_bytes = 50;
  const struct {
    std::string bytes, says;
  } rows[] = {{"$104857600\r\n", "1000 bytes"},
              {"$990\r\n", "incomplete"},
              {"*11\r\n", "10 values"},
              {"*2\r\n*10\r\n", "10 values"},
              {"*1\r\n*1\r\n*1\r\n*1\r\n", "3 levels"},
              {"*1\r\n*1\r\n*1\r\n:1", "incomplete"},
              {'+' + std::string(60, 'a'), "line of more than 50 bytes"},
              {'$' + std::string(60, '1'), "line of more than 50 bytes"},
              {"*5\r\n$400\r\n" + std::string(400, 'a') + "\r\n$580\r\n", "incomplete"},
              {"*5\r\n$400\r\n" + std::string(400, 'a') + "\r\n$590\r\n", "1000 bytes"}};
  for (const auto& row : rows) {
    const auto reply = read(row.bytes, limits);
    ASSERT_FALSE(reply) << row.bytes;
    EXPECT_NE(reply.error().message().find(row.says), std::string::npos)
        << row.bytes << ": " << reply.error().message();
  }
}

TEST(Resp, AnswersToOneRequestShareTheLimits) {
  RespLimits limits;
  limits.bytes = 30;
  RespParser parser(limits);
  std::string buffer = "$10\r\n0123456789\r\n$10\r\n0123456789\r\n";
  ASSERT_TRUE(*parser.parse(buffer));
  (void)parser.take(buffer);
  const auto second = parser.parse(buffer);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().message(), "the answer has more than 30 bytes");
}

TEST(Resp, WritesCommandsAsListsOfTexts) {
  std::string out;
  append_command(out, {"AUTH", "a b\r\n", ""});
  EXPECT_EQ(out, "*3\r\n$4\r\nAUTH\r\n$5\r\na b\r\n\r\n$0\r\n\r\n");
}

TEST(Resp, TextsOfServersBecomeOneShortLine) {
  EXPECT_EQ(printable("ERR a\r\nb\tc\x01"), "ERR a  b c\\u0001");
  EXPECT_EQ(printable("caf\xc3\xa9 \xff"), "caf\xc3\xa9 \xef\xbf\xbd");
  EXPECT_LE(printable(std::string(300, '\xff')).size(), 200u);
}

}  // namespace
}  // namespace remora::checks::redisdb
