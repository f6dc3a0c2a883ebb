#include "taskdef/other_documents.hpp"

#include <algorithm>
#include <array>

namespace remora::taskdef {
namespace {

using model::Value;

constexpr const char* kTerraform =
    "a configuration of Terraform: give what `terraform show -json` prints, of a plan or of the "
    "state";
constexpr const char* kCdk =
    "sources of the CDK are not read: give the template that `cdk synth` prints";

struct Word {
  std::string_view word;
  const char* message;
};
constexpr auto kWords = std::to_array<Word>({
    {"\"@level\"",
     "the log of `terraform plan -json`: give what `terraform show -json` prints of "
     "the plan"},
    {"aws_ecs_task_definition", kTerraform},
    {"jsonencode(", kTerraform},
    {"aws-cdk", kCdk},
    {"aws_cdk", kCdk},
    {"@pulumi/",
     "a program of Pulumi: give what `aws ecs describe-task-definition "
     "--task-definition <NAME>` prints"},
});

/// A block of Terraform's language begins at the start of a line: `module "app" {`.
bool has_terraform_block(std::string_view text) {
  constexpr auto kBlocks =
      std::to_array<std::string_view>({"resource \"", "module \"", "data \"", "variable \"",
                                       "provider \"", "output \"", "locals {", "terraform {"});
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    if (line.find('{') != std::string_view::npos &&
        std::any_of(kBlocks.begin(), kBlocks.end(),
                    [&](auto block) { return line.starts_with(block); }))
      return true;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return false;
}

std::string text_in(const Value& value, const char* key) {
  const Value* found = value.find(key);
  return found != nullptr && found->text() != nullptr ? *found->text() : std::string();
}

bool has_list(const Value& root, const char* key) {
  const Value* value = root.find(key);
  return value != nullptr && value->list() != nullptr;
}
bool has_map(const Value& root, const char* key) {
  const Value* value = root.find(key);
  return value != nullptr && value->map() != nullptr;
}

/// A name from the document, fit for a command line; `fallback` when it is not one.
std::string name_for(std::string name, const char* fallback) {
  const bool fit =
      !name.empty() && name.size() <= 300 && std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
               c == '-' || c == '_' || c == ':' || c == '.' || c == '/';
      });
  return fit ? name : fallback;
}

std::string describe(std::string arn) {
  // "…:task-definition/web:3" -> "web:3"
  if (const auto slash = arn.rfind('/'); slash != std::string::npos) arn.erase(0, slash + 1);
  return "give what `aws ecs describe-task-definition --task-definition " +
         name_for(std::move(arn), "<NAME>") + "` prints";
}

/// The first task or service of an answer of ECS.
std::string definition_of_first(const Value& root, const char* list, const char* key) {
  const Value::List& all = *root.find(list)->list();
  return all.empty() ? std::string() : text_in(all.front(), key);
}

std::optional<std::string> answer_of_aws(const Value& root) {
  if (has_list(root, "tasks"))
    return "the answer of describe-tasks, a running task and not its definition: " +
           describe(definition_of_first(root, "tasks", "taskDefinitionArn"));
  if (has_list(root, "services"))
    return "the answer of describe-services: " +
           describe(definition_of_first(root, "services", "taskDefinition"));
  if (has_list(root, "taskDefinitionArns")) {
    const Value::List& all = *root.find("taskDefinitionArns")->list();
    const std::string* last = all.empty() ? nullptr : all.back().text();
    return "the answer of list-task-definitions: " + describe(last == nullptr ? "" : *last);
  }
  if (has_list(root, "Containers") &&
      (root.find("TaskARN") != nullptr || root.find("Family") != nullptr))
    return "the answer of the task metadata endpoint, a running task and not its definition: " +
           describe(text_in(root, "Family"));
  if (has_list(root, "containerOverrides")) return "overrides of run-task: " + describe("");
  if (root.find("TemplateBody") != nullptr)
    return "the answer of get-template: give the template in it, which `--query TemplateBody` "
           "prints";
  return std::nullopt;
}

/// Of the two kinds of workload that Copilot knows, the word of its command.
std::optional<std::string> copilot_command(std::string_view type) {
  for (const std::string_view one :
       {"Load Balanced Web Service", "Backend Service", "Worker Service",
        "Request-Driven Web Service", "Static Site"}) {
    if (type == one) return "svc";
  }
  if (type == "Scheduled Job") return "job";
  return std::nullopt;
}

std::optional<std::string> file_of_a_tool(const Value& root) {
  if (const auto command = copilot_command(text_in(root, "type")))
    return "a manifest of AWS Copilot: give the template that `copilot " + *command +
           " package --name " + name_for(text_in(root, "name"), "<NAME>") + " --env <ENV>` prints";
  if (root.find("apiVersion") != nullptr && root.find("kind") != nullptr)
    return "a manifest of Kubernetes (" + name_for(text_in(root, "kind"), "kind unknown") +
           "): tasks of ECS have a task definition, " + describe("");
  if (has_map(root, "services"))
    return "a file of Docker Compose: tasks of ECS have a task definition, " + describe("");
  if (has_map(root, "resource") || has_map(root, "module") || has_map(root, "provider") ||
      has_list(root, "resource"))
    return kTerraform;
  if (root.find("deployment") != nullptr && root.find("version") != nullptr)
    return "an export of Pulumi: " + describe("");
  if (root.find("runtime") != nullptr && root.find("name") != nullptr)
    return "a project of Pulumi: " + describe("");
  if (root.find("app") != nullptr && root.find("context") != nullptr) return kCdk;
  if (root.find("artifacts") != nullptr && root.find("version") != nullptr) return kCdk;
  if (has_list(root, "Resources")) return "an AppSpec file of CodeDeploy: " + describe("");
  if (has_map(root, "task_definition")) return "parameters of the ECS CLI: " + describe("");
  return std::nullopt;
}

}  // namespace

std::optional<std::string> what_else(const Value& root, std::string_view text) {
  if (const Value::List* list = root.list()) {
    const bool definitions =
        !list->empty() && list->front().find("containerDefinitions") != nullptr;
    if (definitions) return "an array of task definitions: give one of them";
    return std::nullopt;
  }
  if (root.map() == nullptr) return what_else(text);
  if (auto answer = answer_of_aws(root)) return answer;
  if (auto file = file_of_a_tool(root)) return file;
  return has_terraform_block(text) ? std::optional<std::string>(kTerraform) : std::nullopt;
}

std::optional<std::string> what_else(std::string_view text) {
  if (has_terraform_block(text)) return kTerraform;
  for (const Word& one : kWords) {
    if (text.find(one.word) != std::string_view::npos) return one.message;
  }
  return std::nullopt;
}

}  // namespace remora::taskdef
