#include "checks/redisdb/slow_log.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace remora::checks::redisdb {
namespace {

std::string text(const std::string& s) {
  return '$' + std::to_string(s.size()) + "\r\n" + s + "\r\n";
}

std::string entry(int id, int time, int micros, const std::string& command) {
  return "*6\r\n:" + std::to_string(id) + "\r\n:" + std::to_string(time) +
         "\r\n:" + std::to_string(micros) + "\r\n*1\r\n" + text(command) + text("127.0.0.1:1") +
         text("");
}

// "GET 15, SET 30"
std::string take(SlowLog& log, std::vector<std::string> entries, std::size_t limit = 128) {
  std::string bytes = '*' + std::to_string(entries.size()) + "\r\n";
  for (const std::string& e : entries) bytes += e;
  RespParser parser;
  EXPECT_TRUE(*parser.parse(bytes));
  const RespReply reply = parser.take(bytes);
  std::string all;
  for (const SlowCommand& slow : log.take_new(reply.root(), limit)) {
    all += (all.empty() ? "" : ", ") + std::string(slow.command) + ' ' +
           std::to_string(static_cast<int>(slow.micros));
  }
  return all;
}

TEST(SlowLog, TheWholeLogIsNewTheFirstTimeOnly) {
  SlowLog log;
  EXPECT_EQ(take(log, {entry(2, 100, 15, "GET"), entry(1, 90, 30, "SET")}), "GET 15, SET 30");
  EXPECT_EQ(take(log, {entry(2, 100, 15, "GET"), entry(1, 90, 30, "SET")}), "");
  EXPECT_EQ(take(log, {entry(3, 101, 7, "DEL"), entry(2, 100, 15, "GET")}), "DEL 7");
  // A run without news forgets nothing.
  EXPECT_EQ(take(log, {}), "");
  EXPECT_EQ(take(log, {entry(3, 101, 7, "DEL")}), "");
}

TEST(SlowLog, EntriesOfTheSecondThatWasSeenLastAreToldApartByTheirNumber) {
  SlowLog log;
  EXPECT_EQ(take(log, {entry(1, 100, 1, "A")}), "A 1");
  EXPECT_EQ(take(log, {entry(2, 100, 2, "B"), entry(1, 100, 1, "A")}), "B 2");
}

TEST(SlowLog, NumbersStartAgainWithTheServer) {
  SlowLog log;
  EXPECT_EQ(take(log, {entry(500, 100, 1, "A")}), "A 1");
  EXPECT_EQ(take(log, {entry(0, 200, 2, "B")}), "B 2");
}

TEST(SlowLog, TheCommandIsTheFirstWord) {
  SlowLog log;
  EXPECT_EQ(take(log, {entry(4, 1, 1, "slowlog get 10"), entry(3, 1, 1, "  lpop\tx"),
                       entry(2, 1, 1, " ")}),
            "slowlog 1, lpop 1,  1");
}

TEST(SlowLog, RedisEnterpriseHasAComplexityBeforeTheArguments) {
  SlowLog log;
  EXPECT_EQ(take(log, {"*5\r\n:1\r\n:9\r\n:30\r\n" + text("N:1247,M:0") + "*2\r\n" + text("LPOP") +
                       text("a")}),
            "LPOP 30");
}

TEST(SlowLog, WhatDoesNotReadIsLeftOut) {
  SlowLog log;
  EXPECT_EQ(take(log, {"+text\r\n", "*3\r\n:1\r\n:2\r\n:3\r\n", "*4\r\n+1\r\n:2\r\n:3\r\n*0\r\n",
                       "*4\r\n:7\r\n:2\r\n:3\r\n*-1\r\n"}),
            " 3");
}

TEST(SlowLog, NoMoreThanAskedFor) {
  SlowLog log;
  EXPECT_EQ(take(log, {entry(3, 3, 3, "C"), entry(2, 2, 2, "B"), entry(1, 1, 1, "A")}, 2),
            "C 3, B 2");
}

}  // namespace
}  // namespace remora::checks::redisdb
