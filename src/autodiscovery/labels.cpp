#include "remora/autodiscovery/labels.hpp"

#include <set>
#include <utility>

#include "autodiscovery/label_names.hpp"
#include "autodiscovery/label_text.hpp"
#include "autodiscovery/scalar_text.hpp"
#include "autodiscovery/shell_variables.hpp"
#include "autodiscovery/template_parts.hpp"

namespace remora::autodiscovery {
namespace {

using model::Value;
using Labels = std::map<std::string, std::string>;

constexpr std::string_view kLegacyPrefix = "com.datadoghq.sd.";

constexpr std::string_view kNameLetters = "abcdefghijklmnopqrstuvwxyz_-";

class LabelReader {
 public:
  LabelReader(const Labels& labels, std::string_view container, std::string_view id,
              const LabelOptions& options)
      : labels_(labels), container_(container), id_(id), options_(options) {}

  ContainerTemplates read() {
    read_check_id();
    if (const std::string* text = label("checks")) {
      warn_about_unread_v1();
      read_checks(*text);
    } else if (label("check_names") != nullptr) {
      read_v1();
    } else {
      for (const char* name : {"instances", "init_configs"}) {
        if (label(name) == nullptr) continue;
        place(name).warning("is not read: the label " + full("check_names") + " is missing",
                            full("check_names") + " = [\"<name of the check>\"]");
        break;
      }
    }
    if (const std::string* text = label("logs")) read_logs(*text);
    if (const std::string* text = label("tags")) check_tags(*text);
    warn_about_near_misses();
    keep_within_limit();
    for (const Template& one : out_.templates) {
      for (const Value& instance : one.instances)
        warn_about_shell_variables(instance, one.check, options_.open_references,
                                   {out_.faults, container_, id_, one.source});
    }
    return std::move(out_);
  }

 private:
  static std::string full(std::string_view name) {
    return std::string(kLabelPrefix) + std::string(name);
  }
  [[nodiscard]] const std::string* label(std::string_view name) const {
    const auto it = labels_.find(full(name));
    return it == labels_.end() ? nullptr : &it->second;
  }
  [[nodiscard]] FaultPlace place(std::string_view name) {
    return {out_.faults, container_, id_, full(name)};
  }

  void read_check_id() {
    if (const std::string* id = label("check.id")) {
      out_.check_id = trimmed(*id);
      return;
    }
    const std::string legacy = std::string(kLegacyPrefix) + "check.id";
    if (const auto it = labels_.find(legacy); it != labels_.end()) {
      out_.check_id = trimmed(it->second);
      FaultPlace(out_.faults, container_, id_, legacy)
          .warning("is an old name; it is read", full("check.id"));
    }
  }

  void warn_about_unread_v1() {
    for (const char* name : {"check_names", "init_configs", "instances"}) {
      if (label(name) == nullptr) continue;
      place(name).warning("is not read beside " + full("checks") + ", which replaces it");
      return;
    }
  }

  void warn_about_near_misses() {
    for (const auto& [name, value] : labels_) {
      const auto wrong = misnamed(name);
      if (!wrong) continue;
      // With its value, where that can be read: a line to paste.
      const LabelText read = read_label(value, options_.limits);
      const std::string text = read.value ? as_correction(*read.value) : std::string();
      FaultPlace(out_.faults, container_, id_, name)
          .warning(wrong->message, wrong->meant + (text.empty() ? "" : " = " + text));
    }
    for (const char* name : {"check_names", "init_configs", "instances", "checks", "logs"}) {
      const std::string legacy = std::string(kLegacyPrefix) + name;
      if (labels_.contains(legacy)) {
        FaultPlace(out_.faults, container_, id_, legacy)
            .warning("is an old name that is no longer read", full(name));
      }
    }
  }

  /// The JSON of a label; its faults go to the label's own place.
  std::optional<Value> decoded(std::string_view name, std::string_view text,
                               std::string_view consequence, std::string correction = {}) {
    LabelText read = read_label(text, options_.limits);
    if (!read.value) {
      if (!read.correction.empty()) correction = std::move(read.correction);
      place(name).error(read.problem + "; " + std::string(consequence), std::move(correction));
    } else if (read.unwrapped) {
      place(name).warning("is JSON inside JSON text; it was unwrapped: encode it once",
                          as_correction(*read.value));
    }
    return std::move(read.value);
  }

