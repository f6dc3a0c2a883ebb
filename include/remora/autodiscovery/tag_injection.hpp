// The tags of a container put into the instances of its checks.
//
// Source: DataDog/datadog-agent comp/core/autodiscovery/integration (MergeAdditionalTags).
#pragma once

#include <string>
#include <vector>

#include "remora/model/tags.hpp"
#include "remora/model/value.hpp"

namespace remora::autodiscovery {

/// `instance` with `tags`: its own and the injected ones, sorted, each once. Own tags that are no
/// text are skipped; `tags` that is no list is replaced; both with a line in `problems`. Not to be
/// called for a configuration with `ignore_tags`: its instance stays as written. Pure.
[[nodiscard]] model::Value with_injected_tags(const model::Value& instance,
                                              const model::TagList& injected,
                                              std::vector<std::string>& problems);

}  // namespace remora::autodiscovery
