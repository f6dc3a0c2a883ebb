#include "remora/model/value.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <numeric>

namespace remora::model {
namespace {

void append_text(std::string& out, std::string_view text) {
  static constexpr std::string_view kHex = "0123456789abcdef";
  out += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20) {
      out += "\\u00";
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    } else {
      out += c;
    }
  }
  out += '"';
}

void append_real(std::string& out, double value) {
  std::array<char, 32> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  const std::string_view text(digits.data(), static_cast<std::size_t>(end - digits.data()));
  out += text;
  // Else it would read back as an integer.
  if (text.find_first_of(".e") == std::string_view::npos) out += ".0";
}

std::vector<const MapEntry*> sorted(const Map& map) {
  std::vector<const MapEntry*> out;
  out.reserve(map.size());
  for (const MapEntry& entry : map.entries()) out.push_back(&entry);
  std::sort(out.begin(), out.end(),
            [](const MapEntry* a, const MapEntry* b) { return a->key < b->key; });
  return out;
}

void append(std::string& out, const Value& value, bool canonical) {
  switch (value.type()) {
    case Value::Type::null:
      out += "null";
      return;
    case Value::Type::boolean:
      out += *value.boolean() ? "true" : "false";
      return;
    case Value::Type::integer:
      out += std::to_string(*value.integer());
      return;
    case Value::Type::real:
      append_real(out, *value.real());
      return;
    case Value::Type::text:
      append_text(out, *value.text());
      return;
    case Value::Type::list: {
      char separator = '[';
      for (const Value& item : *value.list()) {
        out += separator;
        append(out, item, canonical);
        separator = ',';
      }
      if (separator == '[') out += '[';
      out += ']';
      return;
    }
    case Value::Type::map: {
      char separator = '{';
      const auto one = [&](const MapEntry& entry) {
        out += separator;
        append_text(out, entry.key);
        out += ':';
        append(out, entry.value, canonical);
        separator = ',';
      };
      if (canonical) {
        for (const MapEntry* entry : sorted(*value.map())) one(*entry);
      } else {
        for (const MapEntry& entry : value.map()->entries()) one(entry);
      }
      if (separator == '{') out += '{';
      out += '}';
      return;
    }
  }
}

}  // namespace

Map::Map() = default;
Map::Map(std::initializer_list<MapEntry> entries) : Map(from_entries(entries)) {}
Map::Map(const Map&) = default;
Map::Map(Map&&) noexcept = default;
Map& Map::operator=(const Map&) = default;
Map& Map::operator=(Map&&) noexcept = default;
Map::~Map() = default;

Map Map::from_entries(std::vector<MapEntry> entries) {
  std::vector<std::size_t> order(entries.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return entries[a].key < entries[b].key; });
  std::vector<bool> repeated(entries.size(), false);
  bool any = false;
  for (std::size_t i = 0; i < order.size();) {
    std::size_t last = i;
    while (last + 1 < order.size() && entries[order[last + 1]].key == entries[order[i]].key) {
      repeated[order[++last]] = any = true;
    }
    if (last != i) entries[order[i]].value = std::move(entries[order[last]].value);
    i = last + 1;
  }
  Map map;
  if (!any) {
    map.entries_ = std::move(entries);
    return map;
  }
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (!repeated[i]) map.entries_.push_back(std::move(entries[i]));
  }
  return map;
}

const Value* Map::find(std::string_view key) const {
  for (const MapEntry& entry : entries_) {
    if (entry.key == key) return &entry.value;
  }
  return nullptr;
}

Value* Map::find(std::string_view key) {
  for (MapEntry& entry : entries_) {
    if (entry.key == key) return &entry.value;
  }
  return nullptr;
}

void Map::set(std::string_view key, Value value) {
  if (Value* known = find(key)) {
    *known = std::move(value);
  } else {
    entries_.push_back({std::string(key), std::move(value)});
  }
}

std::span<const MapEntry> Map::entries() const { return entries_; }
std::span<MapEntry> Map::entries() { return entries_; }
std::size_t Map::size() const { return entries_.size(); }

Value::Value() = default;
Value::Value(std::nullptr_t) {}
Value::Value(bool value) : data_(value) {}
Value::Value(int value) : data_(std::int64_t{value}) {}
Value::Value(std::int64_t value) : data_(value) {}
Value::Value(double value) : data_(value) {}
Value::Value(const char* value) : data_(std::string(value)) {}
Value::Value(std::string_view value) : data_(std::string(value)) {}
Value::Value(std::string value) : data_(std::move(value)) {}
Value::Value(List value) : data_(std::move(value)) {}
Value::Value(Map value) : data_(std::move(value)) {}
Value::Value(const Value&) = default;
Value::Value(Value&&) noexcept = default;
Value& Value::operator=(const Value&) = default;
Value& Value::operator=(Value&&) noexcept = default;
Value::~Value() = default;

const Value* Value::find(std::string_view key) const {
  const Map* entries = map();
  return entries == nullptr ? nullptr : entries->find(key);
}

bool operator==(const Value& a, const Value& b) {
  if (a.type() != b.type()) return false;
  if (const Map* left = a.map()) {
    const Map* right = b.map();
    if (left->size() != right->size()) return false;
    const auto as = sorted(*left);
    const auto bs = sorted(*right);
    return std::equal(as.begin(), as.end(), bs.begin(), [](const MapEntry* x, const MapEntry* y) {
      return x->key == y->key && x->value == y->value;
    });
  }
  if (const Value::List* list = a.list()) return *list == *b.list();
  if (const std::string* text = a.text()) return *text == *b.text();
  if (const double* real = a.real()) return *real == *b.real();
  if (const std::int64_t* integer = a.integer()) return *integer == *b.integer();
  if (const bool* boolean = a.boolean()) return *boolean == *b.boolean();
  return true;
}

std::string Value::json_text() const {
  std::string out;
  append(out, *this, false);
  return out;
}

std::string Value::canonical_text() const {
  std::string out;
  append(out, *this, true);
  return out;
}

std::size_t Value::node_count() const {
  std::size_t count = 1;
  if (const List* items = list()) {
    for (const Value& item : *items) count += item.node_count();
  } else if (const Map* entries = map()) {
    for (const MapEntry& entry : entries->entries()) count += entry.value.node_count();
  }
  return count;
}

std::size_t Value::text_bytes() const {
  std::size_t bytes = 0;
  if (const std::string* own = text()) {
    bytes = own->size();
  } else if (const List* items = list()) {
    for (const Value& item : *items) bytes += item.text_bytes();
  } else if (const Map* entries = map()) {
    for (const MapEntry& entry : entries->entries()) {
      bytes += entry.key.size() + entry.value.text_bytes();
    }
  }
  return bytes;
}

std::string_view type_name(Value::Type type) {
  switch (type) {
    case Value::Type::null:
      return "null";
    case Value::Type::boolean:
      return "a boolean";
    case Value::Type::integer:
    case Value::Type::real:
      return "a number";
    case Value::Type::text:
      return "a text";
    case Value::Type::list:
      return "a list";
    case Value::Type::map:
      return "an object";
  }
  return "null";
}

}  // namespace remora::model
