#include "dogstatsd/local_data.hpp"

#include <gtest/gtest.h>

namespace remora::dogstatsd {
namespace {

struct Row {
  const char* name;
  std::string_view text;
  std::string_view container_id;
  std::uint64_t inode;
};

class LocalDataForms : public testing::TestWithParam<Row> {};

TEST_P(LocalDataForms, AreRead) {
  const LocalData data = parse_local_data(GetParam().text);
  EXPECT_EQ(data.container_id, GetParam().container_id);
  EXPECT_EQ(data.inode, GetParam().inode);
}

INSTANTIATE_TEST_SUITE_P(
    All, LocalDataForms,
    testing::Values(Row{"Nothing", "", "", 0}, Row{"Container", "ci-abc", "abc", 0},
                    Row{"Inode", "in-4026531", "", 4026531}, Row{"OldTracer", "cid-abc", "abc", 0},
                    Row{"Bare", "abc", "abc", 0}, Row{"BareWithDash", "abc-1", "abc-1", 0},
                    Row{"UnknownPrefixIsBare", "xx-abc", "xx-abc", 0},
                    Row{"List", "ci-abc,in-7", "abc", 7},
                    Row{"ListTheOtherWayRound", "in-7,ci-abc", "abc", 7},
                    Row{"BareInAListIsNothing", "abc,in-7", "", 7},
                    Row{"OldTracerInAListIsNothing", "cid-abc,in-7", "", 7},
                    Row{"LastOfAKindWins", "ci-a,ci-b", "b", 0},
                    Row{"BadInodeKeepsTheContainer", "ci-abc,in-x", "abc", 0},
                    Row{"InodeWithATail", "in-7x", "", 0}, Row{"NegativeInode", "in--7", "", 0},
                    Row{"InodeOutOfRange", "in-18446744073709551616", "", 0},
                    Row{"LargestInode", "in-18446744073709551615", "", 18446744073709551615u},
                    Row{"EmptyItems", ",,", "", 0}, Row{"EmptyContainer", "ci-", "", 0}),
    [](const auto& row) { return row.param.name; });

TEST(ContainerId, HasAtMost128HarmlessBytes) {
  EXPECT_TRUE(is_container_id(std::string(128, 'a')));
  EXPECT_FALSE(is_container_id(std::string(129, 'a')));
  EXPECT_TRUE(is_container_id("0f6e2b2d8f6a4f5f8d8e6a4b7c9d1e21-2745590001"));
  EXPECT_TRUE(is_container_id("A_z.9"));
  for (const char* bad : {"", "a b", "a/b", "a\n", "\xc3\xa9", "a:b"}) {
    EXPECT_FALSE(is_container_id(bad)) << bad;
  }
}

}  // namespace
}  // namespace remora::dogstatsd
