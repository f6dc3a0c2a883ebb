#include "preview/file_recipe.hpp"

#include "remora/autodiscovery/labels.hpp"
#include "remora/autodiscovery/masking.hpp"
#include "remora/ecs/image_name.hpp"

namespace remora::preview {
using model::Value;

std::optional<CheckFile> file_recipe(const autodiscovery::CheckConfig& config,
                                     const taskdef::ContainerDefinition& container) {
  const auto labels = autodiscovery::parse_labels(container.labels, container.name, "");
  std::string identifier = labels.check_id;
  if (identifier.empty()) identifier = ecs::split_image_name(container.image).short_name;
  if (identifier.empty() || taskdef::holds_open_reference(identifier)) return std::nullopt;
  Value::List instances;
  Value init_config = model::Map{};
  for (const autodiscovery::Template& one : labels.templates) {
    if (one.check != config.check) continue;
    for (const Value& instance : one.instances)
      instances.push_back(autodiscovery::with_placeholders(instance));
    init_config = autodiscovery::with_placeholders(one.init_config);
  }
  CheckFile out;
  out.path = "/etc/datadog-agent/conf.d/" + config.check + ".d/" + container.name + ".yaml";
  out.content = "ad_identifiers: [" + Value(identifier).json_text() +
                "]\ninit_config: " + init_config.json_text() + "\ninstances:\n";
  for (const Value& instance : instances) out.content += "  - " + instance.json_text() + "\n";
  return out;
}

}  // namespace remora::preview
