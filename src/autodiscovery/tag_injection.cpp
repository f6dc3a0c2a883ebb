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

}  // namespace remora::autodiscovery
