// The id of a check instance.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "remora/autodiscovery/template.hpp"
#include "remora/model/value.hpp"

namespace remora::autodiscovery {

/// FNV-1, 64 bits; chain calls by passing the last result.
[[nodiscard]] std::uint64_t fnv64(std::string_view bytes,
                                  std::uint64_t state = 0xcbf29ce484222325u);

/// Everything of a resolved configuration that makes it another one when it changes. `entity` is
/// the container, or empty.
[[nodiscard]] std::uint64_t digest_of(const Template& resolved, std::string_view entity);

/// `<check>[:<name>]:<hex FNV-64 of (8-byte big-endian digest, instance text, init_config text)>`.
/// Source: DataDog/datadog-agent pkg/collector/check/id (BuildID).
[[nodiscard]] std::string config_id(std::string_view check, std::uint64_t digest,
                                    const model::Value& instance, const model::Value& init_config);

}  // namespace remora::autodiscovery
