#include "checks/openmetrics/label_joins.hpp"

#include <algorithm>

#include "checks/openmetrics/label_sharing.hpp"

namespace remora::checks::openmetrics {
namespace {

constexpr std::size_t kMaxEntries = 20'000;  // per set of labels to match
constexpr std::size_t kMaxAsked = 100'000;   // keys; with more nothing is forgotten

bool contains(const std::vector<std::string>& list, std::string_view text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

}  // namespace

Result<LabelJoins> LabelJoins::make(const std::vector<LabelJoin>& joins) {
  LabelJoins out;
  std::vector<std::pair<std::string, std::vector<std::string>>> wanted;
  for (const LabelJoin& join : joins) {
    if (join.labels_to_match.empty()) {
      return fail(Errc::invalid_config,
                  "label_joins: `" + join.metric + "`: labels_to_match is missing or empty");
    }
    std::vector<std::string> match = join.labels_to_match;
    std::sort(match.begin(), match.end());
    match.erase(std::unique(match.begin(), match.end()), match.end());
    if (match.size() == 1 && match[0] == "*") match.clear();
    if (std::none_of(out.mappings_.begin(), out.mappings_.end(),
                     [&](const Mapping& m) { return m.match == match; })) {
      out.mappings_.push_back({match, {}, {}});
    }
    wanted.emplace_back(join.metric, std::move(match));
  }
  std::stable_sort(out.mappings_.begin(), out.mappings_.end(), [](const auto& a, const auto& b) {
    return std::min<std::size_t>(a.match.size(), 2) < std::min<std::size_t>(b.match.size(), 2);
  });
  for (std::size_t i = 0; i < joins.size(); ++i) {
    Source source;
    source.get = joins[i].labels_to_get;
    source.all = contains(source.get, "*");
    while (out.mappings_[source.mapping].match != wanted[i].second) ++source.mapping;
    out.sources_.insert_or_assign(joins[i].metric, std::move(source));
  }
  return out;
}

bool LabelJoins::key_of(const Mapping& mapping, std::span<const Label> labels) {
  key_.clear();
  for (const std::string& name : mapping.match) {
    const auto label =
        std::find_if(labels.begin(), labels.end(), [&](const Label& l) { return l.name == name; });
    if (label == labels.end()) return false;
    if (!key_.empty()) key_ += ',';
    key_ += label->value;
  }
  return true;
}

void LabelJoins::collect(std::string_view family, const Sample& sample) {
  if (sample.value != 1) return;
  const Source& source = sources_.find(family)->second;
  Mapping& mapping = mappings_[source.mapping];
  if (!key_of(mapping, sample.labels)) return;
  auto it = mapping.entries.find(key_);
  if (it == mapping.entries.end()) {
    if (mapping.entries.size() == kMaxEntries) return;
    it = mapping.entries.emplace(key_, Pairs{}).first;
  }
  for (const Label& label : sample.labels) {
    if (source.all ? contains(mapping.match, label.name) : !contains(source.get, label.name)) {
      continue;
    }
    Pairs& pairs = it->second;
    const auto old = std::find_if(pairs.begin(), pairs.end(),
                                  [&](const auto& pair) { return pair.first == label.name; });
    if (old != pairs.end()) {
      old->second = label.value;
    } else {
      pairs.emplace_back(label.name, label.value);
    }
  }
}

void LabelJoins::populate(std::vector<Label>& labels) {
  for (Mapping& mapping : mappings_) {
    if (!key_of(mapping, labels)) continue;
    if (mapping.asked.size() < kMaxAsked) mapping.asked.insert(TextHash()(key_));
    const auto it = mapping.entries.find(key_);
    if (it == mapping.entries.end()) continue;
    for (const auto& [name, value] : it->second) set_label(labels, name, value);
  }
}

void LabelJoins::forget_unused() {
  for (Mapping& mapping : mappings_) {
    if (!mapping.asked.empty() && mapping.asked.size() < kMaxAsked) {
      std::erase_if(mapping.entries, [&](const auto& entry) {
        return !mapping.asked.contains(TextHash()(entry.first));
      });
    }
    mapping.asked.clear();
  }
}

}  // namespace remora::checks::openmetrics
