#include "autodiscovery/tree_builder.hpp"

namespace remora::autodiscovery {

using model::Value;

bool TreeBuilder::stop(Error error) {
  if (!error_) error_ = std::move(error);
  return false;
}

bool TreeBuilder::charge(std::size_t nodes, std::size_t bytes) {
  nodes_ += nodes;
  bytes_ += bytes;
  if (nodes_ > limits_.nodes) {
    return stop(fail(Errc::too_large, "more than " + std::to_string(limits_.nodes) + " values"));
  }
  if (bytes_ > limits_.text_bytes) {
    return stop(fail(Errc::too_large,
                     "more than " + std::to_string(limits_.text_bytes) + " bytes of text"));
  }
  return true;
}

void TreeBuilder::place(Value value) {
  if (open_.empty()) {
    root_ = std::move(value);
  } else if (Level& level = open_.back(); level.list) {
    level.items.push_back(std::move(value));
  } else {
    level.entries.push_back({std::move(level.key), std::move(value)});
    level.key.clear();
    level.have_key = false;
  }
}

bool TreeBuilder::add(Value value, std::size_t nodes, std::size_t bytes) {
  if (error_ || !charge(nodes, bytes)) return false;
  place(std::move(value));
  return true;
}

bool TreeBuilder::add_text(std::string text) {
  const std::size_t bytes = text.size();
  return add(Value(std::move(text)), 1, bytes);
}

bool TreeBuilder::open(bool list) {
  if (error_ || !charge(1, 0)) return false;
  if (open_.size() >= limits_.depth) {
    return stop(
        fail(Errc::too_large, "nested deeper than " + std::to_string(limits_.depth) + " levels"));
  }
  open_.push_back({list, false, {}, {}, {}});
  return true;
}

bool TreeBuilder::wants_key() const {
  return !open_.empty() && !open_.back().list && !open_.back().have_key;
}

bool TreeBuilder::key(std::string text) {
  if (error_ || !charge(0, text.size())) return false;
  open_.back().key = std::move(text);
  open_.back().have_key = true;
  return true;
}

bool TreeBuilder::close(void (*adjust)(model::Map&), Value* finished) {
  if (error_) return false;
  Level level = std::move(open_.back());
  open_.pop_back();
  Value value = level.list ? Value(std::move(level.items))
                           : Value(model::Map::from_entries(std::move(level.entries)));
  if (adjust != nullptr && value.map() != nullptr) adjust(*value.map());
  if (finished != nullptr) *finished = value;
  place(std::move(value));
  return true;
}

}  // namespace remora::autodiscovery
