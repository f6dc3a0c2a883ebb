#include "forwarder/transaction_queue.hpp"

#include <gtest/gtest.h>

namespace remora::forwarder {
namespace {

Transaction transaction(std::uint64_t order, std::string_view path, std::size_t bytes = 10) {
  Transaction t;
  t.order = order;
  t.payload.path = path;
  t.payload.body = std::make_shared<const std::string>(bytes, 'x');
  return t;
}

bool any(std::string_view) { return true; }

TEST(TransactionQueue, GivesTheNewestOfAllPathsFirst) {
  TransactionQueue queue;
  queue.add(transaction(1, "/a"));
  queue.add(transaction(3, "/b"));
  queue.add(transaction(2, "/a"));
  for (const std::uint64_t order : {3u, 2u, 1u}) EXPECT_EQ(queue.take_newest(any)->order, order);
  EXPECT_FALSE(queue.take_newest(any));
}

TEST(TransactionQueue, ARetryTakesItsOldPlace) {
  TransactionQueue queue;
  for (const std::uint64_t order : {1u, 2u, 3u}) queue.add(transaction(order, "/a"));
  auto newest = queue.take_newest(any);
  auto second = queue.take_newest(any);
  queue.add(std::move(*newest));
  queue.add(std::move(*second));
  EXPECT_EQ(queue.take_newest(any)->order, 3u);
}

TEST(TransactionQueue, ABlockedPathHoldsNobodyElseBack) {
  TransactionQueue queue;
  queue.add(transaction(1, "/a"));
  queue.add(transaction(2, "/b"));
  const auto not_b = [](std::string_view path) { return path != "/b"; };
  EXPECT_EQ(queue.take_newest(not_b)->order, 1u);
  EXPECT_FALSE(queue.take_newest(not_b));
  EXPECT_TRUE(queue.has("/b"));
  EXPECT_FALSE(queue.has("/a"));
}

TEST(TransactionQueue, DropsTheOldestOfAllPaths) {
  TransactionQueue queue;
  queue.add(transaction(2, "/a"));
  queue.add(transaction(1, "/b"));
  EXPECT_EQ(queue.take_oldest()->order, 1u);
  EXPECT_EQ(queue.take_oldest()->order, 2u);
  EXPECT_FALSE(queue.take_oldest());
}

TEST(TransactionQueue, CountsBodiesAndBookkeeping) {
  TransactionQueue queue;
  queue.add(transaction(1, "/a", 1000));
  queue.add(transaction(2, "/b", 500));
  EXPECT_EQ(queue.bytes(), 1500 + 2 * kBookkeepingBytes);
  EXPECT_EQ(queue.size(), 2u);
  (void)queue.take_oldest();
  EXPECT_EQ(queue.bytes(), 500 + kBookkeepingBytes);
  (void)queue.take_newest(any);
  EXPECT_EQ(queue.bytes(), 0u);
}

}  // namespace
}  // namespace remora::forwarder
