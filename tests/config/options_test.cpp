// The table against the struct it fills and the page that documents it.
#include "remora/config/options.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>

#include "config/names.hpp"
#include "config/page.hpp"
#include "config/render.hpp"
#include "config/text.hpp"
#include "config/value.hpp"
#include "fakes/source_dir.hpp"
#include "remora/config/load.hpp"

namespace remora::config {
namespace {

std::string read(const char* path) {
  std::ifstream file(fakes::source_dir() + "/" + path);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(Options, CoverEveryFieldOfSettings) {
  std::string header = read("include/remora/config/settings.hpp");
  header = std::regex_replace(header, std::regex("//[^\n]*"), "");
  const auto begin = header.find("struct Settings {");
  ASSERT_NE(begin, std::string::npos);
  const std::string table = read("src/config/options.cpp");
  // A declaration: "type name = default, name{default}, …;". Initialisers go first.
  const std::string body = header.substr(begin + 17, header.find("\n};", begin) - begin - 17);
  std::size_t fields = 0;
  static const std::regex kInitialiser(R"(\{[^}]*\}|=\s*("[^"]*"|[^,;]+))");
  for (auto statement : split(body, ";")) {
    const std::string text = std::regex_replace(std::string(statement), kInitialiser, "");
    std::string without_types;  // template arguments hold commas too
    int depth = 0;
    for (const char c : text) {
      if (c == '<') ++depth;
      if (depth == 0) without_types += c;
      if (c == '>') --depth;
    }
    for (const auto piece : split(without_types, ",")) {
      const auto words = split(piece, " \n");
      if (words.empty()) continue;
      const std::string field(words.back());
      ++fields;
      EXPECT_TRUE(std::regex_search(table, std::regex("&S::" + field + "\\b"))) << field;
    }
  }
  EXPECT_EQ(fields, options().size());
}

TEST(Options, HaveNamesGroupAndHelp) {
  std::set<std::string_view> keys, groups;
  std::string_view group;
  for (const Option& option : options()) {
    EXPECT_FALSE(option.env.empty());
    EXPECT_TRUE(option.key.empty() || keys.insert(option.key).second) << option.key;
    EXPECT_GT(option.help.size(), 15u) << option.env;
    EXPECT_TRUE(option.help.ends_with('.')) << option.env;
    if (option.group != group) {
      EXPECT_TRUE(groups.insert(option.group).second) << option.env << " is outside its group";
      group = option.group;
    }
  }
}

TEST(Options, DefaultsAreAcceptable) {
  // Each default, written as `agent config` shows it, loads without a warning.
  const Settings defaults;
  for (const Option& option : options()) {
    std::string text = rendered(option, defaults);
    if (text.starts_with('"')) text = text.substr(1, text.size() - 2);
    const Loaded loaded = load_text({{std::string(first_name(option)), text}}, "", "");
    EXPECT_TRUE(loaded.warnings.empty()) << option.env << ": " << loaded.warnings[0];
    EXPECT_EQ(rendered(option, loaded.settings), rendered(option, defaults));
  }
}

TEST(Options, SecretsAreRedacted) {
  for (const Option& option : options()) {
    const bool secret = option.env.find("API_KEY") != std::string_view::npos &&
                        option.env.find("INTERVAL") == std::string_view::npos;
    EXPECT_EQ(option.show == Show::redacted, secret) << option.env;
  }
}

// A variable on a page is one the agent knows, names as ignored, or as a well-known wrong name.
TEST(Pages, NameNoVariableThatNobodyKnows) {
  std::set<std::string> known;
  for (const Option& option : options()) {
    for (const auto name : split(option.env, " ")) known.emplace(name);
  }
  const std::regex variable("\\bDD_[A-Z0-9_]*[A-Z0-9](?![A-Z0-9_*<])");
  std::size_t seen = 0;
  std::vector<std::string> pages{"README.md"};
  for (const auto& entry : std::filesystem::directory_iterator(fakes::source_dir() + "/docs")) {
    if (entry.path().extension() == ".md")
      pages.push_back("docs/" + entry.path().filename().string());
  }
  for (const std::string& page : pages) {
    const std::string text = read(page.c_str());
    for (std::sregex_iterator it(text.begin(), text.end(), variable), end; it != end;
         ++it, ++seen) {
      EXPECT_TRUE(known.contains(it->str()) || find_ignored(it->str()) != nullptr ||
                  !meant_name(it->str()).empty())
          << page << " names " << it->str();
    }
  }
  EXPECT_GT(seen, 200u);
}

TEST(Pages, WithoutTheirBlockFailTheirTest) {
  EXPECT_THROW((void)with_block("no marker", "options", "x"), std::runtime_error);
  EXPECT_THROW((void)with_block("<!-- options:begin -->\n no end", "options", "x"),
               std::runtime_error);
  EXPECT_EQ(with_block("a\n<!-- o:begin -->\nold\n<!-- o:end -->\nb\n", "o", "new\n"),
            "a\n<!-- o:begin -->\nnew\n<!-- o:end -->\nb\n");
}

TEST(ConfigurationPage, HoldsTheGeneratedTables) {
  const std::string page = read("docs/configuration.md");
  for (const char* name : {"options", "ignored"}) {
    EXPECT_NE(page.find("<!-- " + std::string(name) + ":begin -->\n"), std::string::npos) << name;
    EXPECT_NE(page.find("<!-- " + std::string(name) + ":end -->"), std::string::npos) << name;
  }
  std::string expected = with_block(page, "options", options_markdown());
  expected = with_block(expected, "ignored", ignored_markdown());
  EXPECT_TRUE(page == expected)
      << "docs/configuration.md is behind the option table: build and run "
         "write_configuration_page";
}

}  // namespace
}  // namespace remora::config
