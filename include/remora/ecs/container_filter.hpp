// DD_CONTAINER_INCLUDE / DD_CONTAINER_EXCLUDE and their _METRICS and _LOGS forms.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "remora/core/error.hpp"
#include "remora/ecs/metadata.hpp"

namespace remora::ecs {

struct ContainerFilterOptions {
  std::vector<std::string> include,
      exclude;  ///< "image:<regex>", "name:<regex>"; general list + that of the product
  bool exclude_pause = true;  ///< pause images and injected container types
};

/// Threading: immutable after construction. Regexes are RE2: linear time on any input.
class ContainerFilter {
 public:
  ContainerFilter();  ///< lets everything through
  /// A bad item (unknown prefix, regex that does not compile, longer than 4096 bytes) is left out
  /// and named in `warnings`; the rest of the list holds.
  static ContainerFilter create(const ContainerFilterOptions& options,
                                std::vector<std::string>& warnings);

  /// Include wins; then exclude by image, then by name (ECS name or runtime name). An empty image
  /// or name never matches an exclude.
  [[nodiscard]] bool excluded(const ContainerMetadata& container) const;

 private:
  struct Impl;
  std::shared_ptr<const Impl> impl_;
};

}  // namespace remora::ecs
