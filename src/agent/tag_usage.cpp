#include "agent/tag_usage.hpp"

#include <algorithm>

#include "remora/core/hash.hpp"
#include "remora/core/utf8.hpp"

namespace remora::agent {
namespace {

constexpr std::size_t kFirstSlots = 1u << 10;
constexpr std::size_t kMostSlots = 1u << 18;  // 2 MiB: 196,608 values
constexpr std::size_t kMaxKeyBytes = 2u << 20;
constexpr std::size_t kKeyCost = 112;     // of an entry of the map beside its text
constexpr std::size_t kShownBytes = 200;  // of a key: the rest of a longer one is not kept

}  // namespace

bool TagUsage::remember(std::uint64_t hash) {
  if (seen_.empty()) seen_.resize(kFirstSlots);
  if (hash == 0) hash = 1;
  const std::size_t mask = seen_.size() - 1;
  std::size_t at = hash & mask;
  for (; seen_[at] != 0; at = (at + 1) & mask) {
    if (seen_[at] == hash) return false;
  }
  if (full_) return false;
  seen_[at] = hash;
  if (++seen_count_ * 4 >= seen_.size() * 3) grow();
  return true;
}

void TagUsage::grow() {
  if (seen_.size() == kMostSlots) {
    full_ = true;
    return;
  }
  std::vector<std::uint64_t> before(seen_.size() * 2);
  before.swap(seen_);
  const std::size_t mask = seen_.size() - 1;
  for (const std::uint64_t hash : before) {
    if (hash == 0) continue;
    std::size_t at = hash & mask;
    while (seen_[at] != 0) at = (at + 1) & mask;
    seen_[at] = hash;
  }
}

void TagUsage::add(std::size_t metric, std::string_view tag) {
  Metric& of = metrics_[metric];
  if (full_) {
    of.partial = true;
    return;
  }
  if (!remember(core::hash_bytes(tag, metric))) return;
  const std::string_view key = core::utf8_prefix(tag.substr(0, tag.find(':')), kShownBytes);
  auto known = of.keys.find(key);
  if (known == of.keys.end()) {
    if (key_bytes_ + key.size() + kKeyCost > kMaxKeyBytes) {
      of.partial = true;
      return;
    }
    key_bytes_ += key.size() + kKeyCost;
    known = of.keys.emplace(std::string(key), 0).first;
  }
  ++known->second;
}

}  // namespace remora::agent
