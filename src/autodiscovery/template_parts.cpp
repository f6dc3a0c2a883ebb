#include "autodiscovery/template_parts.hpp"

#include <algorithm>

#include "autodiscovery/label_text.hpp"
#include "autodiscovery/scalar_text.hpp"
#include "remora/core/printable.hpp"
#include "remora/core/scrub.hpp"
#include "remora/core/utf8.hpp"
#include "remora/model/value_reader.hpp"

namespace remora::autodiscovery {

using model::Value;

std::string shown(std::string_view name) {
  constexpr std::size_t kMaxShown = 64;
  std::string scratch;
  name = core::printable(name, scratch);
  std::string out(core::utf8_prefix(name, kMaxShown));
  if (out.size() < name.size()) out += "…";
  return core::scrub(out);
}

std::string check_name(std::string_view written, const Aliases& aliases, const FaultPlace& place) {
  constexpr std::size_t kMaxName = 128;
  const std::string plain = with_plain_blanks(written);
  const std::string_view name = trimmed(plain);
  const bool letters = std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
  });
  if (name.empty() || name.size() > kMaxName || !letters || name.front() == '.') {
    place.error("\"" + shown(written) + "\" is not the name of a check");
    return {};
  }
  if (name != written) place.warning("blanks around the name of the check " + std::string(name));
  const auto alias = aliases.find(name);
  if (alias == aliases.end()) return std::string(name);
  place.warning("the check of " + alias->first + " is called " + alias->second +
                    "; it is run under that name",
                "\"" + alias->second + "\"", FaultPlace::Replaces::part);
  return alias->second;
}

std::optional<std::vector<Value>> objects_of(const Value& value, std::string_view what,
                                             const model::ValueLimits& limits,
                                             const FaultPlace& place,
                                             FaultPlace::Replaces replaces) {
  const std::string name(what);
  std::vector<Value> out;
  if (value.map() != nullptr) {
    out.push_back(value);
    place.warning(
        name + " is an object where a list of objects belongs; it is read as the only one",
        as_correction(out), replaces);
    return out;
  }
  const Value::List* list = value.list();
  if (list == nullptr) {
    place.error(name + " is " + offence(value) + ", not a list of objects");
    return std::nullopt;
  }
  bool told = false;  // the correction of the first covers all
  for (const Value& item : *list) {
    if (item.map() != nullptr) {
      out.push_back(item);
    } else if (auto inside = object_inside(item, limits)) {
      place.warning(name + " holds an object written as text: encode it once",
                    told ? "" : as_correction(with_objects(*list, limits)), replaces);
      told = true;
      out.push_back(*std::move(inside));
    } else {
      place.error("element " + std::to_string(&item - list->data()) + " of " + name + " is " +
                  offence(item) + ", not an object");
      return std::nullopt;
    }
  }
  return out;
}

std::optional<Value> init_config_of(const Value* value, std::string_view what,
                                    const model::ValueLimits& limits, const FaultPlace& place) {
  const std::string name(what);
  if (value == nullptr || value->is_null()) return model::Map{};
  if (value->map() != nullptr) return *value;
  if (value->text() != nullptr && trimmed(*value->text()).empty()) return model::Map{};
  if (const Value::List* list = value->list()) {
    if (list->empty() || (list->size() == 1 && list->front().map() != nullptr)) {
      Value only = list->empty() ? Value(model::Map{}) : list->front();
      place.warning(name + " is a list where an object belongs", as_correction(only),
                    FaultPlace::Replaces::part);
      return only;
    }
  }
  if (auto inside = object_inside(*value, limits)) {
    place.warning(name + " is an object written as text: encode it once", as_correction(*inside),
                  FaultPlace::Replaces::part);
    return inside;
  }
  place.error(name + " is " + offence(*value) + ", not an object");
  return std::nullopt;
}

bool ignore_tags_of(std::string_view text, const FaultPlace& place) {
  if (const auto flag = go_bool(trimmed(text))) return *flag;
  place.warning("ignore_autodiscovery_tags is neither true nor false: taken as false", "true",
                FaultPlace::Replaces::part);
  return false;
}

std::optional<tagger::Cardinality> cardinality_of(std::string_view text, const FaultPlace& place) {
  const auto level = tagger::parse_cardinality(trimmed(text));
  if (!level) {
    place.warning("check_tag_cardinality \"" + shown(text) +
                      "\" is unknown: DD_CHECKS_TAG_CARDINALITY applies",
                  "low, orchestrator or high", FaultPlace::Replaces::part);
  }
  return level;
}

void read_tag_options(const Value& object, Template& out, const FaultPlace& place) {
  if (const Value* flag = object.find("ignore_autodiscovery_tags"); flag && !flag->is_null()) {
    const auto text = model::as_text(*flag);
    out.ignore_tags = ignore_tags_of(text.value_or(""), place);
  }
  if (const Value* level = object.find("check_tag_cardinality"); level && !level->is_null()) {
    const auto text = model::as_text(*level);
    if (!text || !text->empty()) out.cardinality = cardinality_of(text.value_or("a list"), place);
  }
}

}  // namespace remora::autodiscovery
