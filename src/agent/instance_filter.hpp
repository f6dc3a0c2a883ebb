// `--instance-filter` of `agent check`: which of several instances are meant, in the language of
// jq.
//
// Of jq: paths (.a.b, .["a b"], .[0]), texts, numbers, true, false, null, lists of them, == != < <=
// > >=, and, or, `|`, brackets, `not`, `length`, `type`, `tostring`, `has(k)`, `contains(x)`,
// `startswith(x)`, `endswith(x)`, `select(f)`. Everything else is refused by name.
// Source: https://jqlang.github.io/jq/manual/
#pragma once

#include <memory>
#include <string_view>

#include "remora/core/error.hpp"
#include "remora/model/value.hpp"

namespace remora::agent {

class InstanceFilter {
 public:
  /// Errors: invalid_config, with what was not understood and where. At most 4 KiB of text.
  [[nodiscard]] static Result<InstanceFilter> parse(std::string_view text);
  InstanceFilter(InstanceFilter&&) noexcept;
  ~InstanceFilter();

  /// True where the expression gives `true`. What jq calls an error (a text compared by `contains`
  /// with a number) is false.
  [[nodiscard]] bool matches(const model::Value& instance) const;

  struct Node;

 private:
  explicit InstanceFilter(std::unique_ptr<const Node> root);
  std::unique_ptr<const Node> root_;
};

}  // namespace remora::agent
