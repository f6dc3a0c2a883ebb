#include "checks/openmetrics/label_sharing.hpp"

#include <algorithm>

#include "remora/core/hash.hpp"

namespace remora::checks::openmetrics {
namespace {

constexpr std::string_view kTargetInfo = "target_info";
constexpr std::size_t kMaxKept = 8u << 20;  // bytes of shared labels; more are not collected

void set_pair(std::vector<std::pair<std::string, std::string>>& pairs, std::string_view name,
              std::string_view value) {
  for (auto& [key, old] : pairs) {
    if (key == name) {
      old.assign(value);
      return;
    }
  }
  pairs.emplace_back(name, value);
}

}  // namespace

void set_label(std::vector<Label>& labels, std::string_view name, std::string_view value) {
  for (Label& label : labels) {
    if (label.name == name) {
      label.value = value;
      return;
    }
  }
  labels.push_back({name, value});
}

LabelSharing::LabelSharing(const std::vector<SharedLabels>& sources, bool cached, bool target_info)
    : configured_(!sources.empty() || target_info), cached_(cached), target_info_(target_info) {
  for (const SharedLabels& shared : sources) {
    Source source;
    source.labels.insert(shared.labels.begin(), shared.labels.end());
    source.match = shared.match;
    std::sort(source.match.begin(), source.match.end());
    source.match.erase(std::unique(source.match.begin(), source.match.end()), source.match.end());
    source.has_values = shared.values.has_value();
    if (shared.values) source.values = *shared.values;
    sources_.insert_or_assign(shared.metric, std::move(source));
  }
}

void LabelSharing::begin() {
  pending_.clear();
  target_info_first_ = target_info_;
  if (cached_ && collected_) return;
  for (const auto& [metric, source] : sources_) pending_.push_back(metric);
  // Without a cache everything waits for the target, too.
  if (!cached_ && target_info_ && !sources_.contains(kTargetInfo)) {
    pending_.emplace_back(kTargetInfo);
  }
}

bool LabelSharing::is_source(std::string_view family) const {
  if (target_info_ && family == kTargetInfo) return true;
  return !(cached_ && collected_) && sources_.contains(family);
}

void LabelSharing::begin_source(std::string_view family) {
  // A page may come back to a family: its later samples share as well, and nobody waits twice.
  std::erase(pending_, family);
  const auto source = sources_.find(family);
  current_ = !(cached_ && collected_) && source != sources_.end() ? &source->second : nullptr;
  target_info_now_ = target_info_ && family == kTargetInfo;
}

void LabelSharing::add_set(Set set) {
  std::vector<std::string> names;
  for (const auto& [name, value] : set.match) {
    names.push_back(name);
    kept_bytes_ += name.size() + value.size() + sizeof(Pairs::value_type);
  }
  for (const auto& [name, value] : set.shared) {
    kept_bytes_ += name.size() + value.size() + sizeof(Pairs::value_type);
  }
  if (kept_bytes_ > kMaxKept) return;
  std::uint64_t hash = core::hash_seed();
  for (const auto& [name, value] : set.match) hash = core::hash_bytes(value, hash);
  auto group = std::find_if(groups_.begin(), groups_.end(),
                            [&](const Group& g) { return g.match == names; });
  if (group == groups_.end()) group = groups_.insert(groups_.end(), Group{names, {}});
  group->sets.emplace(hash, static_cast<std::uint32_t>(sets_.size()));
  sets_.push_back(std::move(set));
}

void LabelSharing::collect(const Sample& sample) {
  if (target_info_now_) {
    // What the first sample says replaces what the last scrape said.
    if (target_info_first_) target_labels_.clear();
    target_info_first_ = false;
    if (target_labels_.empty()) {
      for (const Label& label : sample.labels) set_pair(target_labels_, label.name, label.value);
    }
  }
  if (current_ == nullptr) return;
  const Source& source = *current_;
  if (source.has_values &&
      std::none_of(source.values.begin(), source.values.end(), [&](std::int64_t value) {
        return static_cast<double>(value) == sample.value;
      })) {
    return;
  }
  Set set;
  for (const Label& label : sample.labels) {
    if (!source.labels.empty() && !source.labels.contains(label.name)) continue;
    if (source.match.empty()) {
      set_pair(unconditional_, label.name, label.value);
    } else {
      set.shared.emplace_back(label.name, label.value);
    }
  }
  if (source.match.empty()) return;
  for (const std::string& name : source.match) {
    const auto label = std::find_if(sample.labels.begin(), sample.labels.end(),
                                    [&](const Label& l) { return l.name == name; });
    if (label != sample.labels.end()) set.match.emplace_back(name, label->value);
  }
  add_set(std::move(set));
}

void LabelSharing::populate(std::vector<Label>& labels) {
  matching_.clear();
  for (const Group& group : groups_) {
    std::uint64_t hash = core::hash_seed();
    bool all = true;
    for (const std::string& name : group.match) {
      const auto label = std::find_if(labels.begin(), labels.end(),
                                      [&](const Label& l) { return l.name == name; });
      all = label != labels.end();
      if (!all) break;
      hash = core::hash_bytes(label->value, hash);
    }
    if (!all) continue;
    const auto [from, to] = group.sets.equal_range(hash);
    for (auto it = from; it != to; ++it) matching_.push_back(it->second);
  }
  for (const auto& target : target_labels_) {
    // What is shared without condition wins over the target.
    const bool wins = std::any_of(unconditional_.begin(), unconditional_.end(),
                                  [&](const auto& pair) { return pair.first == target.first; });
    if (!wins) set_label(labels, target.first, target.second);
  }
  for (const auto& [name, value] : unconditional_) set_label(labels, name, value);
  std::sort(matching_.begin(), matching_.end());
  for (const std::uint32_t index : matching_) {
    for (const auto& [name, value] : sets_[index].shared) set_label(labels, name, value);
  }
}

void LabelSharing::end(bool ok) {
  if (cached_ && ok) collected_ = true;
  if (cached_ && collected_) return;
  // To be collected anew, by the next scrape.
  sets_.clear();
  groups_.clear();
  unconditional_.clear();
  kept_bytes_ = 0;
}

}  // namespace remora::checks::openmetrics
