#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <sstream>

#include "autodiscovery/tree_builder.hpp"
#include "autodiscovery/variable_text.hpp"
#include "remora/autodiscovery/parse.hpp"
#include "remora/core/utf8.hpp"
#include "remora/core/yaml_limits.hpp"

namespace remora::autodiscovery {
namespace {

using model::Map;
using model::MapEntry;
using model::Value;

/// Thrown by the event handler to leave yaml-cpp, which offers no other way; never leaves this
/// file.
struct Stopped {};

template <class... Words>
bool is_any(std::string_view text, Words... words) {
  return ((text == words) || ...);
}

/// The integers of YAML 1.1: 42, -1, 0x2a, 0b101, 052 and 0o52, with '_' between digits.
std::optional<std::int64_t> yaml_integer(std::string_view plain) {
  std::string digits;
  for (const char c : plain) {
    if (c != '_') digits += c;
  }
  std::string_view text = digits;
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  if (text.empty() || text.front() < '0' || text.front() > '9') return std::nullopt;
  int base = 10;
  if (text.size() > 1 && text.front() == '0') {
    base = is_any(text.substr(1, 1), "x", "X") ? 16 : is_any(text.substr(1, 1), "b", "B") ? 2 : 8;
    text.remove_prefix(base != 8 || is_any(text.substr(1, 1), "o", "O") ? 2 : 1);
  }
  std::uint64_t magnitude = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), magnitude, base);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  if (magnitude > static_cast<std::uint64_t>(INT64_MAX)) return std::nullopt;
  const auto value = static_cast<std::int64_t>(magnitude);
  return negative ? -value : value;
}

std::optional<double> yaml_real(std::string_view plain) {
  std::string_view text = plain;
  if (text.starts_with('+')) text.remove_prefix(1);
  // from_chars also takes "inf" and "nan", which are words here.
  const std::string_view unsigned_text = text.starts_with('-') ? text.substr(1) : text;
  if (unsigned_text.empty() || !(unsigned_text.front() == '.' ||
                                 (unsigned_text.front() >= '0' && unsigned_text.front() <= '9'))) {
    return std::nullopt;
  }
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) {
    return std::nullopt;
  }
  return value;
}

Value plain_scalar(std::string text) {
  if (is_any(text, "", "~", "null", "Null", "NULL")) return {};
  if (is_any(text, "true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON")) return true;
  if (is_any(text, "false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF")) return false;
  if (const auto integer = yaml_integer(text)) return *integer;
  if (const auto real = yaml_real(text)) return *real;
  return text;
}

/// Applies "<<": keys of the merged maps that the map has not itself.
void merge(Map& map) {
  const Value* source = map.find("<<");
  if (source == nullptr) return;
  std::vector<const Map*> merged;
  if (source->map() != nullptr) merged.push_back(source->map());
  if (const Value::List* list = source->list()) {
    for (const Value& item : *list) {
      if (item.map() != nullptr) merged.push_back(item.map());
    }
  }
  if (merged.empty()) return;
  // Of a repeated key the last entry wins: the weakest source first, the map's own keys at the end.
  std::vector<MapEntry> entries;
  for (auto it = merged.rbegin(); it != merged.rend(); ++it) {
    entries.insert(entries.end(), (*it)->entries().begin(), (*it)->entries().end());
  }
  for (const MapEntry& entry : map.entries()) {
    if (entry.key != "<<") entries.push_back(entry);
  }
  map = Map::from_entries(std::move(entries));
}

