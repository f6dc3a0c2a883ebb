#include "preview/stand_ins.hpp"

#include <algorithm>
#include <string>
#include <string_view>

namespace remora::preview {
namespace {

using model::Value;

std::string replaced(std::string text) {
  constexpr std::string_view kSecretText = kSecret;
  for (std::size_t at = 0; (at = text.find(kSecretText, at)) != std::string::npos; ++at) {
    text.replace(at, kSecretText.size(), "1");
  }
  struct Marks {
    std::string_view open, close;
  };
  for (const Marks& marks : {Marks{"${", "}"}, Marks{"{{resolve:", "}}"}}) {
    for (std::size_t at = 0; (at = text.find(marks.open, at)) != std::string::npos; ++at) {
      const std::size_t end = text.find(marks.close, at);
      if (end == std::string::npos) break;
      text.replace(at, end - at + marks.close.size(), "1");
    }
  }
  return text;
}

}  // namespace

bool holds_stand_in(const Value& value) {
  if (const std::string* text = value.text()) return replaced(*text) != *text;
  if (const Value::List* list = value.list())
    return std::any_of(list->begin(), list->end(), holds_stand_in);
  const model::Map* map = value.map();
  return map != nullptr &&
         std::any_of(map->entries().begin(), map->entries().end(),
                     [](const model::MapEntry& e) { return holds_stand_in(e.value); });
}

Value with_numbers(const Value& value) {
  if (const std::string* text = value.text()) return replaced(*text);
  Value out = value;
  if (Value::List* list = out.list())
    for (Value& item : *list) item = with_numbers(item);
  if (model::Map* map = out.map())
    for (model::MapEntry& entry : map->entries()) entry.value = with_numbers(entry.value);
  return out;
}

}  // namespace remora::preview
