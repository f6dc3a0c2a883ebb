#include "remora/model/tags.hpp"

#include <gtest/gtest.h>

namespace remora::model {
namespace {

TEST(Tags, AreSortedWithoutDuplicatesOrEmptyOnes) {
  EXPECT_EQ(*make_tags({"b:2", "a:1", "", "b:2", "a:0"}), (TagList{"a:0", "a:1", "b:2"}));
}

TEST(Tags, AddingNothingSharesTheBase) {
  const Tags base = make_tags({"a:1"});
  EXPECT_EQ(with_tags(base, {}), base);
}

TEST(Tags, AddingMergesAndSorts) {
  EXPECT_EQ(*with_tags(make_tags({"b", "d"}), {"c", "b", "a"}), (TagList{"a", "b", "c", "d"}));
}

TEST(Tags, NothingIsTheSharedEmptyList) { EXPECT_EQ(make_tags({""}), empty_tags()); }

}  // namespace
}  // namespace remora::model