  // The label check_names. Empty: a fault, or a list without any name.
  std::optional<std::vector<std::string>> read_names() {
    const FaultPlace here = place("check_names");
    const std::string& text = *label("check_names");
    // A bare word is obvious; nothing else without brackets is.
    const std::string_view word = trimmed(text);
    const bool bare = word.find_first_not_of(kNameLetters) == std::string_view::npos;
    auto value = decoded("check_names", text, "no check of this container's labels runs",
                         bare && !word.empty() ? as_correction(Value::List{word}) : "");
    if (!value) return std::nullopt;
    if (value->text() != nullptr) {
      value = Value::List{*std::move(value)};
      here.warning("is a text where a list of texts belongs; it is read as the only name",
                   as_correction(*value));
    }
    if (value->list() == nullptr) {
      here.error("is " + offence(*value) + ", not a list of texts; no check of this container's " +
                 "labels runs");
      return std::nullopt;
    }
    if (value->list()->size() == 1 && value->list()->front().text() != nullptr) {
      // ["[\"redisdb\"]"]
      LabelText inner = read_label(*value->list()->front().text(), options_.limits);
      if (inner.value && inner.value->list() != nullptr) {
        here.warning("is a list inside JSON text; it was unwrapped: encode it once",
                     as_correction(*inner.value));
        value = std::move(inner.value);
      }
    }
    std::vector<std::string> names;
    for (const Value& item : *value->list()) {
      if (item.text() == nullptr) {
        here.error("element " + std::to_string(names.size()) + " is " + offence(item) +
                   ", not a text; no check of this container's labels runs");
        return std::nullopt;
      }
      names.push_back(*item.text());
    }
    if (names.empty() || (names.size() == 1 && trimmed(names[0]).empty())) {
      out_.no_file_templates = true;
      return std::nullopt;
    }
    return names;
  }

  /// The elements of init_configs or instances: for each check the objects that belong to it.
  std::optional<std::vector<std::vector<Value>>> read_elements(const char* name,
                                                               std::size_t checks) {
    const FaultPlace here = place(name);
    const std::string* text = label(name);
    if (text == nullptr) {
      const bool init = std::string_view(name) == "init_configs";
      here.error(
          "missing " + std::string(name) + " key; no check of this container's labels runs",
          full(name) + " = " +
              as_correction(Value::List(checks, init ? Value(model::Map{}) : some_instance())));
      return std::nullopt;
    }
    auto value = decoded(name, *text, "no check of this container's labels runs");
    if (!value) return std::nullopt;
    if (value->map() != nullptr) {
      value = Value::List{*std::move(value)};
      here.warning("is an object where a list belongs; it is read as the only element",
                   as_correction(*value));
    }
    if (value->list() == nullptr) {
      here.error("is " + offence(*value) +
                 ", not a list; no check of this container's labels runs");
      return std::nullopt;
    }
    std::vector<std::vector<Value>> out;
    bool told = false;  // the correction of the first covers all
    for (const Value& item : *value->list()) {
      const std::string what = "element " + std::to_string(out.size());
      if (item.map() != nullptr) {
        out.push_back({item});
      } else if (item.list() != nullptr) {
        auto inner = objects_of(item, what, options_.limits, here, FaultPlace::Replaces::part);
        if (!inner) return std::nullopt;
        out.push_back(*std::move(inner));
      } else if (item.is_null() && std::string_view(name) == "init_configs") {
        out.push_back({Value(model::Map{})});
      } else if (auto inside = object_inside(item, options_.limits)) {
        here.warning(what + " is an object written as text: encode it once",
                     told ? "" : as_correction(with_objects(*value->list(), options_.limits)));
        told = true;
        out.push_back({*std::move(inside)});
      } else {
        here.error(what + " is " + offence(item) +
                   ", not an object; no check of this container's labels runs");
        return std::nullopt;
      }
    }
    return out;
  }

