#include "taskdef/intrinsics.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "remora/model/value_reader.hpp"
#include "remora/taskdef/task_definition.hpp"

namespace remora::taskdef {
namespace {

using model::Map;
using model::Value;

constexpr std::size_t kMaxNodes = 100'000;
constexpr std::size_t kMaxBytes = 4u << 20;
constexpr std::size_t kMaxDepth = 200;  // conditions refer to conditions
constexpr std::size_t kMaxNotes = 50;

constexpr std::string_view kLoop = "Fn::ForEach::";
constexpr std::string_view kSnippet = "Fn::Transform";

bool is_open(std::string_view text) { return holds_open_reference(text); }

bool is_open(const Value& value) {
  if (const std::string* text = value.text()) return is_open(std::string_view(*text));
  const Value::List* list = value.list();
  return list != nullptr &&
         std::any_of(list->begin(), list->end(), [](const Value& v) { return is_open(v); });
}

std::vector<Value> split_text(std::string_view text, std::string_view separator) {
  std::vector<Value> out;
  if (separator.empty()) return {Value(text)};
  for (;;) {
    const auto at = text.find(separator);
    out.emplace_back(text.substr(0, at));
    if (at == std::string_view::npos) return out;
    text.remove_prefix(at + separator.size());
  }
}

bool flag(const Value& parameter, std::string_view name) {
  const Value* value = parameter.find(name);
  return value != nullptr && model::affirmative(*value);
}

bool names_transform(const Value* transforms, std::string_view name) {
  if (transforms == nullptr) return false;
  if (transforms->text() != nullptr) return *transforms->text() == name;
  const Value::List* list = transforms->list();
  return list != nullptr && std::any_of(list->begin(), list->end(), [&](const Value& one) {
           return one.text() != nullptr && *one.text() == name;
         });
}

/// `${Name}` is the item, `&{Name}` its letters and digits.
std::string with_item(std::string_view text, const std::string& identifier,
                      const std::string& item) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    const bool whole = text[i] == '$', letters = text[i] == '&';
    const std::string_view rest = text.substr(i + 1);
    if ((whole || letters) && rest.starts_with('{') && rest.substr(1).starts_with(identifier) &&
        rest.substr(1 + identifier.size()).starts_with('}')) {
      std::copy_if(item.begin(), item.end(), std::back_inserter(out), [&](char c) {
        return whole || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
      });
      i += identifier.size() + 3;
    } else {
      out += text[i++];
    }
  }
  return out;
}

const Value::List* list_of(const Value& value, std::size_t at_least) {
  const Value::List* list = value.list();
  return list != nullptr && list->size() >= at_least ? list : nullptr;
}

}  // namespace

Intrinsics::Intrinsics(const Value& root)
    : transform_(root.find("Transform")),
      parameters_(root.find("Parameters")),
      mappings_(root.find("Mappings")),
      conditions_(root.find("Conditions")) {}

Result<Value> Intrinsics::resolve(const Value& value) {
  too_large_ = false;
  auto out = evaluate(value);
  if (too_large_)
    return fail(Errc::too_large, "its functions make more than 4 MiB of text or 100000 values");
  return out ? *std::move(out) : Value();
}

Result<Map> Intrinsics::expanded(const Value& resources) {
  too_large_ = false;
  std::vector<model::MapEntry> out;
  if (resources.map() != nullptr) expand(*resources.map(), out);
  if (too_large_)
    return fail(Errc::too_large, "its loops make more than 4 MiB of text or 100000 values");
  return Map::from_entries(std::move(out));
}

void Intrinsics::expand(const Map& map, std::vector<model::MapEntry>& out) {
  for (const model::MapEntry& entry : map.entries()) {
    if (entry.key == kSnippet) {
      (void)evaluate_call({"Transform", &entry.value});
    } else if (entry.key.starts_with(kLoop)) {
      expand_loop(entry, out);
    } else {
      out.push_back(entry);
    }
    if (too_large_) return;
  }
}

