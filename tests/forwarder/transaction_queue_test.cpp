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

bool any(const Lane&) { return true; }

TEST(TransactionQueue, GivesTheNewestOfAllPathsFirst) {
  TransactionQueue queue;
  queue.add(transaction(1, "/a"));
  queue.add(transaction(3, "/b"));
  queue.add(transaction(2, "/a"));
  for (const std::uint64_t order : {3u, 2u, 1u}) EXPECT_EQ(queue.take_next(any)->order, order);
  EXPECT_FALSE(queue.take_next(any));
}

TEST(TransactionQueue, ARetryTakesItsOldPlace) {
  TransactionQueue queue;
  for (const std::uint64_t order : {1u, 2u, 3u}) queue.add(transaction(order, "/a"));
  auto newest = queue.take_next(any);
  auto second = queue.take_next(any);
  queue.add(std::move(*newest));
  queue.add(std::move(*second));
  EXPECT_EQ(queue.take_next(any)->order, 3u);
}

TEST(TransactionQueue, ABlockedPathHoldsNobodyElseBack) {
  TransactionQueue queue;
  queue.add(transaction(1, "/a"));
  queue.add(transaction(2, "/b"));
  const auto not_b = [](const Lane& lane) { return lane.path != "/b"; };
  EXPECT_EQ(queue.take_next(not_b)->order, 1u);
  EXPECT_FALSE(queue.take_next(not_b));
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
  (void)queue.take_next(any);
  EXPECT_EQ(queue.bytes(), 0u);
}

TEST(TransactionQueue, OldestFirstKeepsTheOrderOfEachLane) {
  TransactionQueue queue(Order::oldest_first);
  for (const std::uint64_t order : {1u, 2u, 3u, 4u}) {
    Transaction t = transaction(order, "/a");
    t.payload.stream = order % 2;
    queue.add(std::move(t));
  }
  auto first = queue.take_next(any);
  EXPECT_EQ(first->order, 1u);
  const Lane busy = queue.lane_of(*first);
  const auto idle = [&](const Lane& lane) { return lane != busy; };
  EXPECT_EQ(queue.take_next(idle)->order, 2u);
  EXPECT_EQ(queue.take_next(idle)->order, 4u);
  EXPECT_FALSE(queue.take_next(idle));
  queue.add(std::move(*first));  // it failed
  EXPECT_EQ(queue.take_next(any)->order, 1u);
  EXPECT_EQ(queue.take_next(any)->order, 3u);
}

TEST(TransactionQueue, KeysAreLanesOnlyWhereOrderCounts) {
  Transaction t = transaction(1, "/a");
  t.key = 1;
  EXPECT_EQ(TransactionQueue().lane_of(t), (Lane{"/a", 0, 0}));
  EXPECT_EQ(TransactionQueue(Order::oldest_first).lane_of(t), (Lane{"/a", 1, 0}));
}

}  // namespace
}  // namespace remora::forwarder
