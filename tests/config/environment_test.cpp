#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <vector>

#include "fakes/source_dir.hpp"
#include "remora/config/load.hpp"

namespace remora::config {
namespace {

namespace fs = std::filesystem;

TEST(Environment, HoldsTheVariablesOfThisProcess) {
  // ctest and every shell set PATH; its value holds '=' nowhere near the front.
  const Environment variables = environment();
  ASSERT_TRUE(variables.contains("PATH"));
  EXPECT_NE(variables.at("PATH").find('/'), std::string::npos);
}

TEST(Environment, IsReadInOneFileOnly) {
  static const std::regex kReader(R"(\b(getenv|secure_getenv|environ)\b)");
  std::vector<std::string> readers;
  for (const char* root : {"src", "include"}) {
    const fs::path directory = fs::path(fakes::source_dir()) / root;
    for (const auto& entry : fs::recursive_directory_iterator(
             directory, fs::directory_options::follow_directory_symlink)) {
      const auto extension = entry.path().extension();
      if (extension != ".cpp" && extension != ".hpp") continue;
      std::ifstream file(entry.path());
      for (std::string line; std::getline(file, line);) {
        const std::string code = line.substr(0, line.find("//"));
        if (!std::regex_search(code, kReader)) continue;
        readers.push_back(fs::relative(directory, fakes::source_dir()).generic_string() + "/" +
                          fs::path(entry.path()).lexically_relative(directory).generic_string());
        break;
      }
    }
  }
  EXPECT_EQ(readers, std::vector<std::string>{"src/config/environment.cpp"});
}

}  // namespace
}  // namespace remora::config
