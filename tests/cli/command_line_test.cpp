#include "cli/command_line.hpp"

#include <gtest/gtest.h>

namespace remora::cli {
namespace {

using Words = std::vector<std::string>;
using Flags = std::map<std::string, std::string, std::less<>>;

struct Good {
  const char* name;
  Words arguments;
  std::string command;
  Words operands;
  Flags flags;
};

class ParseCommandLine : public testing::TestWithParam<Good> {};

TEST_P(ParseCommandLine, Understands) {
  const auto line = parse_command_line(GetParam().arguments);
  ASSERT_TRUE(line) << line.error().message();
  EXPECT_EQ(line->command, GetParam().command);
  EXPECT_EQ(line->operands, GetParam().operands);
  EXPECT_EQ(line->flags, GetParam().flags);
}

INSTANTIATE_TEST_SUITE_P(
    Lines, ParseCommandLine,
    testing::Values(
        Good{"Nothing", {}, "", {}, {}}, Good{"Run", {"run"}, "run", {}, {}},
        Good{"Alias", {"start"}, "run", {}, {}},
        Good{"PidFile", {"run", "-p", "/x"}, "run", {}, {{"pidfile", "/x"}}},
        Good{"SameLetterElsewhere", {"status", "-p"}, "status", {}, {{"pretty-json", "true"}}},
        Good{"GlobalBefore", {"-c", "/etc/x", "health"}, "health", {}, {{"cfgpath", "/etc/x"}}},
        Good{"GlobalAfter", {"health", "--cfgpath=/etc/x"}, "health", {}, {{"cfgpath", "/etc/x"}}},
        Good{"Glued",
             {"health", "-t5", "-c=/x"},
             "health",
             {},
             {{"timeout", "5"}, {"cfgpath", "/x"}}},
        Good{"CommandNamedLikeAValue", {"-c", "status", "run"}, "run", {}, {{"cfgpath", "status"}}},
        Good{"Bundle",
             {"status", "-jvo", "f"},
             "status",
             {},
             {{"json", "true"}, {"verbose", "true"}, {"file", "f"}}},
        Good{"Section",
             {"status", "collector", "-n"},
             "status",
             {"collector"},
             {{"no-color", "true"}}},
        Good{"SwitchedOff", {"status", "--json=false"}, "status", {}, {}},
        Good{"EndOfFlags", {"status", "--", "-j"}, "status", {"-j"}, {}},
        Good{"HelpAlone", {"--help"}, "", {}, {{"help", "true"}}}),
    [](const auto& row) { return row.param.name; });

struct Bad {
  const char* name;
  Words arguments;
  Errc code;
  const char* word;
};

class ParseCommandLineRejects : public testing::TestWithParam<Bad> {};

TEST_P(ParseCommandLineRejects, AndSaysWhy) {
  const auto line = parse_command_line(GetParam().arguments);
  ASSERT_FALSE(line);
  EXPECT_EQ(line.error().code(), GetParam().code);
  EXPECT_NE(line.error().message().find(GetParam().word), std::string::npos)
      << line.error().message();
}

INSTANTIATE_TEST_SUITE_P(
    Lines, ParseCommandLineRejects,
    testing::Values(
        Bad{"Unknown", {"xyzzy"}, Errc::invalid_config, "unknown command \"xyzzy\""},
        Bad{"Nearest", {"healt"}, Errc::invalid_config, "did you mean \"health\"?"},
        Bad{"NearestOfTwoSlips", {"stauts"}, Errc::invalid_config, "did you mean \"status\"?"},
        Bad{"NotYet", {"diagnose"}, Errc::unsupported, "not yet supported by remora"},
        Bad{"NotYetFlare", {"flare"}, Errc::unsupported, "\"agent flare\""},
        Bad{"UnknownFlag", {"health", "--json"}, Errc::invalid_config, "unknown flag: --json"},
        Bad{"UnknownLetter", {"health", "-j"}, Errc::invalid_config, "'j' in -j"},
        Bad{"NoValue", {"health", "-t"}, Errc::invalid_config, "--timeout"}),
    [](const auto& row) { return row.param.name; });

TEST(ParseCommandLine, SuggestsNothingForFarWords) {
  const auto line = parse_command_line({"xyzzy"});
  ASSERT_FALSE(line);
  EXPECT_EQ(line.error().message().find("did you mean"), std::string::npos);
}

}  // namespace
}  // namespace remora::cli
