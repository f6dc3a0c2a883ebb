#include "agent/instance_filter.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace remora::agent {
namespace {

using model::Value;

constexpr std::size_t kMaxText = 4096;
constexpr int kMaxDepth = 64;

enum class Op {
  input,
  literal,
  list,
  key,
  index,
  pipe,
  either,
  both,
  equal,
  unequal,
  less,
  less_equal,
  greater,
  greater_equal,
  negate,
  length,
  type,
  tostring,
  has,
  contains,
  startswith,
  endswith,
  select
};

}  // namespace

struct InstanceFilter::Node {
  Op op = Op::input;
  Value literal;                             ///< also the key of a path, or an index
  std::vector<std::unique_ptr<Node>> parts;  ///< operands
};

namespace {

using Node = InstanceFilter::Node;
using NodePtr = std::unique_ptr<Node>;

NodePtr make(Op op, NodePtr first = nullptr, NodePtr second = nullptr) {
  auto node = std::make_unique<Node>();
  node->op = op;
  if (first) node->parts.push_back(std::move(first));
  if (second) node->parts.push_back(std::move(second));
  return node;
}

NodePtr literal(Value value, Op op = Op::literal, NodePtr of = nullptr) {
  NodePtr node = make(op, std::move(of));
  node->literal = std::move(value);
  return node;
}

struct Function {
  std::string_view name;
  Op op;
  bool has_argument;
};
constexpr auto kFunctions = std::to_array<Function>({{"not", Op::negate, false},
                                                     {"length", Op::length, false},
                                                     {"type", Op::type, false},
                                                     {"tostring", Op::tostring, false},
                                                     {"has", Op::has, true},
                                                     {"contains", Op::contains, true},
                                                     {"startswith", Op::startswith, true},
                                                     {"endswith", Op::endswith, true},
                                                     {"select", Op::select, true}});

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

// Precedence of jq, the weakest first: | or and comparison.
class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Result<NodePtr> run() {
    NodePtr root = pipe();
    blanks();
    if (root && at_ < text_.size()) root = nullptr;
    if (root) return root;
    return fail(Errc::invalid_config, "--instance-filter: not understood at byte " +
                                          std::to_string(at_ + 1) + ": \"" +
                                          std::string(text_.substr(at_, 20)) + "\"; " + kHint);
  }

 private:
  static constexpr const char* kHint =
      "of jq it takes paths, comparisons, and, or, not, length, type, tostring, has, contains, "
      "startswith, endswith and select";

