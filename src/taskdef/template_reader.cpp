#include "taskdef/template_reader.hpp"

#include <string>
#include <string_view>
#include <utility>

#include "taskdef/definition_reader.hpp"
#include "taskdef/intrinsics.hpp"

namespace remora::taskdef {
namespace {

using model::Value;

constexpr std::string_view kType = "AWS::ECS::TaskDefinition";

/// Of `Condition:` beside the properties.
void note_condition(const Value& resource, Intrinsics& intrinsics, TaskDefinition& out) {
  const Value* condition = resource.find("Condition");
  if (condition == nullptr || condition->text() == nullptr) return;
  const auto truth = intrinsics.condition(*condition->text());
  if (truth == true) return;
  out.notes.push_back("the resource exists only with the condition " + *condition->text() +
                      (truth ? ", which the defaults of the parameters do not meet" : ""));
}

/// Macros of the template's author; those of AWS keep task definitions as they are.
std::vector<std::string> notes_on_macros(const Value& root) {
  std::vector<std::string> out;
  const auto look_at = [&out](const Value& transform) {
    const Value* named = transform.find("Name");
    const std::string* name = named == nullptr ? transform.text() : named->text();
    if (name == nullptr) return;
    if (*name == "AWS::Include")
      out.emplace_back(
          "AWS::Include adds a snippet to the template: what is in it is not known here");
    else if (!name->starts_with("AWS::"))
      out.push_back("the macro " + *name + " may change the template when it is deployed");
  };
  for (const char* key : {"Transform", "Fn::Transform"}) {
    const Value* transform = root.find(key);
    if (transform == nullptr) continue;
    look_at(*transform);
    if (transform->list() == nullptr) continue;
    for (const Value& one : *transform->list()) {
      look_at(one);
      if (out.size() > 20) return out;
    }
  }
  return out;
}

Result<TaskDefinition> read_resource(const model::MapEntry& resource, Intrinsics& intrinsics,
                                     bool yaml) {
  const Value* properties = resource.value.find("Properties");
  if (properties == nullptr || properties->map() == nullptr)
    return fail(Errc::invalid_config, "Properties is missing");
  auto resolved = intrinsics.resolve(*properties);
  auto notes = intrinsics.take_notes();
  if (!resolved) return resolved.error();
  auto definition =
      read_definition(*resolved, resource.key, yaml ? Syntax::template_yaml : Syntax::template_json,
                      Completeness::whole);
  if (!definition) {
    // What is missing may well be in what could not be looked at.
    std::string text = definition.error().message();
    for (const std::string& note : notes) text += "; " + note;
    return fail(definition.error().code(), std::move(text));
  }
  notes.insert(notes.end(), definition->notes.begin(), definition->notes.end());
  definition->notes = std::move(notes);
  note_condition(resource.value, intrinsics, *definition);
  return definition;
}

}  // namespace

Error unread_error(const std::vector<Unread>& unread) {
  std::string text = unread.front().message;
  if (unread.size() > 1) text += " (and " + std::to_string(unread.size() - 1) + " more)";
  return fail(fail(Errc::invalid_config, std::move(text)), "resource " + unread.front().resource);
}

Result<Reading> read_template(const Value& root, bool yaml) {
  Intrinsics intrinsics(root);
  Reading out;
  const auto resources = intrinsics.expanded(*root.find("Resources"));
  if (!resources) return resources.error();
  auto general = intrinsics.take_notes();
  const auto macros = notes_on_macros(root);
  general.insert(general.end(), macros.begin(), macros.end());
  for (const model::MapEntry& entry : resources->entries()) {
    const Value* type = entry.value.find("Type");
    if (type == nullptr || type->text() == nullptr || *type->text() != kType) continue;
    if (out.definitions.size() + out.unread.size() == kMaxDefinitions)
      return fail(Errc::too_large,
                  "more than " + std::to_string(kMaxDefinitions) + " task definitions");
    auto definition = read_resource(entry, intrinsics, yaml);
    if (!definition) {
      out.unread.push_back({entry.key, definition.error().message()});
      continue;
    }
    definition->notes.insert(definition->notes.begin(), general.begin(), general.end());
    out.definitions.push_back(*std::move(definition));
  }
  if (!out.definitions.empty()) return out;
  if (!out.unread.empty()) return unread_error(out.unread);
  std::string text = "a CloudFormation template without a resource of type " + std::string(kType);
  for (const std::string& note : general) text += "; " + note;
  return fail(Errc::invalid_config, std::move(text));
}

}  // namespace remora::taskdef
