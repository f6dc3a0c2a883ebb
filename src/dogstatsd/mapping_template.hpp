// "$1", "${1}" and "${name}" in the names and tags of a mapping.
//
// Source of the rules: Go's regexp.Regexp.Expand. "$1_x" is the group named "1_x", which no
// expression has: it is empty. "$$" is one dollar sign; a dollar sign before anything else is
// itself.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace remora::dogstatsd {

class MappingTemplate {
 public:
  /// `groups`: names of the expression's groups and their numbers.
  MappingTemplate(std::string_view text, const std::map<std::string, int>& groups);
  /// `matched[0]` is the whole match. Groups that are not there are empty.
  void expand(std::span<const std::string_view> matched, std::string& out) const;

 private:
  struct Piece {
    std::string text;
    int group = -1;  ///< -1: `text` itself
  };
  void add_text(std::string_view text);
  std::vector<Piece> pieces_;
};

}  // namespace remora::dogstatsd
