#include "remora/api/status_view.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>

#include "remora/core/ascii.hpp"
#include "remora/core/printable.hpp"
#include "remora/core/scrub.hpp"

namespace remora::api {
namespace {

using Json = nlohmann::ordered_json;
using telemetry::StatusNode;
using telemetry::StatusValue;

/// Deeper trees are a bug of ours; they are cut rather than followed.
constexpr int kMaxDepth = 8;

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Container and image names come from outside: one value stays one line.
std::string one_line(std::string_view text) { return core::printable(text); }

/// 1234567 becomes 1,234,567; a sign and a fraction stay as they are.
std::string with_separators(std::string_view number) {
  const std::size_t begin = number.starts_with('-') ? 1 : 0;
  const std::size_t end = std::min(number.find('.'), number.size());
  std::string text(number.substr(0, begin));
  for (std::size_t i = begin; i < end; ++i) {
    if (i > begin && (end - i) % 3 == 0) text += ',';
    text += number[i];
  }
  text += number.substr(end);
  return text;
}

/// At most three decimals, none that are zero.
std::string double_text(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  std::array<char, 400> digits;
  const auto [end, ec] = std::to_chars(digits.data(), digits.data() + digits.size(), value,
                                       std::chars_format::fixed, 3);
  if (ec != std::errc()) return "?";
  std::string_view text(digits.data(), static_cast<std::size_t>(end - digits.data()));
  while (text.ends_with('0')) text.remove_suffix(1);
  if (text.ends_with('.')) text.remove_suffix(1);
  return text == "-0" ? "0" : with_separators(text);
}

std::string value_text(const StatusValue& value) {
  struct Visitor {
    std::string operator()(const std::string& v) const { return one_line(v); }
    std::string operator()(std::int64_t v) const { return with_separators(std::to_string(v)); }
    std::string operator()(std::uint64_t v) const { return with_separators(std::to_string(v)); }
    std::string operator()(double v) const { return double_text(v); }
    std::string operator()(bool v) const { return v ? "true" : "false"; }
  };
  return std::visit(Visitor{}, value);
}

/// The name takes part, so "token: x" is hidden as it is in the text form.
std::string scrubbed_value(const std::string& name, const std::string& value) {
  const std::string prefix = name + ": ";
  const std::string line = core::scrub(prefix + value);
  return line.starts_with(prefix) ? line.substr(prefix.size()) : core::scrub(value);
}

Json value_json(const std::string& name, const StatusValue& value) {
  struct Visitor {
    const std::string& name;
    Json operator()(const std::string& v) const { return scrubbed_value(name, v); }
    Json operator()(double v) const { return std::isfinite(v) ? Json(v) : Json(nullptr); }
    Json operator()(std::int64_t v) const { return v; }
    Json operator()(std::uint64_t v) const { return v; }
    Json operator()(bool v) const { return v; }
  };
  return std::visit(Visitor{name}, value);
}

void add_fields(std::string& text, const StatusNode& node, const std::string& indent) {
  for (const auto& [name, value] : node.fields) {
    text += indent + one_line(name) + ": " + value_text(value) + "\n";
  }
}

/// `depth` 1 is a sub-title of a block ('='), below that names ('-').
void add_child(std::string& text, const StatusNode& node, int depth) {
  if (depth > kMaxDepth) return;
  const std::string indent(static_cast<std::size_t>(depth) * 2, ' ');
  const std::string title = one_line(node.title);
  text += "\n" + indent + title + "\n";
  text += indent + std::string(title.size(), depth == 1 ? '=' : '-') + "\n";
  add_fields(text, node, indent + "  ");
  for (const StatusNode& child : node.children) add_child(text, child, depth + 1);
}

/// "Agent (v1.2.3)" is one block in every version: what stands in brackets at the end is no part of
/// its key.
std::string_view without_brackets(std::string_view title) {
  const auto open = title.rfind(" (");
  return open != std::string_view::npos && title.ends_with(')') ? title.substr(0, open) : title;
}

/// "Retry count", "RetryCount" and "retry-count" all become retry_count.
std::string snake_case(std::string_view name) {
  std::string key;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    if (!is_upper(c) && !is_lower(c) && !is_digit(c)) {
      if (!key.empty() && key.back() != '_') key += '_';
      continue;
    }
    if (is_upper(c) && i > 0 && is_lower(name[i - 1])) key += '_';
    key += core::ascii_lower(c);
  }
  while (key.ends_with('_')) key.pop_back();
  return key.empty() ? "_" : key;
}

/// `key`, or with a number behind it when the object has it already.
std::string free_key(const Json& object, const std::string& key) {
  if (!object.contains(key)) return key;
  int number = 2;
  while (object.contains(key + "_" + std::to_string(number))) ++number;
  return key + "_" + std::to_string(number);
}

Json node_json(const StatusNode& node, int depth) {
  Json object = Json::object();
  if (without_brackets(node.title) != node.title) object["title"] = core::scrub(node.title);
  for (const auto& [name, value] : node.fields) {
    object[free_key(object, snake_case(core::scrub(name)))] = value_json(name, value);
  }
  if (depth >= kMaxDepth) return object;
  for (const StatusNode& child : node.children) {
    const auto key =
        free_key(object, snake_case(core::scrub(std::string(without_brackets(child.title)))));
    object[key] = node_json(child, depth + 1);
  }
  return object;
}

/// What `agent status SECTION` compares: letters and digits only.
std::string comparable(std::string_view title) {
  std::string text;
  for (const char c : title) {
    if (is_upper(c) || is_lower(c) || is_digit(c)) text += core::ascii_lower(c);
  }
  return text;
}

}  // namespace

std::string status_text(std::span<const StatusNode> blocks) {
  std::string text;
  for (const StatusNode& block : blocks) {
    if (!text.empty()) text += "\n";
    const std::string title = one_line(block.title);
    const std::string line(title.size(), '=');
    text += line + "\n" + title + "\n" + line + "\n";
    add_fields(text, block, "  ");
    for (const StatusNode& child : block.children) add_child(text, child, 1);
  }
  return core::scrub(std::move(text));
}

std::string status_json(std::span<const StatusNode> blocks, bool pretty) {
  Json root = Json::object();
  for (const StatusNode& block : blocks) {
    const auto key =
        free_key(root, snake_case(core::scrub(std::string(without_brackets(block.title)))));
    root[key] = node_json(block, 0);
  }
  return core::printable(root.dump(pretty ? 2 : -1, ' ', false, Json::error_handler_t::replace),
                         core::Breaks::kept);
}

std::vector<StatusNode> select_section(std::span<const StatusNode> blocks,
                                       std::string_view section) {
  const std::string wanted = comparable(section);
  std::vector<StatusNode> selected;
  for (const StatusNode& block : blocks) {
    if (!wanted.empty() && (comparable(block.title) == wanted ||
                            comparable(without_brackets(block.title)) == wanted)) {
      selected.push_back(block);
    }
  }
  return selected;
}

}  // namespace remora::api
