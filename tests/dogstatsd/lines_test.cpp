#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "remora/dogstatsd/parser.hpp"

namespace remora::dogstatsd {
namespace {

using namespace std::string_literals;

TEST(Lines, SplitsPacketsIntoMessages) {
  struct Row {
    int line;
    std::string packet;
    std::vector<std::string> lines;
  };
  const Row rows[] = {
      {__LINE__, "", {}},
      {__LINE__, "a:1|c", {"a:1|c"}},
      {__LINE__, "a:1|c\n", {"a:1|c"}},
      {__LINE__, "a:1|c\na:2|c\n", {"a:1|c", "a:2|c"}},
      {__LINE__, "a:1|c\nb:2|g", {"a:1|c", "b:2|g"}},
      {__LINE__, "a:1|c\r\nb:2|g", {"a:1|c", "b:2|g"}},
      {__LINE__, "a:1|c\r\nb:2|g\r\n", {"a:1|c", "b:2|g"}},
      {__LINE__, "a:1|c\r", {"a:1|c"}},
      {__LINE__, "a\r\r\n", {"a\r"}},  // one CR, not more
      {__LINE__, "\n\n", {}},
      {__LINE__, "\r\n\r", {}},
      {__LINE__, "\n\na\n\n\nb\n\n", {"a", "b"}},
      {__LINE__, "a\rb\n", {"a\rb"}},  // CR does not separate
      {__LINE__, " a \n\t\n", {" a ", "\t"}},
      {__LINE__, "a\0b\nc"s, {"a\0b"s, "c"}},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.line);
    Lines lines(row.packet, false);
    std::vector<std::string> got;
    for (std::string_view line; lines.next(line);) got.emplace_back(line);
    EXPECT_EQ(got, row.lines);
    EXPECT_FALSE(lines.unterminated());
  }
}

TEST(Lines, LeavesOutALastLineWithoutLfWhereOneIsRequired) {
  struct Row {
    int line;
    std::string packet;
    std::vector<std::string> lines;
    bool unterminated;
  };
  const Row rows[] = {
      {__LINE__, "", {}, false},       {__LINE__, "a\n", {"a"}, false},
      {__LINE__, "a\nb", {"a"}, true}, {__LINE__, "a\r\nb\r", {"a"}, true},
      {__LINE__, "a", {}, true},       {__LINE__, "a\n\n", {"a"}, false},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.line);
    Lines lines(row.packet, true);
    std::vector<std::string> got;
    std::string_view line;
    while (lines.next(line)) got.emplace_back(line);
    EXPECT_EQ(got, row.lines);
    EXPECT_EQ(lines.unterminated(), row.unterminated);
    EXPECT_FALSE(lines.next(line));  // and stays at the end
  }
}

TEST(KindOf, GoesByThePrefixOnly) {
  struct Row {
    const char* line;
    MessageKind kind;
  };
  const Row rows[] = {
      {"a:1|c", MessageKind::metric},
      {"_e{1,1}:a|b", MessageKind::event},
      {"_e{x:1|c", MessageKind::event},
      {"_e{", MessageKind::event},
      {"_sc|a|0", MessageKind::service_check},
      {"_scope:1|c", MessageKind::service_check},
      {"_sc", MessageKind::service_check},
      {"_e", MessageKind::metric},
      {"_s", MessageKind::metric},
      {"_", MessageKind::metric},
      {"", MessageKind::metric},
      {" _e{1,1}:a|b", MessageKind::metric},
      {"_E{1,1}:a|b", MessageKind::metric},
      {"_e:1|c", MessageKind::metric},
      {"_ec:1|c", MessageKind::metric},
      {"_s{:1|c", MessageKind::metric},
  };
  for (const Row& row : rows) EXPECT_EQ(kind_of(row.line), row.kind) << row.line;
}

}  // namespace
}  // namespace remora::dogstatsd
