// Builds a Value from the events of a JSON or YAML reader, and stops at the limits.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "remora/core/error.hpp"
#include "remora/model/value.hpp"

namespace remora::autodiscovery {

/// Every call answers whether to go on; `error()` then says why not.
class TreeBuilder {
 public:
  explicit TreeBuilder(const model::ValueLimits& limits) : limits_(limits) {}

  /// A finished value; `nodes` and `bytes` are what its tree costs (an alias: all of it).
  bool add(model::Value value, std::size_t nodes, std::size_t bytes);
  bool add_text(std::string text);
  bool open(bool list);
  bool key(std::string text);
  /// True for a text that is expected as a key next. YAML's events do not say it.
  [[nodiscard]] bool wants_key() const;
  /// Ends the innermost list or map. `adjust` sees a map before it is placed; `finished` is a copy
  /// of what it became.
  bool close(void (*adjust)(model::Map&) = nullptr, model::Value* finished = nullptr);
  /// Counts a second copy of something.
  bool charge(std::size_t nodes, std::size_t bytes);
  bool stop(Error error);

  [[nodiscard]] std::size_t depth() const { return open_.size(); }
  [[nodiscard]] const std::optional<Error>& error() const { return error_; }
  [[nodiscard]] model::Value take() { return std::move(root_); }

 private:
  struct Level {
    bool list;
    bool have_key = false;
    std::string key;
    model::Value::List items;
    std::vector<model::MapEntry> entries;
  };
  void place(model::Value value);
  const model::ValueLimits limits_;
  std::vector<Level> open_;
  model::Value root_;
  std::size_t nodes_ = 0, bytes_ = 0;
  std::optional<Error> error_;
};

}  // namespace remora::autodiscovery
