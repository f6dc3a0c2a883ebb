#include "checks/openmetrics/option_shapes.hpp"

#include "remora/core/ascii.hpp"
#include "remora/model/value_reader.hpp"

namespace remora::checks::openmetrics {

using model::MapEntry;
using model::Value;

Error wrong_shape(std::string_view place, const Value& value, std::string_view wanted) {
  std::string text = "`";
  text.append(place).append("` is ").append(model::type_name(value.type()));
  return fail(Errc::invalid_config, text.append(", not ").append(wanted));
}

Result<std::span<const MapEntry>> read_entries(const Value& value, std::string_view place) {
  if (value.is_null()) return std::span<const MapEntry>();
  if (value.map() == nullptr) return wrong_shape(place, value, "an object");
  return value.map()->entries();
}

Result<TextPairs> read_text_pairs(const Value& value, std::string_view place) {
  const auto entries = read_entries(value, place);
  if (!entries) return entries.error();
  TextPairs out;
  for (const MapEntry& entry : *entries) {
    auto text = model::as_text(entry.value);
    if (!text) return wrong_shape(std::string(place) + '.' + entry.key, entry.value, "a text");
    out.emplace_back(entry.key, *std::move(text));
  }
  return out;
}

Result<std::vector<std::string>> read_texts(const Value& value, std::string_view place) {
  std::vector<std::string> out;
  if (value.is_null()) return out;
  if (auto text = model::as_text(value)) {
    out.push_back(*std::move(text));
    return out;
  }
  const Value::List* list = value.list();
  if (list == nullptr) return wrong_shape(place, value, "a list of texts");
  for (const Value& item : *list) {
    auto text = model::as_text(item);
    if (!text) {
      return wrong_shape(std::string(place) + '[' + std::to_string(&item - list->data()) + ']',
                         item, "a text");
    }
    out.push_back(*std::move(text));
  }
  return out;
}

bool is_true(const Value& value) {
  if (value.boolean() != nullptr) return *value.boolean();
  return value.text() != nullptr && core::equals_ignoring_case(*value.text(), "true");
}

}  // namespace remora::checks::openmetrics