// [identifier, collection, {"key with ${identifier}": body}]
void Intrinsics::expand_loop(const model::MapEntry& loop, std::vector<model::MapEntry>& out) {
  const Value::List* parts = list_of(loop.value, 3);
  const std::string* identifier = parts == nullptr ? nullptr : (*parts)[0].text();
  const Map* body = parts == nullptr ? nullptr : (*parts)[2].map();
  if (identifier == nullptr || identifier->empty() || body == nullptr) {
    note(loop.key + " is not [identifier, list, object]: it is passed over");
    return;
  }
  if (depth_ >= kMaxDepth) {
    too_large_ = true;
    return;
  }
  ++depth_;
  if (!names_transform(transform_, "AWS::LanguageExtensions"))
    note(loop.key +
         " needs the transform AWS::LanguageExtensions, which the template does not name");
  std::vector<std::string> items;
  const auto collection = evaluate((*parts)[1]);
  const Value::List* list = collection ? collection->list() : nullptr;
  if (list != nullptr) {
    for (const Value& item : *list) items.push_back(model::as_text(item).value_or(""));
  } else {
    items.push_back("${" + *identifier + "}");
    note(loop.key + ": its list is not known before the deployment; shown once, with ${" +
         *identifier + "} for an entry of it");
  }
  for (const std::string& item : items) {
    std::vector<model::MapEntry> round;
    for (const model::MapEntry& entry : body->entries()) {
      round.push_back(
          {with_item(entry.key, *identifier, item), bound(entry.value, *identifier, item)});
      if (!charge(entry.key.size() + item.size())) break;
    }
    if (too_large_) break;
    expand(Map::from_entries(std::move(round)), out);
    if (too_large_) break;
  }
  --depth_;
}

Value Intrinsics::bound(const Value& value, const std::string& identifier,
                        const std::string& item) {
  if (!charge(0)) return {};
  if (const std::string* text = value.text()) {
    std::string out = with_item(*text, identifier, item);
    charge(out.size());
    return out;
  }
  if (const auto call = call_of(value); call && call->name == "Ref" &&
                                        call->argument->text() != nullptr &&
                                        *call->argument->text() == identifier) {
    charge(item.size());
    return item;
  }
  if (const Value::List* list = value.list()) {
    Value::List out;
    for (const Value& one : *list) {
      out.push_back(bound(one, identifier, item));
      if (too_large_) break;
    }
    return out;
  }
  if (const Map* map = value.map()) {
    std::vector<model::MapEntry> out;
    for (const model::MapEntry& entry : map->entries()) {
      std::string key = with_item(entry.key, identifier, item);
      charge(key.size());
      out.push_back({std::move(key), bound(entry.value, identifier, item)});
      if (too_large_) break;
    }
    return Map::from_entries(std::move(out));
  }
  return value;
}

std::optional<bool> Intrinsics::condition(const std::string& name) {
  const Value* condition = conditions_ == nullptr ? nullptr : conditions_->find(name);
  return condition == nullptr ? std::nullopt : truth(*condition);
}

std::vector<std::string> Intrinsics::take_notes() {
  noted_.clear();
  return std::exchange(notes_, {});
}

void Intrinsics::note(std::string text) {
  if (notes_.size() < kMaxNotes && noted_.insert(text).second) notes_.push_back(std::move(text));
}

bool Intrinsics::charge(std::size_t bytes) {
  ++nodes_;
  bytes_ += bytes;
  if (nodes_ > kMaxNodes || bytes_ > kMaxBytes) too_large_ = true;
  return !too_large_;
}

std::optional<Intrinsics::Call> Intrinsics::call_of(const Value& value) {
  const Map* map = value.map();
  if (map == nullptr || map->size() != 1) return std::nullopt;
  const model::MapEntry& entry = map->entries().front();
  const std::string_view key = entry.key;
  if (key == "Ref" || key == "Condition") return Call{entry.key, &entry.value};
  if (key.starts_with(kLoop)) return std::nullopt;  // a part of a map, not a value
  if (key.starts_with("Fn::")) return Call{entry.key.substr(4), &entry.value};
  if (key.size() > 1 && key.front() == '!') return Call{entry.key.substr(1), &entry.value};
  return std::nullopt;
}

Value Intrinsics::open(const std::string& name) {
  std::string text = "${" + name + "}";
  charge(text.size());
  return text;
}

Intrinsics::Optional Intrinsics::evaluate(const Value& value) {
  if (!charge(0)) return Value();
  if (const std::string* text = value.text()) {
    charge(text->size());
    return value;
  }
  if (depth_ >= kMaxDepth) {
    too_large_ = true;
    return Value();
  }
  ++depth_;
  Optional out;
  if (const Value::List* list = value.list()) {
    Value::List items;
    for (const Value& item : *list) {
      if (auto one = evaluate(item)) items.push_back(*std::move(one));
      if (too_large_) break;
    }
    out = std::move(items);
  } else if (const auto call = call_of(value)) {
    out = evaluate_call(*call);
  } else if (const Map* map = value.map()) {
    std::vector<model::MapEntry> entries;
    const auto is_special = [](const model::MapEntry& entry) {
      return entry.key == kSnippet || entry.key.starts_with(kLoop);
    };
    std::optional<Map> written_out;
    if (std::any_of(map->entries().begin(), map->entries().end(), is_special)) {
      std::vector<model::MapEntry> all;
      expand(*map, all);
      map = &written_out.emplace(Map::from_entries(std::move(all)));
    }
    for (const model::MapEntry& entry : map->entries()) {
      charge(entry.key.size());
      if (auto one = evaluate(entry.value)) entries.push_back({entry.key, *std::move(one)});
      if (too_large_) break;
    }
    out = Map::from_entries(std::move(entries));
  } else {
    out = value;
  }
  --depth_;
  return out;
}

