#include "config/text.hpp"

#include <gtest/gtest.h>

namespace remora::config {
namespace {

struct UrlRow {
  const char* name;
  std::string_view url, expected;
};
class WithoutPassword : public testing::TestWithParam<UrlRow> {};
TEST_P(WithoutPassword, HidesIt) {
  EXPECT_EQ(without_password(GetParam().url), GetParam().expected);
}
INSTANTIATE_TEST_SUITE_P(
    Urls, WithoutPassword,
    testing::Values(UrlRow{"Plain", "http://proxy:3128", "http://proxy:3128"},
                    UrlRow{"UserAndPassword", "http://u:secret@proxy:3128",
                           "http://u:***@proxy:3128"},
                    UrlRow{"TokenAsUser", "https://token@proxy", "https://***@proxy"},
                    UrlRow{"NoScheme", "u:secret@proxy:3128", "u:***@proxy:3128"},
                    UrlRow{"UnescapedPassword", "http://u:p@ss/w@proxy", "http://u:***@proxy"}),
    [](const auto& row) { return row.param.name; });

TEST(Printable, KeepsOneLineAndCuts) {
  EXPECT_EQ(printable("a\nb\x1b[31m"), "a b\\u001b[31m");
  EXPECT_EQ(printable("abcdef", 3), "abc...");
}

}  // namespace
}  // namespace remora::config
