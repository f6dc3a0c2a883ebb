// Holds every #include of ours against the table of modules in CMake: a dependency that is not in
// the list of remora_module(... DEPS ...) fails here even where it would happen to link.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "fakes/source_dir.hpp"

namespace {

namespace fs = std::filesystem;

const fs::path kRoot = remora::fakes::source_dir();

using Table = std::map<std::string, std::set<std::string>>;

// "core:|model:core|net:core" as CMake wrote it.
Table module_table() {
  Table table;
  std::stringstream modules(REMORA_MODULE_TABLE);
  for (std::string module; std::getline(modules, module, '|');) {
    const auto colon = module.find(':');
    auto& deps = table[module.substr(0, colon)];
    std::stringstream list(module.substr(colon + 1));
    for (std::string dep; std::getline(list, dep, ',');) deps.insert(dep);
  }
  return table;
}

struct Include {
  fs::path file;
  std::string module;  // that the file belongs to
  std::string target;  // as written, without quotes
  bool angle;
};

std::vector<Include> includes_below(const fs::path& directory) {
  static const std::regex kInclude(R"re(^\s*#\s*include\s*([<"])([^>"]+)[>"])re");
  std::vector<Include> all;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    const auto extension = entry.path().extension();
    if (extension != ".hpp" && extension != ".cpp") continue;
    const std::string module = fs::relative(entry.path(), directory).begin()->string();
    std::ifstream file(entry.path());
    for (std::string line; std::getline(file, line);) {
      std::smatch match;
      if (std::regex_search(line, match, kInclude)) {
        all.push_back({fs::relative(entry.path(), kRoot), module, match[2], match[1] == "<"});
      }
    }
  }
  return all;
}

TEST(Architecture, DependenciesFormNoCycle) {
  const Table table = module_table();
  ASSERT_GE(table.size(), 10u) << "the module table did not reach the test";
  std::set<std::string> placed;
  bool progress = true;
  while (progress) {
    progress = false;
    for (const auto& [module, deps] : table) {
      if (placed.contains(module)) continue;
      if (std::includes(placed.begin(), placed.end(), deps.begin(), deps.end())) {
        placed.insert(module);
        progress = true;
      }
    }
  }
  EXPECT_EQ(placed.size(), table.size()) << "modules depend on each other in a circle";
}

TEST(Architecture, EveryIncludeIsInTheModulesDependencyList) {
  const Table table = module_table();
  for (const fs::path& root : {kRoot / "include/remora", kRoot / "src"}) {
    for (const Include& include : includes_below(root)) {
      if (include.angle || include.module == "main.cpp") continue;
      const fs::path target(include.target);
      auto part = target.begin();
      const bool is_public = *part == "remora";
      if (is_public) ++part;
      const std::string module = part->string();
      if (module == include.module) continue;
      if (!is_public) {
        ADD_FAILURE() << include.file << " reaches into a private header: " << include.target;
        continue;
      }
      ASSERT_TRUE(table.contains(include.module)) << include.file << " belongs to no module";
      EXPECT_TRUE(table.at(include.module).contains(module))
          << include.file << " includes " << include.target << ", but " << module
          << " is not in the DEPS of " << include.module;
    }
  }
}

TEST(Architecture, HeavyLibrariesStayOutOfPublicHeaders) {
  static const std::regex kHeavy(
      R"(^(boost/beast|nlohmann|spdlog|fmt|openssl|zstd|zlib|re2|yaml-cpp|protozero|boost/asio/ssl))");
  for (const Include& include : includes_below(kRoot / "include/remora")) {
    EXPECT_FALSE(std::regex_search(include.target, kHeavy))
        << include.file << " includes " << include.target << ": keep it in a .cpp";
  }
}

TEST(Architecture, NoDrawersWithoutAName) {
  static const std::regex kDrawer(R"((^|/)(utils?|helpers?|common|misc)(\.|/|$))");
  for (const char* root : {"include", "src", "tests"}) {
    for (const auto& entry : fs::recursive_directory_iterator(kRoot / root)) {
      const std::string path = fs::relative(entry.path(), kRoot).generic_string();
      EXPECT_FALSE(std::regex_search(path, kDrawer)) << path << ": name it by what it does";
    }
  }
}

}  // namespace
