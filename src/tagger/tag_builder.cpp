#include "tagger/tag_builder.hpp"

#include "remora/core/utf8.hpp"

namespace remora::tagger {

const model::Tags& LevelTags::at(Cardinality level) const {
  if (level == Cardinality::high) return high;
  return level == Cardinality::orchestrator ? orchestrator : low;
}

bool TagBuilder::add(Cardinality level, std::string_view key, std::string_view value) {
  if (key.empty() || value.empty()) return true;
  value = core::utf8_prefix(value, kMaxValueBytes);
  std::string tag;
  tag.reserve(key.size() + 1 + value.size());
  tag.append(key).append(":").append(value);
  return add_raw(level, std::move(tag));
}

bool TagBuilder::add_raw(Cardinality level, std::string tag) {
  if (count_ >= kMaxTags) {
    ++refused_;
    return false;
  }
  ++count_;
  levels_[static_cast<std::size_t>(level)].push_back(std::move(tag));
  return true;
}

LevelTags TagBuilder::finish() const {
  LevelTags out;
  model::TagList list = levels_[0];
  out.low = model::make_tags(list);
  if (levels_[1].empty()) {
    out.orchestrator = out.low;
  } else {
    list.insert(list.end(), levels_[1].begin(), levels_[1].end());
    out.orchestrator = model::make_tags(list);
  }
  if (levels_[2].empty()) {
    out.high = out.orchestrator;
  } else {
    list.insert(list.end(), levels_[2].begin(), levels_[2].end());
    out.high = model::make_tags(std::move(list));
  }
  return out;
}

}  // namespace remora::tagger