Intrinsics::Optional Intrinsics::evaluate_call(const Call& call) {
  const Value& argument = *call.argument;
  if (call.name == "Ref") return reference(text_of(argument));
  if (call.name == "Sub") return substitute(argument);
  if (call.name == "GetAtt") return attribute(argument);
  if (call.name == "Join") return join(argument);
  if (call.name == "If") return choose(argument);
  if (call.name == "Select") return select(argument);
  if (call.name == "Split") return split(argument);
  if (call.name == "FindInMap") return look_up(argument);
  if (call.name == "ImportValue") return open(text_of(argument));
  if (call.name == "ToJsonString") {
    const auto inner = evaluate(argument);
    std::string text = inner ? inner->json_text() : std::string();
    charge(text.size());
    return text;
  }
  if (call.name == "Transform") {
    const Value* name = argument.find("Name");
    note("Fn::Transform" +
         (name != nullptr && name->text() != nullptr ? " (" + *name->text() + ")" : std::string()) +
         " brings a snippet in: what is in it is not known here");
    return open("Fn::Transform");
  }
  note("Fn::" + call.name + " is not resolved");
  return open("Fn::" + call.name);
}

std::string Intrinsics::text_of(const Value& value) {
  const auto inner = evaluate(value);
  return inner ? model::as_text(*inner).value_or("") : std::string();
}

Intrinsics::Optional Intrinsics::reference(const std::string& name) {
  if (name == "AWS::NoValue") return std::nullopt;
  if (name == "AWS::Partition") return Value("aws");
  if (name == "AWS::URLSuffix") return Value("amazonaws.com");
  const Value* parameter = parameters_ == nullptr ? nullptr : parameters_->find(name);
  const Value* fallback = parameter == nullptr ? nullptr : parameter->find("Default");
  if (fallback == nullptr || flag(*parameter, "NoEcho")) return open(name);
  const Value* type = parameter->find("Type");
  const std::string kind = type != nullptr && type->text() != nullptr ? *type->text() : "String";
  // The default of these is the name of what holds the value.
  if (kind.starts_with("AWS::SSM::Parameter::Value")) return open(name);
  const auto text = model::as_text(*fallback);
  if (!text) return open(name);
  charge(text->size());
  const bool list = kind == "CommaDelimitedList" || kind.starts_with("List<");
  if (!list) return *text;
  Value::List items = split_text(*text, ",");
  for (Value& item : items) {
    std::string& word = *item.text();
    word.erase(0, word.find_first_not_of(' '));
    charge(0);
  }
  return items;
}

Value Intrinsics::substitute(const Value& argument) {
  const Value::List* list = argument.list();
  const Value* first = list == nullptr ? &argument : list->empty() ? nullptr : &list->front();
  const std::string* pattern = first == nullptr ? nullptr : first->text();
  const Value* own = list != nullptr && list->size() > 1 ? &(*list)[1] : nullptr;
  if (pattern == nullptr) return open("Fn::Sub");
  std::string out;
  for (std::string_view rest = *pattern;;) {
    const auto at = rest.find("${");
    const auto end = at == std::string_view::npos ? at : rest.find('}', at);
    if (end == std::string_view::npos) {
      out += rest;
      break;
    }
    out += rest.substr(0, at);
    const std::string name(rest.substr(at + 2, end - at - 2));
    rest.remove_prefix(end + 1);
    if (name.starts_with('!')) {
      out += "${" + name.substr(1) + "}";
    } else if (const Value* given = own == nullptr ? nullptr : own->find(name)) {
      out += text_of(*given);
    } else {
      const auto value = reference(name);
      out += value ? model::as_text(*value).value_or("${" + name + "}") : std::string();
    }
    if (bytes_ + out.size() > kMaxBytes) too_large_ = true;
    if (too_large_) return {};
  }
  charge(out.size());
  return out;
}

Value Intrinsics::attribute(const Value& argument) {
  std::string name;
  if (const Value::List* list = argument.list()) {
    for (const Value& part : *list) name += (name.empty() ? "" : ".") + text_of(part);
  } else {
    name = text_of(argument);
  }
  return open(name);
}

