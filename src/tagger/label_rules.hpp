// DD_CONTAINER_LABELS_AS_TAGS: which label becomes which tag.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "tagger/tag_builder.hpp"

namespace remora::tagger {

/// True when `text` matches `pattern`, where '*' stands for any run of characters. Both lower case.
[[nodiscard]] bool glob_matches(std::string_view pattern, std::string_view text);

class LabelRules {
 public:
  /// `config` maps a label glob to tag names: comma separated, '+' in front for high cardinality,
  /// `%%label%%` for the name of the label. Unusable entries are named in `warnings`.
  static LabelRules parse(const std::map<std::string, std::string>& config,
                          std::vector<std::string>& warnings);
  /// Adds the tags of one label.
  void apply(std::string_view label, std::string_view value, TagBuilder& out) const;
  /// True when a rule matches `label`.
  [[nodiscard]] bool matches(std::string_view label) const;

 private:
  struct Target {
    std::string name;
    Cardinality level;
  };
  struct Rule {
    std::string glob;  ///< lower case: labels match in any case
    std::vector<Target> targets;
  };
  std::vector<Rule> rules_;
};

}  // namespace remora::tagger
