#include "api/ipc_wire.hpp"

#include <gtest/gtest.h>

#include <string>

namespace remora::api {
namespace {

const std::string kA(64, 'a');
const std::string kB(64, 'b');

struct LineCase {
  const char* name;
  std::string received;
  LineState state;
  std::string text;
};

class TakeLine : public testing::TestWithParam<LineCase> {};

TEST_P(TakeLine, Decides) {
  const Line line = take_line(GetParam().received);
  EXPECT_EQ(line.state, GetParam().state);
  EXPECT_EQ(line.text, GetParam().text);
}

INSTANTIATE_TEST_SUITE_P(
    Lines, TakeLine,
    testing::Values(
        LineCase{"Nothing", "", LineState::incomplete, ""},
        LineCase{"Half", "REMORA1 ab", LineState::incomplete, ""},
        LineCase{"Whole", "hello\n", LineState::complete, "hello"},
        LineCase{"Empty", "\n", LineState::complete, ""},
        LineCase{"BytesBehind", "hello\nx", LineState::invalid, ""},
        LineCase{"TwoLines", "a\nb\n", LineState::invalid, ""},
        LineCase{"Control", "a\tb", LineState::invalid, ""},
        LineCase{"CarriageReturn", "a\r\n", LineState::invalid, ""},
        LineCase{"NotAscii", "\xff", LineState::invalid, ""},
        LineCase{"Nul", std::string("a\0b", 3), LineState::invalid, ""},
        LineCase{"LongestYet", std::string(kMaxLineBytes, 'x'), LineState::incomplete, ""},
        LineCase{"LongestWhole", std::string(kMaxLineBytes, 'x') + "\n", LineState::complete,
                 std::string(kMaxLineBytes, 'x')},
        LineCase{"TooLong", std::string(kMaxLineBytes + 1, 'x'), LineState::invalid, ""}),
    [](const auto& row) { return row.param.name; });

TEST(ParseHello, TakesMagicAndSixtyFourHexDigitsOnly) {
  const std::string line = "REMORA1 " + kA;
  EXPECT_EQ(parse_hello(line), kA);
  EXPECT_FALSE(parse_hello("REMORA2 " + kA));
  EXPECT_FALSE(parse_hello("REMORA1 " + kA + "a"));
  EXPECT_FALSE(parse_hello("REMORA1 " + std::string(64, 'A')));  // one spelling per nonce
  EXPECT_FALSE(parse_hello("REMORA1 "));
  EXPECT_FALSE(parse_hello(""));
}

TEST(ParseGreeting, SplitsNonceAndProof) {
  const std::string line = kA + " " + kB;
  const auto greeting = parse_greeting(line);
  ASSERT_TRUE(greeting);
  EXPECT_EQ(greeting->nonce, kA);
  EXPECT_EQ(greeting->proof, kB);
  EXPECT_FALSE(parse_greeting(kA + kB));
  EXPECT_FALSE(parse_greeting(kA + " " + kB + " "));
  EXPECT_FALSE(parse_greeting(kA + " " + std::string(64, 'g')));
}

TEST(ParseRequest, KeepsTheRequestAsItIs) {
  const std::string line = kA + " status?format=json&section=x";
  const auto request = parse_request(line);
  ASSERT_TRUE(request);
  EXPECT_EQ(request->proof, kA);
  EXPECT_EQ(request->text, "status?format=json&section=x");
  EXPECT_FALSE(parse_request(kA + " "));
  EXPECT_FALSE(parse_request(kA));
  EXPECT_FALSE(parse_request("health"));
}

struct HeadCase {
  const char* name;
  std::string line;
  bool valid;
};

class ParseReplyHead : public testing::TestWithParam<HeadCase> {};

TEST_P(ParseReplyHead, KeepsItsLimits) {
  EXPECT_EQ(parse_reply_head(GetParam().line).has_value(), GetParam().valid);
}

INSTANTIATE_TEST_SUITE_P(Heads, ParseReplyHead,
                         testing::Values(HeadCase{"Usual", "200 17", true},
                                         HeadCase{"EmptyBody", "404 0", true},
                                         HeadCase{"Largest", "200 4194304", true},
                                         HeadCase{"TooLarge", "200 4194305", false},
                                         HeadCase{"Overflow", "200 18446744073709551617", false},
                                         HeadCase{"Negative", "200 -1", false},
                                         HeadCase{"NegativeStatus", "-20 1", false},
                                         HeadCase{"NoLength", "200 ", false},
                                         HeadCase{"Trailing", "200 1x", false},
                                         HeadCase{"Garbage", "hello world", false}),
                         [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace remora::api
