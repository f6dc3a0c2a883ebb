// The tags of a container put into the instances of its checks.
//
// Source: DataDog/datadog-agent comp/core/autodiscovery/integration (MergeAdditionalTags).
#pragma once

#include <string>
#include <vector>

#include "remora/autodiscovery/reconciler.hpp"
#include "remora/model/tags.hpp"
#include "remora/model/value.hpp"
#include "remora/tagger/tagger.hpp"

namespace remora::autodiscovery {

/// `instance` with `tags`: its own and the injected ones, sorted, each once. Own tags that are no
/// text are skipped; `tags` that is no list is replaced; both with a line in `problems`. Not to be
/// called for a configuration with `ignore_tags`: its instance stays as written. Pure.
[[nodiscard]] model::Value with_injected_tags(const model::Value& instance,
                                              const model::TagList& injected,
                                              std::vector<std::string>& problems);

/// The tags that `config` gets from outside: those of its container, or of the task where it has
/// none; `level` where the configuration names no cardinality. Empty for one that wants none.
[[nodiscard]] model::Tags injected_tags(const CheckConfig& config, const tagger::Tagger& tagger,
                                        tagger::Cardinality level);

/// The instance of `config` as its check gets it.
[[nodiscard]] model::Value tagged_instance(const CheckConfig& config, const model::Tags& injected,
                                           std::vector<std::string>& problems);

}  // namespace remora::autodiscovery
