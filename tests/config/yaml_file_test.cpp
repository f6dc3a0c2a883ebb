#include "config/yaml_file.hpp"

#include <gtest/gtest.h>

#include "fakes/allocation_counter.hpp"
#include "fakes/hostile_yaml.hpp"

namespace remora::config {
namespace {

TEST(ParseYaml, KeepsScalarsAsTextsForTheOptionsToType) {
  const auto tree =
      parse_yaml("health_port: 5555\ntags: [a:b, 7]\nproxy:\n  https: http://p\nx:\n");
  ASSERT_TRUE(tree) << tree.error().message();
  EXPECT_EQ(tree->dump(),
            R"({"health_port":"5555","proxy":{"https":"http://p"},"tags":["a:b","7"],"x":null})");
}

TEST(ParseYaml, EmptyDocumentsAreNull) {
  for (const char* text : {"", "\n", "# only a comment\n", "---\n"}) {
    const auto tree = parse_yaml(text);
    ASSERT_TRUE(tree) << text;
    EXPECT_TRUE(tree->is_null()) << text;
  }
}

TEST(ParseYaml, NamesTheLineButNeverItsText) {
  const auto tree = parse_yaml("site: datadoghq.eu\napi_key: [0123456789abcdef\n");
  ASSERT_FALSE(tree);
  EXPECT_EQ(tree.error().code(), Errc::malformed_payload);
  EXPECT_EQ(tree.error().message().find("0123456789abcdef"), std::string::npos);
  EXPECT_NE(tree.error().message().find("line "), std::string::npos) << tree.error().message();
}

TEST(ParseYaml, LimitsSizeDepthAndTheGrowthOfAliases) {
  EXPECT_EQ(parse_yaml(std::string(kMaxFileBytes + 1, ' ')).error().code(), Errc::too_large);
  EXPECT_EQ(parse_yaml("a: " + std::string(200, '[')).error().code(), Errc::too_large);
  EXPECT_EQ(parse_yaml("a: " + std::string(40, '[') + std::string(40, ']')).error().code(),
            Errc::too_large);
  std::string laughs = "a: &a [x,x,x,x,x,x,x,x,x,x]\n";  // ten to the ninth when expanded
  for (char c = 'b'; c < 'j'; ++c) {
    const std::string last = "*" + std::string(1, static_cast<char>(c - 1));
    laughs += std::string(1, c) + ": &" + c + " [" + last;
    for (int i = 0; i < 9; ++i) laughs += "," + last;
    laughs += "]\n";
  }
  EXPECT_EQ(parse_yaml(laughs).error().code(), Errc::too_large);
}

// Regression: 878 KiB of a list took 92 MiB.
TEST(PeakMemory, TheConfigurationFile) {
  for (const fakes::HostileText& hostile : fakes::hostile_yaml()) {
    const fakes::PeakMemory memory;
    (void)parse_yaml(hostile.text);
    EXPECT_LT(memory.peak(), 24 << 20) << hostile.name;
  }
}

}  // namespace
}  // namespace remora::config
