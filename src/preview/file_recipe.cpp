#include "preview/file_recipe.hpp"

#include "remora/autodiscovery/labels.hpp"
#include "remora/autodiscovery/masking.hpp"
#include "remora/ecs/image_name.hpp"

namespace remora::preview {
namespace {

using model::Value;

/// Masked, but for texts that are nothing but a variable: they hold no secret, they name one.
Value shown(const Value& value) {
  Value out = autodiscovery::masked(value);
  if (value.map() == nullptr || out.map() == nullptr) return out;
  const auto before = value.map()->entries();
  const auto after = out.map()->entries();
  for (std::size_t i = 0; i < before.size() && i < after.size(); ++i) {
    const std::string* text = before[i].value.text();
    if (text != nullptr && text->starts_with("%%env_") && text->ends_with("%%"))
      after[i].value = *text;
  }
  return out;
}

}  // namespace

std::optional<CheckFile> file_recipe(const autodiscovery::CheckConfig& config,
                                     const taskdef::ContainerDefinition& container) {
  const auto labels = autodiscovery::parse_labels(container.labels, container.name, "");
  std::string identifier = labels.check_id;
  if (identifier.empty()) identifier = ecs::split_image_name(container.image).short_name;
  if (identifier.empty() || identifier.find("${") != std::string::npos) return std::nullopt;
  Value::List instances;
  Value init_config = model::Map{};
  for (const autodiscovery::Template& one : labels.templates) {
    if (one.check != config.check) continue;
    for (const Value& instance : one.instances) instances.push_back(shown(instance));
    init_config = shown(one.init_config);
  }
  CheckFile out;
  out.path = "/etc/datadog-agent/conf.d/" + config.check + ".d/" + container.name + ".yaml";
  out.content = "ad_identifiers: [" + Value(identifier).json_text() +
                "]\ninit_config: " + init_config.json_text() + "\ninstances:\n";
  for (const Value& instance : instances) out.content += "  - " + instance.json_text() + "\n";
  return out;
}

}  // namespace remora::preview
