// Which families a page has declared, and as what: for samples that do not stand below their TYPE
// line.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "remora/checks/openmetrics/exposition.hpp"

namespace remora::checks::openmetrics {

/// Names and types of one page. A page in order only appends here: the index is made when the first
/// sample stands elsewhere. At most 8 MiB of names, 100,000 families; more are not remembered, and
/// their samples are known below their TYPE line alone.
class DeclaredFamilies {
 public:
  DeclaredFamilies();
  DeclaredFamilies(const DeclaredFamilies&) = delete;  // the index looks into this object
  DeclaredFamilies& operator=(const DeclaredFamilies&) = delete;

  [[nodiscard]] bool empty() const noexcept { return entries_.empty(); }
  /// A name that comes again has the later type.
  void remember(std::string_view name, FamilyType type);
  [[nodiscard]] std::optional<FamilyType> find(std::string_view name);

 private:
  struct Entry {
    std::uint32_t offset, size;
    FamilyType type;
  };
  struct Hash {
    using is_transparent = void;
    const DeclaredFamilies* of;
    std::size_t operator()(std::string_view name) const noexcept;
    std::size_t operator()(std::uint32_t entry) const noexcept;
  };
  struct Same {
    using is_transparent = void;
    const DeclaredFamilies* of;
    bool operator()(std::uint32_t a, std::uint32_t b) const noexcept;
    bool operator()(std::string_view name, std::uint32_t entry) const noexcept;
    bool operator()(std::uint32_t entry, std::string_view name) const noexcept;
  };

  [[nodiscard]] std::string_view name_of(std::uint32_t entry) const noexcept;

  std::string names_;
  std::vector<Entry> entries_;
  std::uint32_t indexed_ = 0;  ///< entries that are in `index_`
  std::unordered_set<std::uint32_t, Hash, Same> index_;
};

}  // namespace remora::checks::openmetrics
