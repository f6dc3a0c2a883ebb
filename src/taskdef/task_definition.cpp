#include "remora/taskdef/task_definition.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "taskdef/definition_reader.hpp"
#include "taskdef/document.hpp"
#include "taskdef/intrinsics.hpp"

namespace remora::taskdef {
namespace {

using model::Value;
using Definitions = std::vector<TaskDefinition>;

constexpr std::string_view kType = "AWS::ECS::TaskDefinition";

bool is_template(const Value& root) {
  const Value* resources = root.find("Resources");
  return resources != nullptr && resources->map() != nullptr;
}

/// Of `Condition:` beside the properties.
void note_condition(const Value& resource, Intrinsics& intrinsics, TaskDefinition& out) {
  const Value* condition = resource.find("Condition");
  if (condition == nullptr || condition->text() == nullptr) return;
  const auto truth = intrinsics.condition(*condition->text());
  if (truth == true) return;
  out.notes.push_back("the resource exists only with the condition " + *condition->text() +
                      (truth ? ", which the defaults of the parameters do not meet" : ""));
}

Result<Definitions> read_template(const Value& root, bool yaml) {
  Intrinsics intrinsics(root);
  Definitions out;
  for (const model::MapEntry& entry : root.find("Resources")->map()->entries()) {
    const Value* type = entry.value.find("Type");
    if (type == nullptr || type->text() == nullptr || *type->text() != kType) continue;
    if (out.size() == kMaxDefinitions)
      return fail(Errc::too_large,
                  "more than " + std::to_string(kMaxDefinitions) + " task definitions");
    const std::string where = "resource " + entry.key;
    const Value* properties = entry.value.find("Properties");
    if (properties == nullptr || properties->map() == nullptr)
      return fail(Errc::invalid_config, where + ": Properties is missing");
    auto resolved = intrinsics.resolve(*properties);
    if (!resolved) return fail(resolved.error(), where);
    auto definition =
        read_definition(*resolved, entry.key, yaml ? Syntax::template_yaml : Syntax::template_json);
    if (!definition) return fail(definition.error(), where);
    definition->notes = intrinsics.take_notes();
    note_condition(entry.value, intrinsics, *definition);
    out.push_back(*std::move(definition));
  }
  if (out.empty())
    return fail(Errc::invalid_config,
                "a CloudFormation template without a resource of type " + std::string(kType));
  return out;
}

}  // namespace

const std::string* ContainerDefinition::variable(std::string_view key) const {
  for (const auto& [name, value] : environment)
    if (name == key) return &value;
  return nullptr;
}

bool ContainerDefinition::has_secret(std::string_view key) const {
  return std::find(secrets.begin(), secrets.end(), key) != secrets.end();
}

Result<Definitions> parse_definitions(std::string_view text) {
  const auto document = parse_document(text);
  if (!document) return document.error();
  const Value* root = &document->root;
  if (is_template(*root)) return read_template(*root, document->yaml);
  if (const Value* inner = root->find("taskDefinition")) root = inner;
  if (root->map() == nullptr)
    return fail(Errc::invalid_config,
                document->yaml ? "neither a task definition nor a template" : "not a JSON object");
  auto definition = read_definition(*root, "", document->yaml ? Syntax::yaml : Syntax::json);
  if (!definition) return definition.error();
  Definitions out;
  out.push_back(*std::move(definition));
  return out;
}

Result<Definitions> read_definitions(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file)
    return fail(errno == ENOENT ? Errc::not_found : Errc::io, path + ": " + std::strerror(errno));
  std::string text(kMaxDefinitionBytes + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad() || (file.gcount() == 0 && !file.eof()))
    return fail(Errc::io, path + ": cannot be read");
  text.resize(static_cast<std::size_t>(file.gcount()));
  auto parsed = parse_definitions(text);
  if (!parsed) return fail(parsed.error(), path);
  return parsed;
}

}  // namespace remora::taskdef
