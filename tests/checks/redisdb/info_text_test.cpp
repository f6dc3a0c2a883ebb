#include "checks/redisdb/info_text.hpp"

#include <gtest/gtest.h>

namespace remora::checks::redisdb {
namespace {

TEST(InfoText, ReadsFieldsAndSkipsEverythingElse) {
  const auto info = InfoText::parse(
      "# Server\r\nredis_version:7.0.15\r\n\r\nno "
      "field\r\nempty:\r\nmaster_host:fe80::1\r\nlast:1");
  ASSERT_TRUE(info);
  ASSERT_EQ(info->lines().size(), 4u);
  EXPECT_EQ(info->find("redis_version"), "7.0.15");
  EXPECT_EQ(info->find("empty"), "");
  EXPECT_EQ(info->find("master_host"), "fe80::1");
  EXPECT_EQ(info->find("last"), "1");
  EXPECT_FALSE(info->find("redis"));
}

TEST(InfoText, TheCommandHostKeepsItsColon) {
  const auto info = InfoText::parse("cmdstat_host::calls=1,usec=5\r\n");
  EXPECT_EQ(info->find("cmdstat_host:"), "calls=1,usec=5");
}

TEST(InfoText, TooManyLinesAreAnError) {
  std::string text;
  for (std::size_t i = 0; i <= kMaxInfoLines; ++i) text += "a:1\n";
  EXPECT_EQ(InfoText::parse(text).error().code(), Errc::too_large);
  text.resize(text.size() - 4);
  EXPECT_EQ(InfoText::parse(text)->lines().size(), kMaxInfoLines);
}

TEST(InfoText, FieldsOfAValueAreFoundByTheirWholeName) {
  constexpr std::string_view kValue = "avg_keys=9,keys=2,expires=1,state=online,";
  EXPECT_EQ(info_field(kValue, "keys"), "2");
  EXPECT_EQ(info_field(kValue, "state"), "online");
  EXPECT_FALSE(info_field(kValue, "key"));
  EXPECT_FALSE(info_field(kValue, "s"));
  EXPECT_EQ(info_field_number(kValue, "expires"), 1);
  EXPECT_FALSE(info_field_number(kValue, "state"));
}

TEST(InfoText, NumbersAreWholeAndFinite) {
  EXPECT_EQ(info_number("12.34"), 12.34);
  EXPECT_EQ(info_number("-1"), -1);
  for (const char* text : {"", "1.2.3", "895.23K", "12%", "nan", "inf", "-inf", "1 "}) {
    EXPECT_FALSE(info_number(text)) << text;
  }
}

TEST(InfoText, DatabasesAndReplicasAreTheOnesWithANumberAlone) {
  EXPECT_EQ(info_index("db12", "db"), 12u);
  EXPECT_EQ(info_index("slave0", "slave"), 0u);
  for (const char* key : {"db", "dbx", "db1x", "db1234567890", "mydb1", "slave_repl_offset"}) {
    EXPECT_FALSE(info_index(key, key[0] == 's' ? "slave" : "db")) << key;
  }
}

}  // namespace
}  // namespace remora::checks::redisdb
