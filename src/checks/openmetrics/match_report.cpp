#include "checks/openmetrics/match_report.hpp"

#include <algorithm>

#include "remora/core/edit_distance.hpp"

namespace remora::checks::openmetrics {
namespace {

constexpr std::uint64_t kFirstPages = 3, kEvery = 40;
constexpr std::size_t kMaxNames = 20'000;
constexpr std::size_t kMaxBytes = 1u << 20;
constexpr std::size_t kShown = 3;  // names of one sentence
constexpr std::size_t kCompared =
    2'000;  // names of a page that one is compared with letter by letter
constexpr std::size_t kLongestShown = 80;  // bytes of a name
constexpr std::string_view kTotal = "_total";

std::string quoted(std::string_view name) {
  std::string out = "`";
  out.append(name.substr(0, kLongestShown));
  if (name.size() > kLongestShown) out += "...";
  return out + '`';
}

std::string_view without_total(std::string_view name) {
  if (name.ends_with(kTotal)) name.remove_suffix(kTotal.size());
  return name;
}

/// Lower case, other separators as underscores, no `_total`: what a name has in common with the one
/// that was meant.
std::string plain(std::string_view name) {
  std::string out;
  for (const char c : without_total(name)) {
    out += c == '.' || c == '-' || c == ':' ? '_'
           : c >= 'A' && c <= 'Z'           ? static_cast<char>(c + 32)
                                            : c;
  }
  return out;
}

}  // namespace

void MatchReport::begin() {
  looking_ = pages_ < kFirstPages || pages_ % kEvery == 0 || !remarks_.empty();
  seen_.clear();
  known_.clear();
  without_type_.clear();
  without_types_ = bytes_ = 0;
  too_many_ = any_wanted_ = false;
}

void MatchReport::family(const Family& family, Fate fate) {
  any_wanted_ = any_wanted_ || fate == Fate::wanted;
  if (known_.contains(family.name)) return;
  bytes_ += family.name.size();
  if (seen_.size() == kMaxNames || bytes_ > kMaxBytes) {
    too_many_ = true;
    return;
  }
  known_.emplace(family.name);
  seen_.push_back({std::string(family.name), family.type});
  if (fate != Fate::without_type) return;
  ++without_types_;
  if (without_type_.size() < kShown) without_type_.push_back(quoted(family.name));
}

void MatchReport::end(bool whole) {
  // Of a part of a page, or of a very long one, it is not known what is missing.
  if (looking_ && whole && !too_many_) {
    ++pages_;
    compare();
  } else if (whole) {
    ++pages_;
  }
  looking_ = false;
  seen_ = {};
  known_ = {};
}

std::string MatchReport::examples() const {
  if (seen_.empty()) return "The page has no metric at all";
  std::string out = "The page has ";
  for (std::size_t i = 0; i < seen_.size() && i < kShown; ++i) {
    out.append(i == 0 ? "" : ", ").append(quoted(seen_[i].name));
  }
  if (seen_.size() > kShown) {
    out += " and " + std::to_string(seen_.size() - kShown) + " more";
  }
  return out;
}

/// What to say of the name that was meant; empty when none is near.
std::string MatchReport::nearest(std::string_view key) const {
  const std::string meant = plain(key);
  core::Nearest slip(meant, core::slip_limit(meant));
  std::string_view ending;
  std::size_t compared = 0;
  for (const Seen& seen : seen_) {
    const std::string candidate = plain(seen.name);
    if (candidate == meant) {
      std::string out = quoted(seen.name);
      if (words_.total_is_cut && seen.type == FamilyType::counter && key.ends_with(kTotal)) {
        out += ", counters are named without `_total`";
      }
      return out;
    }
    // The parts of a histogram or summary go by its name.
    const std::string_view rest = std::string_view(meant).starts_with(candidate)
                                      ? std::string_view(meant).substr(candidate.size())
                                      : std::string_view();
    if ((rest == "_bucket" || rest == "_sum" || rest == "_count") &&
        (seen.type == FamilyType::histogram || seen.type == FamilyType::summary)) {
      return quoted(seen.name) + ", a " + std::string(to_string(seen.type)) +
             " is named as a whole";
    }
    if (ending.empty() && meant.size() > 3 && candidate.size() > meant.size() &&
        candidate.ends_with('_' + meant)) {
      ending = seen.name;
    }
    if (compared < kCompared && candidate.size() + 3 >= meant.size() &&
        candidate.size() <= meant.size() + 3) {
      ++compared;
      slip.consider(seen.name);
    }
  }
  if (!slip.found().empty()) return quoted(slip.found());
  return ending.empty() ? std::string() : quoted(ending);
}

void MatchReport::compare() {
  remarks_.clear();
  std::vector<std::string_view> missing;
  for (const std::string& name : names_) {
    const bool other_spelling =
        !words_.total_is_cut &&
        (known_.contains(without_total(name)) || known_.contains(std::string(name).append(kTotal)));
    if (!known_.contains(name) && !other_spelling) missing.push_back(name);
  }
  const std::size_t missing_names = missing.size();
  for (const Pattern& pattern : patterns_) {
    const bool found = std::any_of(seen_.begin(), seen_.end(),
                                   [&](const Seen& seen) { return pattern.matches(seen.name); });
    if (!found) missing.push_back(pattern.key);
  }
  const std::size_t entries = names_.size() + patterns_.size();
  if (!missing.empty()) {
    Remark remark;
    remark.nothing_sent = !any_wanted_;
    remark.text = missing.size() == entries
                      ? "nothing of the page matches `metrics`"
                      : std::to_string(missing.size()) + " of " + std::to_string(entries) +
                            " entries of `metrics` match nothing of the page";
    for (std::size_t i = 0; i < missing.size() && i < kShown; ++i) {
      remark.text.append(i == 0 ? ": " : "; ").append(quoted(missing[i]));
      const std::string near = i < missing_names ? nearest(missing[i]) : std::string();
      if (!near.empty()) remark.text.append(" (nearest: ").append(near).append(")");
    }
    if (missing.size() > kShown) {
      remark.text += "; and " + std::to_string(missing.size() - kShown) + " more";
    }
    remark.text += ". " + examples();
    remarks_.push_back(std::move(remark));
  }
  if (without_types_ > 0) {
    Remark remark;
    remark.nothing_sent = !any_wanted_;
    remark.text = "without a type on the page, and left out: ";
    for (std::size_t i = 0; i < without_type_.size(); ++i) {
      remark.text.append(i == 0 ? "" : ", ").append(without_type_[i]);
    }
    if (without_types_ > without_type_.size()) {
      remark.text += " and " + std::to_string(without_types_ - without_type_.size()) + " more";
    }
    remark.text += "; " + std::string(words_.type_option);
    remarks_.push_back(std::move(remark));
  }
}

}  // namespace remora::checks::openmetrics
