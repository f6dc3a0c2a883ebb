// The tables of docs/configuration.md.
#include <vector>

#include "config/render.hpp"
#include "config/text.hpp"
#include "remora/config/load.hpp"

namespace remora::config {
namespace {

std::string cell(std::string_view text) {
  std::string result;
  bool code = false;  // inside backticks a backslash would be shown
  for (const char c : text) {
    if (c == '`') code = !code;
    if (c == '|' || (c == '<' && !code)) result += '\\';
    result += c;
  }
  return result;
}

}  // namespace

std::string options_markdown() {
  const Settings defaults;
  std::string text;
  std::string_view group;
  for (const Option& option : options()) {
    if (option.group != group) {
      group = option.group;
      text += (text.empty() ? "### " : "\n### ") + std::string(group) +
              "\n\n| Variable | `datadog.yaml` | Type | Default | Effect |\n"
              "| --- | --- | --- | --- | --- |\n";
    }
    std::string names;
    for (const auto name : split(option.env, " ")) {
      names += (names.empty() ? "`" : ", `") + std::string(name) + "`";
    }
    const std::string value = rendered(option, defaults);
    const bool empty = value == R"("")" || value == "[]" || value == "{}";
    text += "| " + names + " | " + (option.key.empty() ? "" : "`" + std::string(option.key) + "`") +
            " | " + std::string(type_name(option)) + " | " + (empty ? "" : "`" + value + "`") +
            " | " + cell(option.help) + " |\n";
  }
  return text;
}

std::string ignored_markdown() {
  // One row per reason, in the order of first use: two hundred rows would bury the reasons.
  std::vector<std::pair<std::string_view, std::string>> rows;
  for (const IgnoredOption& option : ignored_options()) {
    const std::string_view reason = option.reason.empty()
                                        ? "a variable of tracers or other tools, or one without "
                                          "effect in a task: accepted silently"
                                        : option.reason;
    auto row = rows.begin();
    while (row != rows.end() && row->first != reason) ++row;
    if (row == rows.end()) row = rows.emplace(rows.end(), reason, "");
    row->second += (row->second.empty() ? "`" : ", `") + std::string(option.env) + "`";
  }
  std::string text = "| Reason | Variables |\n| --- | --- |\n";
  for (const auto& [reason, names] : rows) text += "| " + cell(reason) + " | " + names + " |\n";
  return text;
}

}  // namespace remora::config
