#include "remora/autodiscovery/yaml_text.hpp"

#include <yaml-cpp/emitter.h>

#include "remora/autodiscovery/parse.hpp"

namespace remora::autodiscovery {
namespace {

using model::Value;

// True when `text` without quotes is read as that text: "redis" is, "6379" and "yes" are not.
bool plain(const std::string& text) {
  if (text.empty() || text.find_first_of("\n\r\t") != std::string::npos) return false;
  const auto read = parse_yaml(text);
  return read && read->text() != nullptr && *read->text() == text;
}

void emit_text(YAML::Emitter& out, const std::string& text) {
  if (!plain(text)) out << YAML::DoubleQuoted;
  out << text;
}

void emit(YAML::Emitter& out, const Value& value) {
  switch (value.type()) {
    case Value::Type::null:
      out << YAML::Null;
      return;
    case Value::Type::boolean:
      out << (*value.boolean() ? "true" : "false");
      return;
    case Value::Type::integer:
    case Value::Type::real:
      out << value.json_text();
      return;
    case Value::Type::text:
      emit_text(out, *value.text());
      return;
    case Value::Type::list:
      if (value.list()->empty()) out << YAML::Flow;
      out << YAML::BeginSeq;
      for (const Value& item : *value.list()) emit(out, item);
      out << YAML::EndSeq;
      return;
    case Value::Type::map:
      if (value.map()->empty()) out << YAML::Flow;
      out << YAML::BeginMap;
      for (const model::MapEntry& entry : value.map()->entries()) {
        out << YAML::Key;
        emit_text(out, entry.key);
        out << YAML::Value;
        emit(out, entry.value);
      }
      out << YAML::EndMap;
      return;
  }
}

}  // namespace

std::string yaml_text(const Value& value) {
  YAML::Emitter out;
  emit(out, value);
  return std::string(out.c_str(), out.size()) + "\n";
}

}  // namespace remora::autodiscovery
