// Mapper profiles: names that carry values ("app.queue.mails.size") become a name and tags.
//
// Source: DataDog/datadog-agent comp/dogstatsd/mapper; templates as Go's regexp.Expand reads them.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "remora/core/error.hpp"

namespace remora::dogstatsd {

struct MappedName {
  std::string name;
  std::vector<std::string> tags;  ///< "key:value", in the order of the profile
};

/// The first profile whose prefix fits is the only one asked. Results, hits and misses, are kept in
/// a cache of at most `cache_size` names. Threading: the loop.
class Mapper {
 public:
  /// `json`: DD_DOGSTATSD_MAPPER_PROFILES. Errors: invalid_config, naming the profile and the
  /// mapping: one bad mapping switches the whole mapper off, as it does upstream.
  [[nodiscard]] static Result<std::unique_ptr<Mapper>> parse(std::string_view json,
                                                             std::size_t cache_size);
  ~Mapper();

  /// Null when no mapping fits. Valid until the next call.
  [[nodiscard]] const MappedName* map(std::string_view name);
  [[nodiscard]] std::size_t cached() const noexcept;

 private:
  struct Impl;
  explicit Mapper(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace remora::dogstatsd