class YamlEvents final : public YAML::EventHandler {
 public:
  YamlEvents(TreeBuilder& tree, bool tagged) : tree_(tree), tagged_(tagged) {}

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override { scalar(mark, anchor, {}); }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& raw) override {
    std::string scratch;
    std::string text = without_marks(core::valid_utf8(raw, scratch));
    // "!" is what yaml-cpp says of a quoted text; a template's own tags (!Sub) hold texts as well.
    // A key stays the text it is.
    const bool quoted = tag.starts_with('!') || tag == "tag:yaml.org,2002:str" || tree_.wants_key();
    if (!tagged_) {
      scalar(mark, anchor, quoted ? Value(std::move(text)) : plain_scalar(std::move(text)));
      return;
    }
    const bool absent = !quoted && is_any(text, "", "~", "null");
    Value value = absent ? Value() : Value(std::move(text));
    if (own_tag(tag) && !tree_.wants_key()) value = model::Map{{tag, std::move(value)}};
    scalar(mark, anchor, std::move(value));
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto known = anchors_.find(anchor);
    if (known == anchors_.end()) stop(mark, "an alias refers to what it is part of");
    if (tree_.wants_key() && known->second.text() == nullptr) stop(mark, kBadKey);
    put(known->second);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, true);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, false);
  }
  void OnMapEnd() override { close(); }

 private:
  static constexpr std::string_view kBadKey = "a key is missing or not a text";

  [[noreturn]] void stop(const YAML::Mark& mark, std::string_view why) {
    tree_.stop(fail(Errc::malformed_payload,
                    "not valid YAML: line " + std::to_string(mark.line + 1) + ", column " +
                        std::to_string(mark.column + 1) + ": " + std::string(why)));
    throw Stopped{};
  }
  static void check(bool go_on) {
    if (!go_on) throw Stopped{};
  }
  void put(const Value& value) {
    if (tree_.wants_key()) {
      check(tree_.key(*value.text()));
    } else {
      check(tree_.add(value, value.node_count(), value.text_bytes()));
    }
  }
  /// "!Sub", but neither "!" (quoted) nor the tags of YAML itself.
  static bool own_tag(std::string_view tag) { return tag.size() > 1 && tag.front() == '!'; }
  void scalar(const YAML::Mark& mark, YAML::anchor_t anchor, Value value) {
    if (tree_.wants_key() && value.text() == nullptr) stop(mark, kBadKey);
    if (anchor != 0) remember(anchor, value);
    put(value);
  }
  void open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, bool list) {
    if (tree_.wants_key()) stop(mark, kBadKey);
    const bool wrapped = tagged_ && own_tag(tag);
    if (wrapped) {
      check(tree_.open(false));
      check(tree_.key(tag));
    }
    check(tree_.open(list));
    opened_.push_back({anchor, wrapped});
  }
  void close() {
    Value value;
    const auto [anchor, wrapped] = opened_.back();
    opened_.pop_back();
    Value* const whole = anchor != 0 ? &value : nullptr;
    check(tree_.close(merge, wrapped ? nullptr : whole));
    if (wrapped) check(tree_.close(nullptr, whole));
    if (anchor != 0) remember(anchor, value);
  }
  void remember(YAML::anchor_t anchor, const Value& value) {
    check(tree_.charge(value.node_count(), value.text_bytes()));
    anchors_[anchor] = value;
  }

  struct Opened {
    YAML::anchor_t anchor;  ///< 0 = none
    bool wrapped;           ///< inside a map of its tag
  };
  TreeBuilder& tree_;
  const bool tagged_;
  std::vector<Opened> opened_;  ///< every open list and map
  std::map<YAML::anchor_t, Value> anchors_;
};

Result<Value> parse(std::string_view text, const model::ValueLimits& limits, bool tagged) {
  if (text.size() > limits.input_bytes) {
    return fail(Errc::too_large, "longer than " + std::to_string(limits.input_bytes) + " bytes");
  }
  std::string repaired;
  if (core::valid_utf8(text, repaired).data() != text.data()) {
    return fail(Errc::malformed_payload, "not valid UTF-8");
  }
  if (auto within = core::check_yaml_limits(text, limits.depth, limits.nodes); !within) {
    return within.error();
  }
  TreeBuilder tree(limits);
  YamlEvents events(tree, tagged);
  try {
    std::istringstream stream(with_marks(text));
    YAML::Parser parser(stream);
    parser.HandleNextDocument(events);
  } catch (const Stopped&) {
    return *tree.error();
  } catch (const YAML::Exception& e) {
    // Its message may repeat the text of the file, and with it a password.
    if (e.mark.is_null()) return fail(Errc::malformed_payload, "not valid YAML");
    return fail(Errc::malformed_payload, "not valid YAML: line " + std::to_string(e.mark.line + 1) +
                                             ", column " + std::to_string(e.mark.column + 1));
  } catch (const std::exception&) {
    return fail(Errc::malformed_payload, "not valid YAML");
  }
  return tree.take();
}

}  // namespace

Result<Value> parse_yaml(std::string_view text, const model::ValueLimits& limits) {
  return parse(text, limits, false);
}

Result<Value> parse_tagged_yaml(std::string_view text, const model::ValueLimits& limits) {
  return parse(text, limits, true);
}

}  // namespace remora::autodiscovery
