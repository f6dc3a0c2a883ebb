#include "remora/model/tags.hpp"

#include <algorithm>

namespace remora::model {

const Tags& empty_tags() {
  static const Tags kEmpty = std::make_shared<const TagList>();
  return kEmpty;
}

void normalise(TagList& tags) {
  std::erase_if(tags, [](const std::string& tag) { return tag.empty(); });
  std::sort(tags.begin(), tags.end());
  tags.erase(std::unique(tags.begin(), tags.end()), tags.end());
}

Tags make_tags(TagList tags) {
  normalise(tags);
  if (tags.empty()) return empty_tags();
  tags.shrink_to_fit();
  return std::make_shared<const TagList>(std::move(tags));
}

Tags with_tags(const Tags& base, const TagList& extra) {
  if (extra.empty()) return base;
  TagList all;
  all.reserve(base->size() + extra.size());
  all.insert(all.end(), base->begin(), base->end());
  all.insert(all.end(), extra.begin(), extra.end());
  return make_tags(std::move(all));
}

}  // namespace remora::model
