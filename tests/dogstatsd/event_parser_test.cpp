#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "dogstatsd/message_text.hpp"
#include "remora/dogstatsd/parser.hpp"

namespace remora::dogstatsd {
namespace {

using namespace std::string_literals;

/// "'title' 'text'", then what is not as by default.
std::string to_text(const EventMessage& event) {
  static constexpr const char* kAlertTypes[] = {"", " t=warning", " t=error", " t=success"};
  std::string text = "'" + std::string(event.title) + "' '" + std::string(event.text) + "'";
  if (event.timestamp != 0) text += " d=" + std::to_string(event.timestamp);
  if (event.priority == model::EventPriority::low) text += " low";
  text += kAlertTypes[static_cast<std::size_t>(event.alert_type)];
  if (!event.host.empty()) text.append(" h=").append(event.host);
  if (!event.aggregation_key.empty()) text.append(" k=").append(event.aggregation_key);
  if (!event.source_type_name.empty()) text.append(" s=").append(event.source_type_name);
  text += tags_and_origin_text(event);
  if (event.bad_field) text += " bad";
  return text;
}

std::string parse(std::string_view line, bool client_origin = false) {
  const Parser parser(ParserOptions{.client_origin = client_origin});
  EventMessage event;
  const auto reject = parser.event(line, event);
  if (reject != Reject::none) return "reject " + std::string(to_string(reject));
  return to_text(event);
}

struct Row {
  int line;
  std::string text;
  std::string expected;
};

void expect_rows(const std::vector<Row>& rows, bool client_origin = false) {
  for (const Row& row : rows) {
    SCOPED_TRACE(row.line);
    EXPECT_EQ(parse(row.text, client_origin), row.expected) << row.text;
  }
}

TEST(ParseEvent, TakesTitleAndTextByTheirLengthsInBytes) {
  expect_rows({
      {__LINE__, "_e{2,3}:hi|abc", "'hi' 'abc'"},
      {__LINE__, "_e{2,0}:hi|", "'hi' ''"},
      {__LINE__, "_e{1,1}:a|b", "'a' 'b'"},
      {__LINE__, "_e{3,3}:a|b|c|d|#x", "'a|b' 'c|d' #x"},
      {__LINE__, "_e{3,3}:a:b|c:d", "'a:b' 'c:d'"},
      {__LINE__, "_e{2,3}:hi_abc", "'hi' 'abc'"},  // any byte separates
      {__LINE__, "_e{+2,03}:hi|abc", "'hi' 'abc'"},
      {__LINE__, "_e{2,3):hi|abc", "'hi' 'abc'"},  // nor is the last byte of the header looked at
      {__LINE__, "_e{2,33:hi|abc", "'hi' 'abc'"},
      // Both stay escaped; the lengths count backslash and n as two.
      {__LINE__, "_e{4,3}:a\\nb|abc", "'a\\nb' 'abc'"},
      {__LINE__, "_e{2,6}:hi|ab\\ncd", "'hi' 'ab\\ncd'"},
      {__LINE__, "_e{2,1}:é|x", "'é' 'x'"},
      {__LINE__, "_e{2,3}:\xff\xfe|a\0b"s, "'\xff\xfe' 'a\0b'"s},
  });
}

// hot-shots 17 counts characters: the title ends inside of one, and all after it is shifted.
TEST(ParseEvent, CutsWhereLengthsInCharactersSay) {
  expect_rows({
      {__LINE__, "_e{1,3}:é|abc|#x", "'\xc3' '|ab' #x"},
      {__LINE__, "_e{2,4}:aé|text|#x:y", "'a\xc3' '|tex' #x:y"},
      {__LINE__, "_e{4,4}:caf\xc3\xa9|text|p:low", "'caf\xc3' '|tex' low"},
      {__LINE__, "_e{5,2}:title|éé|#x", "'title' 'é' #x"},
  });
}

TEST(ParseEvent, RefusesHeadersWithoutTwoLengths) {
  expect_rows({
      {__LINE__, "", "reject event_header"},
      {__LINE__, "_e{", "reject event_header"},
      {__LINE__, "_e{2,3}", "reject event_header"},
      {__LINE__, "_e{2,3}hi|abc", "reject event_header"},
      {__LINE__, "_e{x:1|c", "reject event_header"},
      {__LINE__, "_e{2,3:hi|abc", "reject event_header"},  // 6 bytes
      {__LINE__, "_e{2,}:hi|abc", "reject event_header"},  // 6 bytes
      {__LINE__, "_e{22,}:hi|abc", "reject event_header"},
      {__LINE__, "_e{,22}:hi|abc", "reject event_header"},
      {__LINE__, "_e{2222}:hi|abc", "reject event_header"},
      {__LINE__, "_e{2,3,4}:hi|abc", "reject event_header"},
      {__LINE__, "_e{-1,3}:..", "reject event_header"},
      {__LINE__, "_e{2,-3}:hi|abc", "reject event_header"},
      {__LINE__, "_e{2,a}:hi|abc", "reject event_header"},
      {__LINE__, "_e{ 2,3}:hi|abc", "reject event_header"},
      {__LINE__, "_e{2, 3}:hi|abc", "reject event_header"},
      {__LINE__, "_e{2.0,3}:hi|abc", "reject event_header"},
      {__LINE__, "_e{9223372036854775808,3}:hi|abc", "reject event_header"},
  });
}

TEST(ParseEvent, RefusesBodiesShorterThanTheirLengths) {
  expect_rows({
      {__LINE__, "_e{0,3}:|abc", "reject event_no_title"},
      {__LINE__, "_e{00,0}:", "reject event_no_title"},
      {__LINE__, "_e{2,30}:hi|abc", "reject event_length"},
      {__LINE__, "_e{2,4}:hi|abc", "reject event_length"},
      {__LINE__, "_e{2,0}:hi", "reject event_length"},
      {__LINE__, "_e{1,1}:", "reject event_length"},
      {__LINE__, "_e{9223372036854775807,9223372036854775807}:hi|abc", "reject event_length"},
      {__LINE__, "_e{1,9223372036854775807}:hi|abc", "reject event_length"},
  });
}

TEST(ParseEvent, ReadsOptionalFields) {
  expect_rows({
      {__LINE__, "_e{2,3}:hi|abc|d:5|p:low|t:error|#x", "'hi' 'abc' d=5 low t=error #x"},
      {__LINE__, "_e{2,3}:hi|abc|h:web|k:key|s:src", "'hi' 'abc' h=web k=key s=src"},
      {__LINE__, "_e{2,3}:hi|abc|p:normal|t:info", "'hi' 'abc'"},
      {__LINE__, "_e{2,3}:hi|abc|t:warning", "'hi' 'abc' t=warning"},
      {__LINE__, "_e{2,3}:hi|abc|t:success", "'hi' 'abc' t=success"},
      {__LINE__, "_e{2,3}:hi|abc|d:-5", "'hi' 'abc' d=-5"},
      {__LINE__, "_e{2,3}:hi|abc|#a:b,,c", "'hi' 'abc' #a:b,,c"},
      {__LINE__, "_e{2,3}:hi|abc|#x|#", "'hi' 'abc'"},
      {__LINE__, "_e{2,3}:hi|abc|h:a|h:b|k:a|k:b", "'hi' 'abc' h=b k=b"},
      {__LINE__, "_e{2,3}:hi|abc|h:a:b", "'hi' 'abc' h=a:b"},
      // What is not known is passed over, and so is what stands right behind the text.
      {__LINE__, "_e{2,3}:hi|abc|", "'hi' 'abc'"},
      {__LINE__, "_e{2,3}:hi|abc||z:1|d|h:x", "'hi' 'abc' h=x"},
      {__LINE__, "_e{2,3}:hi|abcdef|h:x", "'hi' 'abc' h=x"},
      {__LINE__, "_e{2,3}:hi|abch:y|k:x", "'hi' 'abc' h=y k=x"},
  });
}

TEST(ParseEvent, KeepsTheEventWhenAFieldIsBad) {
  expect_rows({
      {__LINE__, "_e{2,3}:hi|abc|p:urgent", "'hi' 'abc' bad"},
      {__LINE__, "_e{2,3}:hi|abc|p:", "'hi' 'abc' bad"},
      {__LINE__, "_e{2,3}:hi|abc|p:LOW|#x", "'hi' 'abc' #x bad"},
      {__LINE__, "_e{2,3}:hi|abc|t:fatal", "'hi' 'abc' bad"},
      {__LINE__, "_e{2,3}:hi|abc|d:now|h:x", "'hi' 'abc' h=x bad"},
      {__LINE__, "_e{2,3}:hi|abc|d:", "'hi' 'abc' bad"},
      {__LINE__, "_e{2,3}:hi|abc|d:1.5", "'hi' 'abc' bad"},
      {__LINE__, "_e{2,3}:hi|abc|d:5|d:x|p:low|p:x", "'hi' 'abc' d=5 low bad"},
  });
}

TEST(ParseEvent, ReadsWhereTheSenderSaysItRunsOnlyWhenAsked) {
  const std::string line = "_e{2,3}:hi|abc|#x|c:ci-1|e:cn-web|card:low";
  EXPECT_EQ(parse(line), "'hi' 'abc' #x");
  EXPECT_EQ(parse(line, true), "'hi' 'abc' #x c=ci-1 e=cn-web card=low");
}

TEST(ParseEvent, ForgetsTheLineBefore) {
  const Parser parser(ParserOptions{.client_origin = true});
  EventMessage event;
  ASSERT_EQ(
      parser.event("_e{2,3}:hi|abc|d:5|p:low|t:error|h:h|k:k|s:s|#x|c:c|e:e|card:l|p:x", event),
      Reject::none);
  ASSERT_EQ(parser.event("_e{1,1}:a|b", event), Reject::none);
  EXPECT_EQ(to_text(event), "'a' 'b'");
}

}  // namespace
}  // namespace remora::dogstatsd
