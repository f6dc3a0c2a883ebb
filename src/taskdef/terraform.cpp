#include "taskdef/terraform.hpp"

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "remora/autodiscovery/parse.hpp"
#include "remora/model/value_reader.hpp"
#include "taskdef/definition_reader.hpp"
#include "taskdef/document.hpp"
#include "taskdef/template_reader.hpp"

namespace remora::taskdef {
namespace {

using Json = nlohmann::json;
using model::Value;

constexpr std::string_view kType = "aws_ecs_task_definition";
constexpr int kMaxDepth = 100;

bool is_other_resource(const Json& value) {
  if (!value.is_object()) return false;
  const auto type = value.find("type");
  if (type == value.end() || !type->is_string() || *type == kType) return false;
  return value.contains("values") || value.contains("instances");
}

/// The values and modules of the document without anything that is not a task definition.
Result<Value> task_definitions_of(std::string_view text) {
  bool too_deep = false;
  const auto keep = [&too_deep](int depth, Json::parse_event_t event, Json& parsed) {
    if (depth > kMaxDepth) too_deep = true;
    if (too_deep) return false;
    if (event == Json::parse_event_t::key && depth == 1) {
      return parsed == "planned_values" || parsed == "values" || parsed == "resources";
    }
    if (event == Json::parse_event_t::key && parsed == "outputs") return false;
    return event != Json::parse_event_t::object_end || !is_other_resource(parsed);
  };
  const Json kept = Json::parse(text.begin(), text.end(), keep, false);
  if (too_deep)
    return fail(Errc::too_large, "nested deeper than " + std::to_string(kMaxDepth) + " levels");
  if (kept.is_discarded()) return fail(Errc::invalid_config, "not valid JSON");
  model::ValueLimits limits;
  limits.input_bytes = 4 * kMaxDefinitionBytes;
  limits.nodes = 200'000;
  auto value =
      autodiscovery::parse_json(kept.dump(-1, ' ', false, Json::error_handler_t::replace), limits);
  if (!value) return fail(value.error(), "its task definitions are too many");
  return value;
}

class Resources {
 public:
  /// Of the JSON output: {"resources": […], "child_modules": […]}.
  void add_module(const Value& module) {
    each(module, "resources", [this](const Value& resource) {
      add(resource, text_in(resource, "address"), resource.find("values"));
    });
    each(module, "child_modules", [this](const Value& child) { add_module(child); });
  }
  /// Of a state file: {"resources": [{"module", "name", "instances": [{"attributes"}]}]}.
  void add_state(const Value& root) {
    each(root, "resources", [this](const Value& resource) {
      each(resource, "instances", [&](const Value& instance) {
        std::string address = text_in(resource, "module");
        if (!address.empty()) address += ".";
        address += std::string(kType) + "." + text_in(resource, "name");
        const Value* index = instance.find("index_key");
        if (index != nullptr && !index->is_null()) address += "[" + index->json_text() + "]";
        add(resource, address, instance.find("attributes"));
      });
    });
  }
  [[nodiscard]] Result<Reading> take() {
    if (too_many_)
      return fail(Errc::too_large,
                  "more than " + std::to_string(kMaxDefinitions) + " task definitions");
    if (!out_.definitions.empty()) return std::move(out_);
    if (!out_.unread.empty()) return unread_error(out_.unread);
    return fail(Errc::invalid_config,
                "JSON of Terraform without a resource of type " + std::string(kType));
  }

 private:
  template <class Take>
  static void each(const Value& value, const char* key, Take take) {
    const Value* list = value.find(key);
    if (list == nullptr || list->list() == nullptr) return;
    for (const Value& one : *list->list()) take(one);
  }
  static std::string text_in(const Value& value, const char* key) {
    const Value* found = value.find(key);
    return found != nullptr && found->text() != nullptr ? *found->text() : std::string();
  }

  void add(const Value& resource, const std::string& address, const Value* values) {
    if (text_in(resource, "type") != kType || text_in(resource, "mode") == "data") return;
    if (out_.definitions.size() + out_.unread.size() == kMaxDefinitions) {
      too_many_ = true;
      return;
    }
    const std::string name =
        address.empty() ? std::string(kType) + "." + text_in(resource, "name") : address;
    auto definition = read(name, values);
    if (definition) {
      out_.definitions.push_back(*std::move(definition));
    } else {
      out_.unread.push_back({name, definition.error().message()});
    }
  }

  static Result<TaskDefinition> read(const std::string& name, const Value* values) {
    const Value* written = values == nullptr ? nullptr : values->find("container_definitions");
    if (written == nullptr || written->is_null())
      return fail(Errc::invalid_config,
                  "container_definitions is known only after the apply: give what `terraform show "
                  "-json` prints then, or the array of containers itself");
    std::optional<Value> containers;
    if (written->list() != nullptr) containers = *written;
    if (written->text() != nullptr) {
      auto parsed = autodiscovery::parse_json(*written->text());
      if (!parsed)
        return fail(Errc::invalid_config, "container_definitions: " + parsed.error().message());
      containers = *std::move(parsed);
    }
    if (!containers || containers->list() == nullptr)
      return fail(Errc::invalid_config, "container_definitions is not an array of containers");
    model::Map properties{{"containerDefinitions", *std::move(containers)}};
    // A value that is not known yet is absent.
    constexpr std::pair<const char*, const char*> kNames[] = {
        {"family", "family"},
        {"network_mode", "networkMode"},
        {"requires_compatibilities", "requiresCompatibilities"},
        {"cpu", "cpu"},
        {"memory", "memory"}};
    for (const auto& [theirs, ours] : kNames) {
      if (const Value* value = values->find(theirs)) properties.set(ours, *value);
    }
    return read_definition(std::move(properties), name, Syntax::json, Completeness::part);
  }

  Reading out_;
  bool too_many_ = false;
};

}  // namespace

bool is_terraform_json(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n\xef\xbb\xbf");
  return first != std::string_view::npos && text[first] == '{' &&
         text.find("\"terraform_version\"") != std::string_view::npos;
}

Result<Reading> read_terraform(std::string_view text) {
  if (text.size() > kMaxTerraformBytes) return fail(Errc::too_large, "larger than 64 MiB");
  if (const auto mistake = json_mistake(text)) return *mistake;
  const auto kept = task_definitions_of(text);
  if (!kept) return kept.error();
  Resources found;
  for (const char* key : {"planned_values", "values"}) {
    const Value* values = kept->find(key);
    const Value* root = values == nullptr ? nullptr : values->find("root_module");
    if (root != nullptr) found.add_module(*root);
  }
  found.add_state(*kept);
  return found.take();
}

}  // namespace remora::taskdef
