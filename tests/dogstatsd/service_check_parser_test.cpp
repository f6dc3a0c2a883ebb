#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "dogstatsd/message_text.hpp"
#include "remora/dogstatsd/parser.hpp"

namespace remora::dogstatsd {
namespace {

/// "name critical", then what is not as by default.
std::string to_text(const ServiceCheckMessage& check) {
  static constexpr const char* kStatus[] = {" ok", " warning", " critical", " unknown"};
  std::string text(check.name);
  text += kStatus[static_cast<std::size_t>(check.status)];
  if (check.timestamp != 0) text += " d=" + std::to_string(check.timestamp);
  if (!check.host.empty()) text.append(" h=").append(check.host);
  if (!check.message.empty()) text.append(" m=").append(check.message);
  text += tags_and_origin_text(check);
  if (check.bad_field) text += " bad";
  return text;
}

std::string parse(std::string_view line, bool client_origin = false) {
  const Parser parser(ParserOptions{.client_origin = client_origin});
  ServiceCheckMessage check;
  const auto reject = parser.service_check(line, check);
  if (reject != Reject::none) return "reject " + std::string(to_string(reject));
  return to_text(check);
}

struct Row {
  int line;
  std::string text;
  std::string expected;
};

void expect_rows(const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    SCOPED_TRACE(row.line);
    EXPECT_EQ(parse(row.text), row.expected) << row.text;
  }
}

TEST(ParseServiceCheck, ReadsNameAndStatus) {
  expect_rows({
      {__LINE__, "_sc|db.up|0", "db.up ok"},
      {__LINE__, "_sc|db.up|1", "db.up warning"},
      {__LINE__, "_sc|db.up|2", "db.up critical"},
      {__LINE__, "_sc|db.up|3", "db.up unknown"},
      {__LINE__, "_sc| db up |0", " db up  ok"},
      {__LINE__, "_sc|db:up|0", "db:up ok"},
      {__LINE__, "_scXdb.up|0|", "db.up ok"},  // nobody looks at the fourth byte
      {__LINE__, "_sc|db.up|4", "reject check_status"},
      {__LINE__, "_sc|db.up|", "reject check_status"},
      {__LINE__, "_sc|db.up|-1", "reject check_status"},
      {__LINE__, "_sc|db.up|00", "reject check_status"},
      {__LINE__, "_sc|db.up|ok", "reject check_status"},
      {__LINE__, "_sc|db.up| 0", "reject check_status"},
      {__LINE__, "_sc||0", "reject check_name"},
      {__LINE__, "_scX|0|", "reject check_name"},
      {__LINE__, "_sc||", "reject check_name"},
      {__LINE__, "_sc|db.up", "reject check_fields"},
      {__LINE__, "_sc", "reject check_fields"},
      {__LINE__, "||", "reject check_fields"},
      {__LINE__, "", "reject check_fields"},
      {__LINE__, "_scope:1|c", "reject check_fields"},
      {__LINE__, "_scope:1|c|#x", "reject check_status"},
  });
}

TEST(ParseServiceCheck, ReadsOptionalFields) {
  expect_rows({
      {__LINE__, "_sc|db.up|2|h:h1|#a:b|m:down", "db.up critical h=h1 m=down #a:b"},
      {__LINE__, "_sc|db.up|0|d:1700000000", "db.up ok d=1700000000"},
      {__LINE__, "_sc|db.up|0|m:one\\ntwo: three", "db.up ok m=one\\ntwo: three"},  // left as sent
      {__LINE__, "_sc|db.up|0|m:a|b", "db.up ok m=a"},
      {__LINE__, "_sc|db.up|0|m:a|#late", "db.up ok m=a #late"},
      {__LINE__, "_sc|db.up|0|m:#no,tags", "db.up ok m=#no,tags"},
      {__LINE__, "_sc|db.up|0|d:1|d:2|h:a|h:b|m:a|m:b|#a|#b", "db.up ok d=2 h=b m=b #b"},
      {__LINE__, "_sc|db.up|0|h:a|h:|#a|#", "db.up ok"},
      {__LINE__, "_sc|db.up|0||z:1|k:x|h|#x|", "db.up ok #x"},
      {__LINE__, "_sc|db.up|0|d:now|h:x", "db.up ok h=x bad"},
      {__LINE__, "_sc|db.up|0|d:", "db.up ok bad"},
      {__LINE__, "_sc|db.up|0|d:7|d:1.5", "db.up ok d=7 bad"},
  });
}

TEST(ParseServiceCheck, ReadsWhereTheSenderSaysItRunsOnlyWhenAsked) {
  const std::string line = "_sc|db.up|0|#x|c:ci-1|e:cn-web|card:low|m:x";
  EXPECT_EQ(parse(line), "db.up ok m=x #x");
  EXPECT_EQ(parse(line, true), "db.up ok m=x #x c=ci-1 e=cn-web card=low");
}

TEST(ParseServiceCheck, ForgetsTheLineBefore) {
  const Parser parser(ParserOptions{.client_origin = true});
  ServiceCheckMessage check;
  ASSERT_EQ(parser.service_check("_sc|a|2|d:5|h:h|m:m|#x|c:c|e:e|card:l|d:x", check), Reject::none);
  ASSERT_EQ(parser.service_check("_sc|b|0", check), Reject::none);
  EXPECT_EQ(to_text(check), "b ok");
}

}  // namespace
}  // namespace remora::dogstatsd
