// Splits an image reference into the parts that become tags.
#pragma once

#include <string>
#include <string_view>

namespace remora::ecs {

struct ImageName {
  std::string long_name;   ///< everything before the tag
  std::string short_name;  ///< last path component of it
  std::string tag;         ///< empty when none is written
  std::string digest;      ///< "sha256:…" when written after '@'
  std::string registry;    ///< first component with '.' or ':' in it, or "localhost"
};

/// A bare "sha256:…" gives empty parts. A reference of a template (`${AWS::StackName}`) counts as
/// one word: what stands in it separates nothing.
[[nodiscard]] ImageName split_image_name(std::string_view image);

}  // namespace remora::ecs
