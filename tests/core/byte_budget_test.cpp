#include "remora/core/byte_budget.hpp"

#include <gtest/gtest.h>

#include <type_traits>
#include <utility>
#include <vector>

namespace remora::core {
namespace {

TEST(ByteBudget, GivesUpToItsCeilingAndCountsRefusals) {
  ByteBudget budget("queue", 10, 100);
  EXPECT_TRUE(budget.try_take(60));
  EXPECT_TRUE(budget.try_take(40));
  EXPECT_FALSE(budget.try_take(1));
  EXPECT_EQ(budget.used(), 100u);
  EXPECT_EQ(budget.refused(), 1u);
  budget.give_back(70);
  EXPECT_TRUE(budget.fits(70));
  EXPECT_FALSE(budget.fits(71));
  EXPECT_EQ(budget.refused(), 1u) << "a question is no refusal";
  EXPECT_EQ(budget.used(), 30u);
  EXPECT_EQ(budget.peak(), 100u);
  EXPECT_EQ(budget.name(), "queue");
  EXPECT_FALSE(budget.try_take(SIZE_MAX));
}

TEST(ByteBudget, BorrowsOnlyWhatIsAboveItsFloor) {
  ByteBudget reserve("reserve", 0, 50);
  ByteBudget one("one", 20, 100, &reserve), two("two", 20, 100, &reserve);
  EXPECT_TRUE(one.try_take(15));
  EXPECT_EQ(reserve.used(), 0u);
  EXPECT_TRUE(one.try_take(45));
  EXPECT_EQ(reserve.used(), 40u);
  EXPECT_FALSE(two.try_take(31));
  EXPECT_TRUE(two.try_take(30));
  EXPECT_EQ(reserve.used(), 50u);
  EXPECT_FALSE(one.try_take(1));
  one.give_back(50);  // what was borrowed goes back first
  EXPECT_EQ(reserve.used(), 10u);
  EXPECT_EQ(one.used(), 10u);
  two.give_back(30);
  EXPECT_EQ(reserve.used(), 0u);
}

TEST(ByteBudget, AFloorIsThereWhateverTheOthersTake) {
  ByteBudget reserve("reserve", 0, 50);
  ByteBudget greedy("greedy", 0, 1'000, &reserve), modest("modest", 20, 100, &reserve);
  EXPECT_TRUE(greedy.try_take(50));
  EXPECT_TRUE(modest.try_take(20));
  EXPECT_FALSE(modest.try_take(1));
}

TEST(ByteBudget, AClosedReserveLendsNothingMoreAndTakesBack) {
  ByteBudget reserve("reserve", 0, 50);
  ByteBudget budget("logs", 10, 100, &reserve);
  EXPECT_TRUE(budget.try_take(30));
  reserve.close(true);
  EXPECT_FALSE(budget.try_take(1));
  budget.give_back(25);
  EXPECT_TRUE(budget.try_take(5)) << "its floor";
  EXPECT_FALSE(budget.try_take(1));
  reserve.close(false);
  EXPECT_TRUE(budget.try_take(1));
}

TEST(ByteBudget, WhatMustBeKeptMayOverdrawAndIsPaidBack) {
  ByteBudget reserve("reserve", 0, 10);
  ByteBudget budget("queue", 5, 20, &reserve);
  budget.take_anyway(100);
  EXPECT_EQ(budget.used(), 100u);
  EXPECT_EQ(reserve.used(), 95u);
  EXPECT_FALSE(budget.try_take(0));
  budget.give_back(100);
  EXPECT_EQ(reserve.used(), 0u);
  EXPECT_TRUE(budget.try_take(15));
}

TEST(ByteBudget, ThatEndsReturnsWhatItBorrowed) {
  ByteBudget reserve("reserve", 0, 50);
  {
    ByteBudget budget("short", 0, 50, &reserve);
    EXPECT_TRUE(budget.try_take(40));
  }
  EXPECT_EQ(reserve.used(), 0u);
}

TEST(Charge, TravelsWithTheValueAndIsGivenBackOnce) {
  static_assert(!std::is_copy_constructible_v<Charge>);
  static_assert(std::is_nothrow_move_constructible_v<Charge>);
  ByteBudget budget("bodies", 0, 100);
  {
    auto taken = Charge::take(budget, 60);
    ASSERT_TRUE(taken);
    std::vector<Charge> values;
    values.push_back(std::move(*taken));
    taken.reset();
    EXPECT_EQ(budget.used(), 60u);
    EXPECT_FALSE(Charge::take(budget, 41));
    Charge other;
    other = std::move(values[0]);
    values.clear();
    EXPECT_EQ(budget.used(), 60u);
    other = *Charge::take(budget, 40);  // what it had before goes back
    EXPECT_EQ(budget.used(), 40u);
  }
  EXPECT_EQ(budget.used(), 0u);
  EXPECT_EQ(budget.peak(), 100u);
}

TEST(Charge, GrowsShrinksAndIsReleasedEarly) {
  ByteBudget budget("bodies", 0, 100);
  auto charge = Charge::take(budget, 10);
  ASSERT_TRUE(charge);
  EXPECT_TRUE(charge->grow(90));
  EXPECT_FALSE(charge->grow(1));
  EXPECT_EQ(charge->bytes(), 100u);
  charge->shrink_to(30);
  charge->shrink_to(50);  // no way to grow
  EXPECT_EQ(budget.used(), 30u);
  charge->release();
  charge->release();
  EXPECT_EQ(budget.used(), 0u);
  EXPECT_FALSE(Charge().grow(1));
}

TEST(Charge, ChangesItsOwnerWithoutBeingCountedTwice) {
  ByteBudget reserve("reserve", 0, 60);
  ByteBudget door("door", 0, 60, &reserve), queue("queue", 0, 60, &reserve), full("full", 0, 10);
  auto charge = Charge::take(door, 50);
  ASSERT_TRUE(charge);
  EXPECT_TRUE(charge->move_to(queue)) << "the reserve would not hold it twice";
  EXPECT_EQ(door.used(), 0u);
  EXPECT_EQ(queue.used(), 50u);
  EXPECT_EQ(reserve.used(), 50u);
  EXPECT_FALSE(charge->move_to(full));
  EXPECT_EQ(queue.used(), 50u);
  charge.reset();
  EXPECT_EQ(reserve.used(), 0u);
}

}  // namespace
}  // namespace remora::core
