// com.datadoghq.ad.tags: the tags an application gives its own container.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace remora::tagger {

inline constexpr std::string_view kTagsLabel = "com.datadoghq.ad.tags";
/// ECS limits a whole task definition to 64 KiB.
inline constexpr std::size_t kMaxTagsLabelBytes = 64 * 1024;

struct LabelTags {
  std::vector<std::string> tags;  ///< "key:value"
  std::size_t rejected = 0;       ///< entries that are no tag; 1 when the whole label is unusable
  std::string problem;            ///< of the whole label: what is wrong, never its value
};

/// A JSON array of "key:value". An entry must have exactly two parts around its colon, so URLs and
/// bare words are no tags.
/// Source: DataDog/datadog-agent comp/core/tagger/collectors/workloadmeta_extract.go
[[nodiscard]] LabelTags parse_label_tags(std::string_view value);

}  // namespace remora::tagger
