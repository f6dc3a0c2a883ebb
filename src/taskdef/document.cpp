#include "taskdef/document.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <string>

#include "remora/autodiscovery/parse.hpp"
#include "remora/taskdef/task_definition.hpp"

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

struct OtherLanguage {
  std::string_view word, message;
};
constexpr auto kOtherLanguages = std::to_array<OtherLanguage>({
    {"aws_ecs_task_definition",
     "Terraform is not read: give what `aws ecs describe-task-definition --task-definition <NAME>` "
     "prints"},
    {"aws-cdk", "sources of the CDK are not read: give the template that `cdk synth` prints"},
    {"aws_cdk", "sources of the CDK are not read: give the template that `cdk synth` prints"},
});

// Asked only when a text is neither: templates may well contain these words.
const OtherLanguage* other_language(std::string_view text) {
  for (const OtherLanguage& one : kOtherLanguages) {
    if (text.find(one.word) != std::string_view::npos) return &one;
  }
  return nullptr;
}

Result<Document> parse_json(std::string_view text) {
  MistakeFinder finder;
  if (!Json::sax_parse(text, &finder)) return broken_json(text, finder.position);
  auto root = autodiscovery::parse_json(text, limits());
  if (!root) return fail(root.error().code(), root.error().message());
  return Document{*std::move(root), false};
}

Result<Document> parse_yaml(std::string_view text) {
  auto root = autodiscovery::parse_tagged_yaml(text, limits());
  const OtherLanguage* other = !root || root->map() == nullptr ? other_language(text) : nullptr;
  if (other != nullptr) return fail(Errc::unsupported, std::string(other->message));
  if (!root && root.error().code() == Errc::too_large) return root.error();
  if (!root) return fail(Errc::invalid_config, root.error().message());
  return Document{*std::move(root), true};
}

}  // namespace

Result<Document> parse_document(std::string_view text) {
  if (text.size() > kMaxDefinitionBytes)
    return fail(Errc::too_large, "larger than 1 MiB: not a task definition");
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  const bool json = first == std::string_view::npos || text[first] == '{' || text[first] == '[';
  return json ? parse_json(text) : parse_yaml(text);
}

}  // namespace remora::taskdef
