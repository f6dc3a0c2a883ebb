// Documents name files and link to each other; this test fails when one of them moved.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include "fakes/source_dir.hpp"

namespace {

namespace fs = std::filesystem;
const fs::path kRoot = remora::fakes::source_dir();

std::string read(const fs::path& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

std::vector<fs::path> documents() {
  std::vector<fs::path> all{kRoot / "README.md"};
  for (const auto& entry : fs::directory_iterator(kRoot / "docs")) {
    if (entry.path().extension() == ".md") all.push_back(entry.path());
  }
  return all;
}

TEST(Documents, RelativeLinksLeadSomewhere) {
  static const std::regex kLink(R"(\]\(([^)#\s]+)(#[^)]*)?\))");
  for (const fs::path& document : documents()) {
    const std::string text = read(document);
    ASSERT_FALSE(text.empty()) << document;
    for (std::sregex_iterator it(text.begin(), text.end(), kLink), end; it != end; ++it) {
      const std::string target = (*it)[1];
      if (target.find("://") != std::string::npos) continue;
      EXPECT_TRUE(fs::exists(document.parent_path() / target))
          << document << " links to " << target;
    }
  }
}

TEST(Documents, FilesNamedInTheReadmeExist) {
  static const std::regex kFile(
      R"(`((?:src|include|tests|docs|docker|task-definitions)/[^`*<>\s]+)`)");
  const std::string text = read(kRoot / "README.md");
  int seen = 0;
  for (std::sregex_iterator it(text.begin(), text.end(), kFile), end; it != end; ++it, ++seen) {
    EXPECT_TRUE(fs::exists(kRoot / (*it)[1].str())) << "README.md names " << (*it)[1];
  }
  EXPECT_GE(seen, 10) << "the README's map by question is gone";
}

TEST(Documents, ReadmeNamesEveryCommandOfDev) {
  const std::string dev = read(kRoot / "dev");
  const std::string readme = read(kRoot / "README.md");
  for (const char* command :
       {"run", "test", "build", "fmt", "lint", "asan", "tsan", "fuzz", "image", "bench", "help"}) {
    EXPECT_NE(dev.find(std::string("\n  ") + command), std::string::npos)
        << "dev has no " << command;
    EXPECT_NE(readme.find(std::string("./dev ") + command), std::string::npos)
        << "README.md does not name ./dev " << command;
  }
}

/// Component -> longest silence, as the page writes it ("60 s"; "ends only" for a limit of zero).
std::map<std::string, std::string> components_of_the_page() {
  static const std::regex kRow(R"(\n\| `([a-z-]+)` \| [^|]+ \| ([^|]+) \|)");
  const std::string page = read(kRoot / "docs/health.md");
  std::map<std::string, std::string> all;
  for (std::sregex_iterator it(page.begin(), page.end(), kRow), end; it != end; ++it) {
    all[(*it)[1]] = (*it)[2];
  }
  return all;
}

std::map<std::string, std::string> components_of_the_program() {
  static const std::regex kAdd(R"re(health_\.add\("([^"]+)",\s*([^)]*\)|\w+)\))re");
  static const std::regex kConstant(R"(constexpr milliseconds (\w+)\{([0-9']+)\};)");
  static const std::regex kNumber(R"([0-9][0-9']*)");
  const std::string source = read(kRoot / "src/agent/runtime.cpp");
  std::map<std::string, std::string> constants, all;
  for (std::sregex_iterator it(source.begin(), source.end(), kConstant), end; it != end; ++it) {
    constants[(*it)[1]] = (*it)[2];
  }
  for (std::sregex_iterator it(source.begin(), source.end(), kAdd), end; it != end; ++it) {
    std::string limit = (*it)[2];
    if (constants.contains(limit)) limit = constants[limit];
    std::smatch number;
    EXPECT_TRUE(std::regex_search(limit, number, kNumber)) << limit;
    std::string digits = number[0];
    std::erase(digits, '\'');
    const int seconds = std::stoi(digits) / 1000;
    all[(*it)[1]] = seconds == 0 ? "ends only" : std::to_string(seconds) + " s";
  }
  return all;
}

// Operators look a failing component up on that page, under the name `agent health` prints.
TEST(Documents, HealthPageNamesEveryComponentWithItsLimit) {
  const auto program = components_of_the_program();
  ASSERT_GE(program.size(), 8u) << "health_.add(...) of runtime.cpp was not understood";
  EXPECT_EQ(components_of_the_page(), program);
  std::string example;
  for (const auto& [name, limit] : program) example += (example.empty() ? "" : ", ") + name;
  const std::string count = std::to_string(program.size());
  const std::string shown = "=== " + count + " healthy components ===\n" + example + "\n";
  EXPECT_NE(read(kRoot / "docs/health.md").find(shown), std::string::npos)
      << "the example of agent health on the page is not what it prints:\n"
      << shown;
}

}  // namespace