Value Intrinsics::join(const Value& argument) {
  const Value::List* parts = list_of(argument, 2);
  if (parts == nullptr) return open("Fn::Join");
  const std::string separator = text_of((*parts)[0]);
  const auto items = evaluate((*parts)[1]);
  if (!items || items->list() == nullptr) return items ? *items : Value("");
  std::string out;
  bool first = true;
  for (const Value& item : *items->list()) {
    if (!first) out += separator;
    first = false;
    out += model::as_text(item).value_or("");
    if (bytes_ + out.size() > kMaxBytes) too_large_ = true;
    if (too_large_) return {};
  }
  charge(out.size());
  return out;
}

Intrinsics::Optional Intrinsics::select(const Value& argument) {
  const Value::List* parts = list_of(argument, 2);
  const auto index = parts == nullptr ? std::nullopt : evaluate((*parts)[0]);
  const auto number = index ? model::as_integer(*index) : std::nullopt;
  const auto items = parts == nullptr ? std::nullopt : evaluate((*parts)[1]);
  if (!number || !items) return open("Fn::Select");
  const Value::List* list = items->list();
  if (list == nullptr) return *items;
  if (*number < 0 || static_cast<std::size_t>(*number) >= list->size()) return open("Fn::Select");
  return (*list)[static_cast<std::size_t>(*number)];
}

Value Intrinsics::split(const Value& argument) {
  const Value::List* parts = list_of(argument, 2);
  if (parts == nullptr) return open("Fn::Split");
  const std::string separator = text_of((*parts)[0]);
  const std::string text = text_of((*parts)[1]);
  // Where it will be cut is not known; the whole stays visible.
  if (is_open(std::string_view(text))) return text;
  Value::List out = split_text(text, separator);
  for (const Value& part : out) charge(part.text()->size());
  return out;
}

Value Intrinsics::look_up(const Value& argument) {
  const Value::List* parts = list_of(argument, 3);
  if (parts == nullptr) return open("Fn::FindInMap");
  const Value* found = mappings_;
  std::string name;
  for (std::size_t i = 0; i < 3; ++i) {
    const std::string key = text_of((*parts)[i]);
    // ${Map.${AWS::Region}.Key} would read as a reference inside a reference.
    const bool open_key = is_open(std::string_view(key)) && key.size() > 3;
    name += (i == 0 ? "" : ".") + (open_key ? key.substr(2, key.size() - 3) : key);
    found = found == nullptr ? nullptr : found->find(key);
  }
  if (found == nullptr) return open(name);
  // Mappings hold no functions.
  nodes_ += found->node_count();
  charge(found->text_bytes());
  return *found;
}

Intrinsics::Optional Intrinsics::choose(const Value& argument) {
  const Value::List* parts = list_of(argument, 3);
  if (parts == nullptr) return open("Fn::If");
  const std::string name = text_of((*parts)[0]);
  const auto truth = condition(name);
  if (truth) return evaluate((*parts)[*truth ? 1 : 2]);
  auto out = evaluate((*parts)[1]);
  note("the condition " + name + " is not known before the deployment: it is taken as " +
       (out ? "true" : "false"));
  // Of something and nothing, that which can be shown.
  return out ? out : evaluate((*parts)[2]);
}

std::optional<bool> Intrinsics::truth(const Value& value) {
  const auto call = call_of(value);
  if (!call || depth_ >= kMaxDepth || !charge(0)) return std::nullopt;
  ++depth_;
  std::optional<bool> out;
  const Value::List* list = call->argument->list();
  if (call->name == "Condition" || call->name == "Ref") {
    out = condition(text_of(*call->argument));
  } else if (call->name == "Equals" && list != nullptr && list->size() == 2) {
    const auto a = evaluate((*list)[0]);
    const auto b = evaluate((*list)[1]);
    if (a && b && !is_open(*a) && !is_open(*b)) {
      out = model::as_text(*a) ? model::as_text(*a) == model::as_text(*b) : *a == *b;
    }
  } else if (call->name == "Not" && list != nullptr && list->size() == 1) {
    out = truth(list->front());
    if (out) out = !*out;
  } else if ((call->name == "And" || call->name == "Or") && list != nullptr) {
    const bool decisive = call->name == "Or";
    out = !decisive;
    for (const Value& one : *list) {
      const auto truth_of_one = truth(one);
      if (truth_of_one == decisive) {
        out = decisive;
        break;
      }
      if (!truth_of_one) out = std::nullopt;
    }
  }
  --depth_;
  return out;
}

}  // namespace remora::taskdef
