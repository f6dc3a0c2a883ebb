// Collects the tags of one entity by cardinality, within limits.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "remora/model/tags.hpp"
#include "remora/tagger/tagger.hpp"

namespace remora::tagger {

/// The finished lists of one entity: each level holds itself and everything below.
struct LevelTags {
  model::Tags low = model::empty_tags();
  model::Tags orchestrator = model::empty_tags();
  model::Tags high = model::empty_tags();
  [[nodiscard]] const model::Tags& at(Cardinality level) const;
};

class TagBuilder {
 public:
  static constexpr std::size_t kMaxTags = 1000;            ///< of one entity
  static constexpr std::size_t kMaxValueBytes = 8 * 1024;  ///< longer values are cut

  /// Adds "key:value". Empty keys and values are never emitted. False when the limit is reached.
  bool add(Cardinality level, std::string_view key, std::string_view value);
  /// Adds a finished tag.
  bool add_raw(Cardinality level, std::string tag);
  [[nodiscard]] std::size_t refused() const { return refused_; }
  [[nodiscard]] LevelTags finish() const;

 private:
  std::array<model::TagList, 3> levels_;
  std::size_t count_ = 0, refused_ = 0;
};

}  // namespace remora::tagger
