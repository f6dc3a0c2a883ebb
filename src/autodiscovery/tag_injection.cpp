#include "remora/autodiscovery/tag_injection.hpp"

namespace remora::autodiscovery {

using model::Value;

Value with_injected_tags(const Value& instance, const model::TagList& injected,
                         std::vector<std::string>& problems) {
  model::TagList tags = injected;
  const Value* own = instance.find("tags");
  if (own != nullptr && own->list() != nullptr) {
    const Value::List& list = *own->list();
    for (const Value& item : list) {
      if (item.text() != nullptr) {
        tags.push_back(*item.text());
      } else {
        problems.push_back("`tags[" + std::to_string(&item - list.data()) + "]` is " +
                           std::string(model::type_name(item.type())) +
                           ", not a text; it is left out");
      }
    }
  } else if (own != nullptr && !own->is_null()) {
    problems.push_back("`tags` is " + std::string(model::type_name(own->type())) +
                       ", not a list; it is left out");
  }
  Value out = instance;
  model::Map* map = out.map();
  if (map == nullptr || (tags.empty() && own == nullptr)) return out;
  model::normalise(tags);
  Value::List values(tags.begin(), tags.end());
  map->set("tags", std::move(values));
  return out;
}

model::Tags injected_tags(const CheckConfig& config, const tagger::Tagger& tagger,
                          tagger::Cardinality level) {
  if (config.ignore_tags) return model::empty_tags();
  level = config.cardinality.value_or(level);
  return config.container_id.empty() ? tagger.global_tags(level)
                                     : tagger.container_tags(config.container_id, level);
}

Value tagged_instance(const CheckConfig& config, const model::Tags& injected,
                      std::vector<std::string>& problems) {
  if (config.ignore_tags) return config.instance;
  return with_injected_tags(config.instance, *injected, problems);
}

}  // namespace remora::autodiscovery
