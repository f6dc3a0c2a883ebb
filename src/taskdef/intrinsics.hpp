// Intrinsic functions of a CloudFormation template, as far as they can be known before a
// deployment.
//
// Source: AWS CloudFormation user guide, "Intrinsic function reference".
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "remora/core/error.hpp"
#include "remora/model/value.hpp"

namespace remora::taskdef {

/// Lifetime: the template outlives it.
class Intrinsics {
 public:
  explicit Intrinsics(const model::Value& root);

  /// `value` with every function in it replaced. What only a deployment knows becomes text:
  /// `${Parameter}`, `${Resource.Attribute}`. AWS::NoValue goes with the field it stands for.
  /// Errors: too_large (the result would be more than 4 MiB of text or 100,000 values).
  [[nodiscard]] Result<model::Value> resolve(const model::Value& value);

  /// `resources`, a map, with each Fn::ForEach in it written out; nothing else is replaced. A
  /// collection that only a deployment knows has one entry, the identifier itself: `${Name}`.
  /// Errors: as resolve.
  [[nodiscard]] Result<model::Map> expanded(const model::Value& resources);

  /// Empty when it depends on what only a deployment knows.
  [[nodiscard]] std::optional<bool> condition(const std::string& name);

  /// What had to be assumed since the last call, one line each.
  [[nodiscard]] std::vector<std::string> take_notes();

 private:
  using Optional = std::optional<model::Value>;  ///< empty = AWS::NoValue
  struct Call {
    std::string name;  ///< "Ref", "Sub", "GetAtt", …
    const model::Value* argument;
  };
  void expand(const model::Map& map, std::vector<model::MapEntry>& out);
  void expand_loop(const model::MapEntry& loop, std::vector<model::MapEntry>& out);
  model::Value bound(const model::Value& value, const std::string& identifier,
                     const std::string& item);
  static std::optional<Call> call_of(const model::Value& value);
  Optional evaluate(const model::Value& value);
  Optional evaluate_call(const Call& call);
  Optional reference(const std::string& name);
  model::Value substitute(const model::Value& argument);
  model::Value attribute(const model::Value& argument);
  model::Value join(const model::Value& argument);
  Optional select(const model::Value& argument);
  model::Value split(const model::Value& argument);
  model::Value look_up(const model::Value& argument);
  Optional choose(const model::Value& argument);
  std::optional<bool> truth(const model::Value& value);
  std::string text_of(const model::Value& value);
  model::Value open(const std::string& name);
  bool charge(std::size_t bytes);
  void note(std::string text);

  const model::Value* transform_;
  const model::Value* parameters_;
  const model::Value* mappings_;
  const model::Value* conditions_;
  std::size_t nodes_ = 0, bytes_ = 0;
  std::size_t depth_ = 0;
  bool too_large_ = false;
  std::set<std::string> noted_;
  std::vector<std::string> notes_;
};

}  // namespace remora::taskdef
