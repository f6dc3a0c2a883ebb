#include "remora/core/edit_distance.hpp"

#include <gtest/gtest.h>

#include <string>

namespace remora::core {
namespace {

TEST(EditDistance, CountsASwapOfNeighboursOnce) {
  EXPECT_EQ(edit_distance("DD_STIE", "DD_SITE", 3), 1u);
  EXPECT_EQ(edit_distance("", "abc", 3), 3u);
  EXPECT_EQ(edit_distance("DD_API_KEY", "DD_APIKEY", 3), 1u);
}

TEST(EditDistance, StopsAtTheLimitAndForVeryLongNames) {
  EXPECT_EQ(edit_distance("abcdef", "uvwxyz", 2), 3u);
  EXPECT_EQ(edit_distance(std::string(129, 'a'), std::string(129, 'a'), 2), 3u);
}

TEST(Nearest, FindsTheFirstOfTheNearest) {
  Nearest near("hots", slip_limit("hots"));
  for (const char* known : {"port", "host", "hosts", "db"}) near.consider(known);
  EXPECT_EQ(near.found(), "host");
  Nearest far("zebra", slip_limit("zebra"));
  far.consider("host");
  EXPECT_EQ(far.found(), "");
}

}  // namespace
}  // namespace remora::core
