#include "dogstatsd/tag_filter.hpp"

#include <nlohmann/json.hpp>

namespace remora::dogstatsd {
namespace {

using Json = nlohmann::json;
using Action = TagKeyRule::Action;

const std::string* text_of(const Json& object, const char* key) {
  const auto it = object.find(key);
  return it == object.end() ? nullptr : it->get_ptr<const std::string*>();
}

}  // namespace

TagFilter TagFilter::parse(std::string_view json, std::vector<std::string>& warnings) {
  TagFilter out;
  if (json.empty()) return out;
  const Json list = Json::parse(json, nullptr, false);
  if (!list.is_array()) {
    warnings.emplace_back("metric_tag_filterlist: not a JSON list; no tags are filtered");
    return out;
  }
  std::size_t number = 0;
  for (const Json& entry : list) {
    ++number;
    const auto warn = [&](std::string_view why) {
      warnings.push_back("metric_tag_filterlist: entry " + std::to_string(number) + " " +
                         std::string(why));
    };
    const std::string* name = entry.is_object() ? text_of(entry, "metric_name") : nullptr;
    if (name == nullptr || name->empty()) {
      warn("has no metric_name; left out");
      continue;
    }
    const auto tags = entry.find("tags");
    if (tags != entry.end() && !tags->is_array() && !tags->is_null()) {
      warn("has tags that are not a list; left out");
      continue;
    }
    Action action = Action::exclude;
    if (entry.contains("action")) {
      const std::string* word = text_of(entry, "action");
      if (word != nullptr && *word == "include") {
        action = Action::include;
      } else if (word == nullptr || (*word != "exclude" && !word->empty())) {
        warn("has an action that is neither include nor exclude; taken as exclude");
      }
    }
    TagKeyRule& rule = out.rules_.try_emplace(*name, action).first->second;
    if (rule.action_ != action) {
      if (action == Action::include) continue;
      rule.action_ = action;
      rule.keys_.clear();
    }
    if (tags == entry.end() || tags->is_null()) continue;
    bool bad_key = false;
    for (const Json& tag : *tags) {
      const auto* key = tag.get_ptr<const std::string*>();
      if (key != nullptr && !key->empty()) {
        rule.keys_.insert(*key);
      } else {
        bad_key = true;
      }
    }
    if (bad_key) warn("has tags that are not texts; those are left out");
  }
  return out;
}

const TagRule* TagFilter::rule(std::string_view metric) const {
  if (rules_.empty()) return nullptr;
  const auto it = rules_.find(metric);
  return it == rules_.end() ? nullptr : &it->second;
}

}  // namespace remora::dogstatsd
