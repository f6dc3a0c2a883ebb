// Documents name files and link to each other; this test fails when one of them moved.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;
const fs::path kRoot = REMORA_SOURCE_DIR;

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
       {"run", "test", "build", "fmt", "lint", "asan", "tsan", "fuzz", "help"}) {
    EXPECT_NE(dev.find(std::string("\n  ") + command), std::string::npos)
        << "dev has no " << command;
    EXPECT_NE(readme.find(std::string("./dev ") + command), std::string::npos)
        << "README.md does not name ./dev " << command;
  }
}

}  // namespace
