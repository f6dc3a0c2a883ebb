#include "autodiscovery/tree_builder.hpp"
#include "remora/autodiscovery/parse.hpp"
#include "remora/core/json_walk.hpp"
#include "remora/core/utf8.hpp"

namespace remora::autodiscovery {
namespace {

using model::Value;

class TreeOfEvents final : public core::JsonHandler {
 public:
  explicit TreeOfEvents(TreeBuilder& tree) : tree_(tree) {}

  std::optional<Error> on_value(const core::JsonPath& path, const core::JsonValue& value) override {
    if (key_of(path)) (void)add(value);
    return tree_.error();
  }
  std::optional<Error> on_open(const core::JsonPath& path, bool array) override {
    if (key_of(path)) (void)tree_.open(array);
    return tree_.error();
  }
  std::optional<Error> on_close(const core::JsonPath&, bool) override {
    (void)tree_.close();
    return tree_.error();
  }

 private:
  bool key_of(const core::JsonPath& path) {
    return !path.in_object() || tree_.key(std::string(path.key()));
  }
  bool add(const core::JsonValue& value) {
    using Type = core::JsonValue::Type;
    constexpr auto kMax = static_cast<std::uint64_t>(INT64_MAX);
    switch (value.type) {
      case Type::null:
        return tree_.add(Value(), 1, 0);
      case Type::boolean:
        return tree_.add(Value(value.boolean), 1, 0);
      case Type::integer:
        return tree_.add(value.integer <= kMax ? Value(static_cast<std::int64_t>(value.integer))
                                               : Value(static_cast<double>(value.integer)),
                         1, 0);
      case Type::negative:
        return tree_.add(Value(value.negative), 1, 0);
      case Type::real:
        return tree_.add(Value(value.real), 1, 0);
      case Type::text:
        return tree_.add_text(std::string(value.text));
    }
    return false;
  }

  TreeBuilder& tree_;
};

}  // namespace

Result<Value> parse_json(std::string_view text, const model::ValueLimits& limits) {
  if (text.size() > limits.input_bytes) {
    return fail(Errc::too_large, "longer than " + std::to_string(limits.input_bytes) + " bytes");
  }
  std::string repaired;
  if (core::valid_utf8(text, repaired).data() != text.data()) {
    return fail(Errc::malformed_payload, "not valid UTF-8");
  }
  core::JsonRules rules;
  rules.depth = limits.depth;
  rules.values = limits.nodes;
  rules.token_bytes = limits.input_bytes;
  TreeBuilder tree(limits);
  TreeOfEvents events(tree);
  if (auto error = core::walk_json(text, rules, events)) return *std::move(error);
  return tree.take();
}

}  // namespace remora::autodiscovery