  void blanks() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n')) {
      ++at_;
    }
  }
  bool take(std::string_view symbol) {
    blanks();
    if (!text_.substr(at_).starts_with(symbol)) return false;
    at_ += symbol.size();
    return true;
  }
  bool take_word(std::string_view word) {
    blanks();
    const std::string_view rest = text_.substr(at_);
    if (!rest.starts_with(word)) return false;
    if (rest.size() > word.size() && is_word(rest[word.size()])) return false;
    at_ += word.size();
    return true;
  }
  std::string_view word() {
    const std::size_t begin = at_;
    while (at_ < text_.size() && is_word(text_[at_])) ++at_;
    return text_.substr(begin, at_ - begin);
  }

  NodePtr pipe() {
    if (++depth_ > kMaxDepth) return nullptr;
    NodePtr left = either();
    while (left && take("|")) {
      NodePtr right = either();
      left = right ? make(Op::pipe, std::move(left), std::move(right)) : nullptr;
    }
    --depth_;
    return left;
  }
  NodePtr either() {
    NodePtr left = both();
    while (left && take_word("or")) {
      NodePtr right = both();
      left = right ? make(Op::either, std::move(left), std::move(right)) : nullptr;
    }
    return left;
  }
  NodePtr both() {
    NodePtr left = comparison();
    while (left && take_word("and")) {
      NodePtr right = comparison();
      left = right ? make(Op::both, std::move(left), std::move(right)) : nullptr;
    }
    return left;
  }
  NodePtr comparison() {
    struct Symbol {
      std::string_view text;
      Op op;
    };
    // The longer ones first.
    static constexpr auto kSymbols = std::to_array<Symbol>({{"==", Op::equal},
                                                            {"!=", Op::unequal},
                                                            {"<=", Op::less_equal},
                                                            {">=", Op::greater_equal},
                                                            {"<", Op::less},
                                                            {">", Op::greater}});
    NodePtr left = postfix();
    if (!left) return left;
    for (const Symbol& symbol : kSymbols) {
      if (!take(symbol.text)) continue;
      NodePtr right = postfix();
      return right ? make(symbol.op, std::move(left), std::move(right)) : nullptr;
    }
    return left;
  }

  NodePtr postfix() {
    blanks();
    if (at_ >= text_.size()) return nullptr;
    NodePtr node = primary();
    while (node && at_ < text_.size() && (text_[at_] == '.' || text_[at_] == '[')) {
      node = step(std::move(node));
    }
    return node;
  }

  // One of .key, ."key", [0], ["key"] behind `of`.
  NodePtr step(NodePtr of) {
    if (text_[at_] == '.') {
      ++at_;
      if (at_ < text_.size() && text_[at_] == '[') return step(std::move(of));
      if (at_ < text_.size() && text_[at_] == '"') return quoted_key(std::move(of));
      const std::string_view key = word();
      if (key.empty()) return nullptr;
      return literal(Value(key), Op::key, std::move(of));
    }
    ++at_;  // [
    blanks();
    if (at_ < text_.size() && text_[at_] == '"') {
      NodePtr node = quoted_key(std::move(of));
      return node && take("]") ? std::move(node) : nullptr;
    }
    const std::size_t begin = at_;
    if (at_ < text_.size() && text_[at_] == '-') ++at_;
    (void)word();
    std::int64_t index = 0;
    const auto [end, error] = std::from_chars(text_.data() + begin, text_.data() + at_, index);
    if (error != std::errc() || end != text_.data() + at_ || !take("]")) return nullptr;
    return literal(Value(index), Op::index, std::move(of));
  }
  NodePtr quoted_key(NodePtr of) {
    auto key = quoted();
    if (!key) return nullptr;
    return literal(Value(std::move(*key)), Op::key, std::move(of));
  }

  NodePtr primary() {
    const char c = text_[at_];
    if (c == '.') return path_begin();
    if (c == '"') {
      auto text = quoted();
      return text ? literal(Value(std::move(*text))) : nullptr;
    }
    if (c == '(') {
      ++at_;
      NodePtr inner = pipe();
      return inner && take(")") ? std::move(inner) : nullptr;
    }
    if (c == '[') return list();
    if (c == '-' || (c >= '0' && c <= '9')) return number();
    return named();
  }

  // `.` alone is the instance itself; before a key or an index it only begins the path.
  NodePtr path_begin() {
    const char next = at_ + 1 < text_.size() ? text_[at_ + 1] : '\0';
    if (next == '[') ++at_;
    if (next == '[' || next == '"' || is_word(next)) return step(make(Op::input));
    ++at_;
    return make(Op::input);
  }

  NodePtr list() {
    ++at_;
    NodePtr node = make(Op::list);
    if (take("]")) return node;
    do {
      NodePtr item = either();
      if (!item) return nullptr;
      node->parts.push_back(std::move(item));
    } while (take(","));
    return take("]") ? std::move(node) : nullptr;
  }

  NodePtr number() {
    double value = 0;
    const char* begin = text_.data() + at_;
    const auto [end, error] = std::from_chars(begin, text_.data() + text_.size(), value);
    if (error != std::errc()) return nullptr;
    at_ += static_cast<std::size_t>(end - begin);
    return literal(Value(value));
  }

  NodePtr named() {
    const std::size_t begin = at_;
    const std::string_view name = word();
    if (name == "true" || name == "false") return literal(Value(name == "true"));
    if (name == "null") return literal(Value());
    for (const Function& function : kFunctions) {
      if (function.name != name) continue;
      if (!function.has_argument) return make(function.op);
      NodePtr argument = take("(") ? pipe() : nullptr;
      return argument && take(")") ? make(function.op, std::move(argument)) : nullptr;
    }
    at_ = begin;
    return nullptr;
  }

  std::optional<std::string> quoted() {
    std::string out;
    for (++at_; at_ < text_.size(); ++at_) {
      char c = text_[at_];
      if (c == '"') {
        ++at_;
        return out;
      }
      if (c == '\\') {
        if (++at_ >= text_.size()) return std::nullopt;
        c = text_[at_];
        if (c == 'n') c = '\n';
        if (c == 't') c = '\t';
      }
      out += c;
    }
    return std::nullopt;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  int depth_ = 0;
};

// Nothing: jq's `empty`, and what it calls an error.
using Maybe = std::optional<Value>;

std::optional<double> number_of(const Value& value) {
  if (const auto* integer = value.integer()) return static_cast<double>(*integer);
  if (const auto* real = value.real()) return *real;
  return std::nullopt;
}

bool truthy(const Value& value) {
  return !value.is_null() && !(value.boolean() != nullptr && !*value.boolean());
}

bool same(const Value& a, const Value& b) {
  const auto x = number_of(a), y = number_of(b);
  if (x && y) return *x == *y;
  const Value::List *left = a.list(), *right = b.list();
  if (left != nullptr && right != nullptr) {
    return std::equal(left->begin(), left->end(), right->begin(), right->end(), same);
  }
  return a == b;
}

Maybe compared(Op op, const Value& a, const Value& b) {
  if (op == Op::equal) return Value(same(a, b));
  if (op == Op::unequal) return Value(!same(a, b));
  int order = 0;
  const auto x = number_of(a), y = number_of(b);
  if (x && y) {
    order = *x < *y ? -1 : *x > *y ? 1 : 0;
  } else if (a.text() != nullptr && b.text() != nullptr) {
    order = a.text()->compare(*b.text());
  } else {
    return std::nullopt;  // jq orders values of different types; nobody asks for that here
  }
  if (op == Op::less) return Value(order < 0);
  if (op == Op::less_equal) return Value(order <= 0);
  if (op == Op::greater) return Value(order > 0);
  return Value(order >= 0);
}

