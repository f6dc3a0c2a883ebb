#include "agent/end_line.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace remora::agent {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::Not;

std::string line_of(const forwarder::DrainReport& report) {
  testing::internal::CaptureStderr();
  log_end(report, 7, milliseconds(120));
  return testing::internal::GetCapturedStderr();
}

TEST(EndLine, SaysThatEverythingWasSentOnlyWhenItWas) {
  const std::string line = line_of({});
  EXPECT_THAT(line, HasSubstr("| INFO |"));
  EXPECT_THAT(line,
              HasSubstr("stopped, everything sent took=120ms lost_payloads=0 sent_payloads=7"));
}

TEST(EndLine, NamesWhatTheDeadlineCutOffAndWhy) {
  forwarder::DrainReport report;
  report.lost_payloads = 3;
  report.lost_items = 40;
  report.problem = "https://intake.example: status 301 on /api/v2/series";
  const std::string line = line_of(report);
  EXPECT_THAT(line, HasSubstr("| ERROR |"));
  EXPECT_THAT(line, HasSubstr("stopped, with data that could not be sent"));
  EXPECT_THAT(line, HasSubstr("lost_payloads=3 lost_items=40"));
  EXPECT_THAT(line, HasSubstr("reason=\"https://intake.example: status 301"));
}

TEST(EndLine, ARefusedKeyIsNotEverythingSent) {
  forwarder::DrainReport report;
  report.refused_payloads = 2;
  report.dropped_items = 11;
  report.problem = "https://intake.example: the API key ending in abcde is not accepted";
  const std::string line = line_of(report);
  EXPECT_THAT(line, HasSubstr("| ERROR |"));
  EXPECT_THAT(line, Not(HasSubstr("everything sent")));
  EXPECT_THAT(line, HasSubstr("refused_payloads=2 pushed_out_payloads=0 dropped_items=11"));
  EXPECT_THAT(line, HasSubstr("the API key ending in abcde is not accepted"));
}

TEST(EndLine, WhatAFullQueueDroppedIsNotForgotten) {
  forwarder::DrainReport report;
  report.pushed_out_payloads = 5;
  EXPECT_THAT(line_of(report), HasSubstr("refused or dropped before"));
}

}  // namespace
}  // namespace remora::agent
