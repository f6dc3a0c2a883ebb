#include "sandbox/options.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace remora::sandbox {
namespace {

TEST(ParseOptions, ReadsBothForms) {
  const std::vector<std::string_view> arguments{"--for", "30s", "--agent=/a", "--no-docker"};
  const auto options = parse_options(arguments);
  ASSERT_TRUE(options);
  EXPECT_EQ(options->run_for, std::chrono::seconds(30));
  EXPECT_EQ(options->agent, "/a");
  EXPECT_FALSE(options->docker);
  EXPECT_TRUE(options->start_agent);
}

TEST(ParseOptions, NamesWhatItDoesNotKnow) {
  for (const std::string_view argument : {"--fast", "file.json", "--for", "--for=0s", "--json="}) {
    const std::vector<std::string_view> arguments{argument};
    const auto options = parse_options(arguments);
    ASSERT_FALSE(options) << argument;
    EXPECT_NE(options.error().message().find(argument.substr(0, argument.find('='))),
              std::string::npos)
        << options.error().message();
  }
}

TEST(ParseDuration, AddsUp) {
  using std::chrono::milliseconds;
  EXPECT_EQ(*parse_duration("500ms"), milliseconds(500));
  EXPECT_EQ(*parse_duration("1m30s"), milliseconds(90'000));
  EXPECT_EQ(*parse_duration("2h"), milliseconds(7'200'000));
  for (const char* text : {"", "30", "s", "-5s", "1x", "9999999h", "1e3s"})
    EXPECT_FALSE(parse_duration(text)) << text;
}

}  // namespace
}  // namespace remora::sandbox