Maybe contains(const Value& whole, const Value& part) {
  if (whole.text() != nullptr && part.text() != nullptr) {
    return Value(whole.text()->find(*part.text()) != std::string::npos);
  }
  const Value::List *list = whole.list(), *wanted = part.list();
  if (list == nullptr || wanted == nullptr) return std::nullopt;
  return Value(std::all_of(wanted->begin(), wanted->end(), [&](const Value& item) {
    return std::any_of(list->begin(), list->end(), [&](const Value& have) {
      const Maybe inside = contains(have, item);
      return inside ? truthy(*inside) : same(have, item);
    });
  }));
}

// jq's names; ours ("an object") are for messages.
std::string_view jq_type(const Value& value) {
  switch (value.type()) {
    case Value::Type::null:
      return "null";
    case Value::Type::boolean:
      return "boolean";
    case Value::Type::integer:
    case Value::Type::real:
      return "number";
    case Value::Type::text:
      return "string";
    case Value::Type::list:
      return "array";
    case Value::Type::map:
      break;
  }
  return "object";
}

Maybe length_of(const Value& value) {
  if (value.is_null()) return Value(0);
  if (value.text() != nullptr) return Value(static_cast<std::int64_t>(value.text()->size()));
  if (value.list() != nullptr) return Value(static_cast<std::int64_t>(value.list()->size()));
  if (value.map() != nullptr) return Value(static_cast<std::int64_t>(value.map()->size()));
  return std::nullopt;
}

Maybe element(const Value& value, const Value& at) {
  const Value::List* list = value.list();
  if (list == nullptr) return value.is_null() ? Maybe(Value()) : std::nullopt;
  std::int64_t index = *at.integer();
  const auto size = static_cast<std::int64_t>(list->size());
  if (index < 0) index += size;
  return index >= 0 && index < size ? (*list)[static_cast<std::size_t>(index)] : Value();
}

Maybe evaluate(const Node& node, const Value& input) {
  const auto part = [&](std::size_t i) { return evaluate(*node.parts[i], input); };
  switch (node.op) {
    case Op::input:
      return input;
    case Op::literal:
      return node.literal;
    case Op::list: {
      Value::List out;
      for (const NodePtr& item : node.parts) {
        Maybe value = evaluate(*item, input);
        if (value) out.push_back(std::move(*value));
      }
      return Value(std::move(out));
    }
    case Op::key: {
      const Maybe of = part(0);
      if (!of || (of->map() == nullptr && !of->is_null())) return std::nullopt;
      const Value* found = of->find(*node.literal.text());
      return found == nullptr ? Value() : *found;
    }
    case Op::index: {
      const Maybe of = part(0);
      return of ? element(*of, node.literal) : std::nullopt;
    }
    case Op::pipe: {
      const Maybe left = part(0);
      return left ? evaluate(*node.parts[1], *left) : std::nullopt;
    }
    case Op::either:
    case Op::both: {
      const Maybe left = part(0);
      if (!left) return std::nullopt;
      if (truthy(*left) == (node.op == Op::either)) return Value(node.op == Op::either);
      const Maybe right = part(1);
      return right ? Maybe(Value(truthy(*right))) : std::nullopt;
    }
    case Op::negate:
      return Value(!truthy(input));
    case Op::length:
      return length_of(input);
    case Op::type:
      return Value(jq_type(input));
    case Op::tostring:
      return input.text() != nullptr ? input : Value(input.json_text());
    case Op::select: {
      const Maybe wanted = part(0);
      return wanted && truthy(*wanted) ? Maybe(input) : std::nullopt;
    }
    default:
      break;
  }
  const Maybe first = part(0);
  if (!first) return std::nullopt;
  if (node.op == Op::contains) return contains(input, *first);
  if (node.op == Op::has) {
    if (input.map() == nullptr || first->text() == nullptr) return std::nullopt;
    return Value(input.find(*first->text()) != nullptr);
  }
  if (node.op == Op::startswith || node.op == Op::endswith) {
    if (input.text() == nullptr || first->text() == nullptr) return std::nullopt;
    return Value(node.op == Op::startswith ? input.text()->starts_with(*first->text())
                                           : input.text()->ends_with(*first->text()));
  }
  const Maybe second = part(1);
  return second ? compared(node.op, *first, *second) : std::nullopt;
}

}  // namespace

InstanceFilter::InstanceFilter(std::unique_ptr<const Node> root) : root_(std::move(root)) {}
InstanceFilter::InstanceFilter(InstanceFilter&&) noexcept = default;
InstanceFilter::~InstanceFilter() = default;

Result<InstanceFilter> InstanceFilter::parse(std::string_view text) {
  if (text.size() > kMaxText) {
    return fail(Errc::invalid_config, "--instance-filter: longer than 4096 bytes");
  }
  auto root = Parser(text).run();
  if (!root) return root.error();
  return InstanceFilter(std::move(*root));
}

bool InstanceFilter::matches(const Value& instance) const {
  const Maybe result = evaluate(*root_, instance);
  // `select(f)` gives the instance itself.
  return result && (result->map() != nullptr || (result->boolean() && *result->boolean()));
}

}  // namespace remora::agent
