#include "checks/openmetrics/declared_families.hpp"

#include "checks/openmetrics/text_map.hpp"

namespace remora::checks::openmetrics {
namespace {

constexpr std::size_t kMaxBytes = 8u << 20;
constexpr std::size_t kMaxFamilies = 100'000;

}  // namespace

std::size_t DeclaredFamilies::Hash::operator()(std::string_view name) const noexcept {
  return TextHash()(name);
}
std::size_t DeclaredFamilies::Hash::operator()(std::uint32_t entry) const noexcept {
  return TextHash()(of->name_of(entry));
}
bool DeclaredFamilies::Same::operator()(std::uint32_t a, std::uint32_t b) const noexcept {
  return of->name_of(a) == of->name_of(b);
}
bool DeclaredFamilies::Same::operator()(std::string_view name, std::uint32_t entry) const noexcept {
  return of->name_of(entry) == name;
}
bool DeclaredFamilies::Same::operator()(std::uint32_t entry, std::string_view name) const noexcept {
  return of->name_of(entry) == name;
}

DeclaredFamilies::DeclaredFamilies() : index_(0, Hash{this}, Same{this}) {}

std::string_view DeclaredFamilies::name_of(std::uint32_t entry) const noexcept {
  return std::string_view(names_).substr(entries_[entry].offset, entries_[entry].size);
}

void DeclaredFamilies::remember(std::string_view name, FamilyType type) {
  if (entries_.size() == kMaxFamilies || names_.size() + name.size() > kMaxBytes) return;
  entries_.push_back(
      {static_cast<std::uint32_t>(names_.size()), static_cast<std::uint32_t>(name.size()), type});
  names_.append(name);
}

std::optional<FamilyType> DeclaredFamilies::find(std::string_view name) {
  for (; indexed_ < entries_.size(); ++indexed_) {
    const auto [at, added] = index_.insert(indexed_);
    if (!added) entries_[*at].type = entries_[indexed_].type;
  }
  const auto it = index_.find(name);
  if (it == index_.end()) return std::nullopt;
  return entries_[*it].type;
}

}  // namespace remora::checks::openmetrics
