#include "remora/core/hash.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace remora::core {
namespace {

TEST(Hash, EveryByteOfEveryLengthCounts) {
  for (std::size_t length = 1; length <= 70; ++length) {
    const std::string base(length, 'x');
    std::set<std::uint64_t> seen{hash_bytes(base, 1)};
    for (std::size_t at = 0; at < length; ++at) {
      std::string other = base;
      other[at] = 'y';
      EXPECT_TRUE(seen.insert(hash_bytes(other, 1)).second) << length << " bytes, byte " << at;
    }
  }
}

TEST(Hash, LengthAndSeedCount) {
  EXPECT_NE(hash_bytes("", 1), hash_bytes(std::string_view("\0", 1), 1));
  EXPECT_NE(hash_bytes(std::string_view("\0", 1), 1), hash_bytes(std::string_view("\0\0", 2), 1));
  EXPECT_NE(hash_bytes("abc", 1), hash_bytes("abc", 2));
  EXPECT_EQ(hash_bytes("abc", 2), hash_bytes("abc", 2));
}

TEST(Hash, SpreadsOverTheUpperAndTheLowerBits) {
  std::set<std::uint64_t> upper;
  std::set<std::uint64_t> lower;
  for (int i = 0; i < 4096; ++i) {
    const std::uint64_t hash = hash_bytes("metric.number." + std::to_string(i), hash_seed());
    upper.insert(hash >> 56);
    lower.insert(hash & 0xff);
  }
  EXPECT_EQ(upper.size(), 256u);
  EXPECT_EQ(lower.size(), 256u);
}

}  // namespace
}  // namespace remora::core
