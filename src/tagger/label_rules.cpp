#include "tagger/label_rules.hpp"

#include "remora/core/ascii.hpp"

namespace remora::tagger {
namespace {

constexpr std::string_view kLabelVariable = "%%label%%";

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::string with_label(std::string_view name, std::string_view label) {
  std::string out;
  for (;;) {
    const auto at = name.find(kLabelVariable);
    out.append(name.substr(0, at));
    if (at == std::string_view::npos) return out;
    out.append(label);
    name.remove_prefix(at + kLabelVariable.size());
  }
}

}  // namespace

bool glob_matches(std::string_view pattern, std::string_view text) {
  // Greedy with one point to return to: the last star. Linear in space, at worst quadratic in time.
  std::size_t p = 0, t = 0, after_star = std::string_view::npos, star_text = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      after_star = ++p;
      star_text = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (after_star != std::string_view::npos) {
      p = after_star;
      t = ++star_text;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

LabelRules LabelRules::parse(const std::map<std::string, std::string>& config,
                             std::vector<std::string>& warnings) {
  LabelRules out;
  for (const auto& [label, names] : config) {
    Rule rule;
    rule.glob = core::ascii_lower(trim(label));
    // Named in the capture: clang 14, which builds the fuzz targets, cannot capture a binding.
    const auto warn = [&, &label = label](std::string_view why) {
      warnings.push_back("container_labels_as_tags: \"" + label + "\" " + std::string(why) +
                         "; left out");
    };
    if (rule.glob.empty()) {
      warn("names no label");
      continue;
    }
    std::string_view rest = names;
    bool bad = false;
    for (;;) {
      const auto comma = rest.find(',');
      std::string_view name = trim(rest.substr(0, comma));
      Cardinality level = Cardinality::low;
      if (name.starts_with('+')) {
        level = Cardinality::high;
        name = trim(name.substr(1));
      }
      if (name.empty() || name.find(':') != std::string_view::npos) {
        bad = true;
      } else {
        rule.targets.push_back({std::string(name), level});
      }
      if (comma == std::string_view::npos) break;
      rest.remove_prefix(comma + 1);
    }
    if (bad) warn("has a tag name that is empty or contains ':'");
    if (!rule.targets.empty()) out.rules_.push_back(std::move(rule));
  }
  return out;
}

bool LabelRules::matches(std::string_view label) const {
  if (rules_.empty()) return false;
  const std::string lower = core::ascii_lower(label);
  for (const Rule& rule : rules_) {
    if (glob_matches(rule.glob, lower)) return true;
  }
  return false;
}

void LabelRules::apply(std::string_view label, std::string_view value, TagBuilder& out) const {
  if (rules_.empty()) return;
  const std::string lower = core::ascii_lower(label);
  for (const Rule& rule : rules_) {
    if (!glob_matches(rule.glob, lower)) continue;
    for (const Target& target : rule.targets) {
      out.add(target.level, with_label(target.name, label), value);
    }
  }
}

}  // namespace remora::tagger
