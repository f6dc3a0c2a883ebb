#include "tagger/label_tags.hpp"

#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>

#include "tagger/tag_builder.hpp"

namespace remora::tagger {
namespace {

bool is_tag(std::string_view text) {
  const auto colon = text.find(':');
  return colon != std::string_view::npos && colon > 0 && colon + 1 < text.size() &&
         text.find(':', colon + 1) == std::string_view::npos &&
         text.size() <= TagBuilder::kMaxValueBytes;
}

}  // namespace

LabelTags parse_label_tags(std::string_view value) {
  LabelTags out;
  if (value.size() > kMaxTagsLabelBytes) {
    out.rejected = 1;
    out.problem = "longer than 64 KiB";
    return out;
  }
  const auto json = nlohmann::json::parse(value, nullptr, false);
  if (!json.is_array()) {
    out.rejected = 1;
    out.problem = "not a JSON array of text";
    return out;
  }
  for (const auto& entry : json) {
    const auto* text = entry.get_ptr<const std::string*>();
    if (text != nullptr && is_tag(*text)) {
      out.tags.push_back(*text);
    } else {
      ++out.rejected;
    }
  }
  return out;
}

}  // namespace remora::tagger
