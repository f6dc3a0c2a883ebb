#include <nlohmann/json.hpp>

#include "autodiscovery/tree_builder.hpp"
#include "remora/autodiscovery/parse.hpp"
#include "remora/core/utf8.hpp"

namespace remora::autodiscovery {
namespace {

using model::Value;

/// nlohmann's events. Its reader keeps its own stack on the heap, so depth costs no stack.
class JsonEvents {
 public:
  using number_integer_t = nlohmann::json::number_integer_t;
  using number_unsigned_t = nlohmann::json::number_unsigned_t;
  using number_float_t = nlohmann::json::number_float_t;
  using string_t = nlohmann::json::string_t;
  using binary_t = nlohmann::json::binary_t;

  explicit JsonEvents(TreeBuilder& tree) : tree_(tree) {}

  bool null() { return tree_.add(Value(), 1, 0); }
  bool boolean(bool b) { return tree_.add(Value(b), 1, 0); }
  bool number_integer(number_integer_t n) { return tree_.add(Value(std::int64_t{n}), 1, 0); }
  bool number_unsigned(number_unsigned_t n) {
    constexpr auto kMax = static_cast<number_unsigned_t>(INT64_MAX);
    return tree_.add(
        n <= kMax ? Value(static_cast<std::int64_t>(n)) : Value(static_cast<double>(n)), 1, 0);
  }
  bool number_float(number_float_t n, const string_t&) { return tree_.add(Value(n), 1, 0); }
  bool string(string_t& text) { return tree_.add_text(std::move(text)); }
  bool binary(binary_t&) { return tree_.add(Value(), 1, 0); }
  bool start_object(std::size_t) { return tree_.open(false); }
  bool start_array(std::size_t) { return tree_.open(true); }
  bool end_object() { return tree_.close(); }
  bool end_array() { return tree_.close(); }
  bool key(string_t& text) { return tree_.key(std::move(text)); }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::json::exception&) {
    return tree_.stop(fail(Errc::malformed_payload,
                           "not valid JSON: syntax error at byte " + std::to_string(position)));
  }

 private:
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
  TreeBuilder tree(limits);
  JsonEvents events(tree);
  if (!nlohmann::json::sax_parse(text.begin(), text.end(), &events)) {
    return tree.error() ? *tree.error() : fail(Errc::malformed_payload, "not valid JSON");
  }
  return tree.take();
}

}  // namespace remora::autodiscovery