  void read_v1() {
    const auto names = read_names();
    if (!names) return;
    // Both are read before either failure ends it: every fault is shown at once.
    const auto inits = read_elements("init_configs", names->size());
    const auto instances = read_elements("instances", names->size());
    if (!inits || !instances) return;
    if (inits->size() != names->size() || instances->size() != names->size()) {
      report_lengths(*names, *inits, *instances);
      return;
    }
    for (std::size_t i = 0; i < inits->size(); ++i) {
      if ((*inits)[i].size() == 1) continue;
      place("init_configs")
          .error("element " + std::to_string(i) + " is a list of " +
                     std::to_string((*inits)[i].size()) +
                     " where exactly one object belongs; no check of this container's labels runs",
                 "[{}]", FaultPlace::Replaces::part);
      return;
    }
    Template common;
    common.provider = Provider::container_label;
    common.source = full("check_names");
    if (const std::string* text = label("ignore_autodiscovery_tags")) {
      common.ignore_tags = ignore_tags_of(*text, place("ignore_autodiscovery_tags"));
    }
    if (const std::string* text = label("check_tag_cardinality")) {
      common.cardinality = cardinality_of(*text, place("check_tag_cardinality"));
    }
    for (std::size_t i = 0; i < names->size(); ++i) {
      const std::string name = check_name((*names)[i], options_.aliases, place("check_names"));
      if (name.empty()) continue;
      for (const Value& instance : (*instances)[i]) {
        Template one = common;
        one.check = name;
        one.init_config = (*inits)[i].front();
        one.instances = {instance};
        out_.templates.push_back(std::move(one));
      }
    }
  }

  void report_lengths(const std::vector<std::string>& names,
                      const std::vector<std::vector<Value>>& inits,
                      const std::vector<std::vector<Value>>& instances) {
    std::string label_at_fault = "instances";
    std::string correction;
    if (instances.size() == names.size()) {
      label_at_fault = "init_configs";
      correction = as_correction(Value::List(names.size(), Value(model::Map{})));
    } else if (names.size() == 1 && instances.size() > 1) {
      // Several instances of one check share one element.
      Value::List all;
      for (const auto& element : instances) all.insert(all.end(), element.begin(), element.end());
      correction = as_correction(Value::List{Value(std::move(all))});
    }
    place(label_at_fault)
        .error("the lists differ in length: check_names " + std::to_string(names.size()) +
                   ", init_configs " + std::to_string(inits.size()) + ", instances " +
                   std::to_string(instances.size()) + "; no check of this container's labels runs",
               std::move(correction));
  }

  void read_checks(const std::string& text) {
    const FaultPlace here = place("checks");
    const auto value = decoded("checks", text, "none of its checks runs");
    if (!value) return;
    if (value->map() == nullptr) {
      const auto* list = value->list();
      const bool meant = list != nullptr && list->size() == 1 && list->front().map() != nullptr;
      here.error("is " + offence(*value) + ", not an object; none of its checks runs",
                 meant ? as_correction(list->front()) : std::string());
      return;
    }
    // The Agent refuses the label as a whole; a fault of one check is no reason to lose the others.
    const auto entries = value->map()->entries();
    for (const model::MapEntry& entry : entries) read_check(entry, here);
    correct_missing_instances(*value->map(), here);
  }

  /// One text for the whole label, whatever the number of checks that lack instances.
  void correct_missing_instances(model::Map all, const FaultPlace& here) {
    if (without_instances_.empty()) return;
    for (model::MapEntry& entry : all.entries()) {
      if (without_instances_.contains(entry.key))
        entry.value.map()->set("instances", Value::List{some_instance()});
    }
    std::string names;
    for (const std::string& key : without_instances_) {
      if (names.size() > 200) {
        names += ", …";
        break;
      }
      names += (names.empty() ? "\"" : ", \"") + shown(key) + "\"";
    }
    const bool one = without_instances_.size() == 1;
    here.warning(
        names + (one ? " has no instances: nothing runs" : " have no instances: none runs"),
        as_correction(std::move(all)));
  }

  void read_check(const model::MapEntry& entry, const FaultPlace& here) {
    const std::string key = shown(entry.key);
    if (entry.value.map() == nullptr) {
      here.error("\"" + key + "\" is " + offence(entry.value) +
                 ", not an object with init_config and instances; it does not run");
      return;
    }
    Template one;
    one.provider = Provider::container_label;
    one.source = full("checks");
    std::string_view name = entry.key;
    if (const Value* other = entry.value.find("name"); other && other->text()) {
      if (!other->text()->empty()) name = *other->text();
    }
    read_tag_options(entry.value, one, here);
    auto init = init_config_of(entry.value.find("init_config"), "init_config of " + key,
                               options_.limits, here);
    if (!init) return;
    one.init_config = *std::move(init);
    if (const Value* instances = entry.value.find("instances");
        instances && !instances->is_null()) {
      auto objects = objects_of(*instances, "instances of " + key, options_.limits, here,
                                FaultPlace::Replaces::part);
      if (!objects) return;
      one.instances = *std::move(objects);
    }
    if (const Value* logs = entry.value.find("logs"); logs && !logs->is_null()) {
      if (auto sources = objects_of(*logs, "logs of " + key, options_.limits, here,
                                    FaultPlace::Replaces::part)) {
        one.logs = Value::List(std::move(*sources));
      }
    }
    warn_about_unknown_keys(*entry.value.map(), key, here);
    if (one.instances.empty() && one.logs.is_null()) {
      without_instances_.insert(entry.key);
      return;
    }
    one.check = check_name(name, options_.aliases, here);
    if (!one.check.empty()) out_.templates.push_back(std::move(one));
  }

