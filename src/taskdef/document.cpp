#include "taskdef/document.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>

#include "remora/autodiscovery/parse.hpp"
#include "remora/taskdef/task_definition.hpp"
#include "taskdef/label_text.hpp"
#include "taskdef/other_documents.hpp"

namespace remora::taskdef {
namespace {

using Json = nlohmann::json;

/// Walks a text without keeping anything but the place of the first mistake.
struct MistakeFinder final : nlohmann::json_sax<Json> {
  std::size_t position = 0;  // 1-based byte after which the text stops being JSON

  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool start_object(std::size_t) override { return true; }
  bool key(string_t&) override { return true; }
  bool end_object() override { return true; }
  bool start_array(std::size_t) override { return true; }
  bool end_array() override { return true; }
  bool parse_error(std::size_t at, const std::string&, const Json::exception&) override {
    position = at;
    return false;
  }
};

Error broken_json(std::string_view text, std::size_t position) {
  const std::size_t end = std::min(position > 0 ? position - 1 : 0, text.size());
  const std::string_view before = text.substr(0, end);
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const std::size_t last_newline = before.rfind('\n');
  const std::size_t column =
      1 + (last_newline == std::string_view::npos ? end : end - last_newline - 1);
  std::string hint;
  const std::size_t previous = before.find_last_not_of(" \t\r\n");
  if (end < text.size() && (text[end] == '}' || text[end] == ']') &&
      previous != std::string_view::npos && before[previous] == ',')
    hint = " (a comma before the closing bracket?)";
  return fail(Errc::invalid_config, "not valid JSON at line " + std::to_string(line) + ", column " +
                                        std::to_string(column) + hint);
}

// Templates of CloudFormation are at most 1 MB; every value of one is worth 20 bytes at least.
model::ValueLimits limits() {
  model::ValueLimits out;
  out.input_bytes = kMaxDefinitionBytes;
  out.nodes = 100'000;
  return out;
}

Result<Document> parse_json(std::string_view text) {
  if (auto mistake = json_mistake(text)) {
    // Text that a program has still to fill in: {"containerPort": ${port}}
    const std::string quoted = with_quoted_references(text);
    if (quoted == text || json_mistake(quoted)) {
      if (auto other = what_else(text)) return fail(Errc::unsupported, *std::move(other));
      return *mistake;
    }
    return parse_json(quoted);
  }
  auto root = autodiscovery::parse_json(text, limits());
  if (!root) return fail(root.error().code(), root.error().message());
  return Document{*std::move(root), false};
}

Result<Document> parse_yaml(std::string_view text) {
  auto root = autodiscovery::parse_tagged_yaml(text, limits());
  auto other = !root || root->map() == nullptr ? what_else(text) : std::nullopt;
  if (other) return fail(Errc::unsupported, *std::move(other));
  if (!root && root.error().code() == Errc::too_large) return root.error();
  if (!root) return fail(Errc::invalid_config, root.error().message());
  return Document{*std::move(root), true};
}

/// A document as one text in quotes, which is what tools print of a value that is a text.
std::optional<std::string> inside_of_quotes(std::string_view text) {
  if (!text.starts_with('"')) return std::nullopt;
  const auto value = autodiscovery::parse_json(text, limits());
  if (!value || value->text() == nullptr) return std::nullopt;
  return *value->text();
}

}  // namespace

std::optional<Error> json_mistake(std::string_view text) {
  MistakeFinder finder;
  if (Json::sax_parse(text, &finder)) return std::nullopt;
  return broken_json(text, finder.position);
}

Result<Document> parse_document(std::string_view text) {
  if (text.size() > kMaxDefinitionBytes)
    return fail(Errc::too_large, "larger than 1 MiB: not a task definition");
  if (text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff"))
    return fail(Errc::invalid_config, "is UTF-16: save it as UTF-8");
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return parse_json(text);
  if (const auto inside = inside_of_quotes(text.substr(first))) {
    const std::size_t begin = inside->find_first_not_of(" \t\r\n");
    const char bracket = begin == std::string::npos ? ' ' : (*inside)[begin];
    if (bracket == '{' || bracket == '[') return parse_json(*inside);
  }
  return text[first] == '{' || text[first] == '[' ? parse_json(text) : parse_yaml(text);
}

}  // namespace remora::taskdef