  /// Where only the author knows what belongs.
  [[nodiscard]] static Value some_instance() {
    return model::Map{{"host", "%%host%%"}, {"<OPTION>", "<VALUE>"}};
  }

  static void warn_about_unknown_keys(const model::Map& map, const std::string& check,
                                      const FaultPlace& here) {
    for (const model::MapEntry& entry : map.entries()) {
      bool known = false;
      for (const std::string_view name : {"init_config", "instances", "logs", "name",
                                          "ignore_autodiscovery_tags", "check_tag_cardinality"}) {
        known = known || entry.key == name;
      }
      if (known) continue;
      std::string meant;
      if (entry.key == "instance") meant = "instances";
      if (entry.key == "init_configs") meant = "init_config";
      here.warning("\"" + shown(entry.key) + "\" of " + check +
                       " is not read: an option of the check belongs into its instances",
                   std::move(meant), FaultPlace::Replaces::part);
    }
  }

  void read_logs(const std::string& text) {
    const auto value = decoded("logs", text, "no logs are configured by it");
    if (!value) return;
    auto sources =
        objects_of(*value, "logs", options_.limits, place("logs"), FaultPlace::Replaces::whole);
    if (!sources || sources->empty()) return;
    Template one;
    one.provider = Provider::container_label;
    one.source = full("logs");
    one.logs = Value::List(std::move(*sources));
    out_.templates.push_back(std::move(one));
  }

  // The tagger reads this label and is strict about it; here its faults are only named.
  void check_tags(const std::string& text) {
    const FaultPlace here = place("tags");
    LabelText read = read_label(text, options_.limits);
    const auto* list = read.value ? read.value->list() : nullptr;
    if (list == nullptr || read.unwrapped) {
      here.error((read.value ? read.unwrapped ? "is JSON inside JSON text"
                                              : "is " + offence(*read.value) + ", not a list"
                             : read.problem) +
                     "; it adds no tags",
                 read.value && list != nullptr ? as_correction(*read.value) : read.correction);
      return;
    }
    std::size_t wrong = 0;
    for (const Value& item : *list) {
      const auto* tag = item.text();
      const auto colon = tag == nullptr ? std::string::npos : tag->find(':');
      const bool good = colon != std::string::npos && colon != 0 && colon + 1 != tag->size() &&
                        tag->find(':', colon + 1) == std::string::npos;
      if (!good) ++wrong;
    }
    if (wrong > 0) {
      here.warning(std::to_string(wrong) + " of " + std::to_string(list->size()) +
                   " entries are not \"key:value\" with exactly one colon; they are left out");
    }
  }

  void keep_within_limit() {
    std::size_t count = 0;
    std::size_t dropped = 0;
    for (Template& one : out_.templates) {
      const std::size_t room = options_.max_instances - count;
      if (one.instances.size() > room) {
        dropped += one.instances.size() - room;
        one.instances.resize(room);
      }
      count += one.instances.size();
    }
    if (dropped == 0) return;
    std::erase_if(out_.templates,
                  [](const Template& t) { return t.instances.empty() && t.logs.is_null(); });
    place("*").error("more than " + std::to_string(options_.max_instances) +
                     " instances: " + std::to_string(dropped) + " were left out");
  }

  const Labels& labels_;
  const std::string_view container_, id_;
  const LabelOptions& options_;
  std::set<std::string, std::less<>> without_instances_;  ///< checks of the label `checks`
  ContainerTemplates out_;
};

}  // namespace

ContainerTemplates parse_labels(const Labels& labels, std::string_view container,
                                std::string_view container_id, const LabelOptions& options) {
  return LabelReader(labels, container, container_id, options).read();
}

}  // namespace remora::autodiscovery
