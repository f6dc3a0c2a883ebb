#include "checks/openmetrics/held_families.hpp"

namespace remora::checks::openmetrics {
namespace {

constexpr std::size_t kMaxBytes = 32u << 20;

}  // namespace

HeldFamilies::Piece HeldFamilies::keep(std::string_view text) {
  const Piece piece{static_cast<std::uint32_t>(text_.size()),
                    static_cast<std::uint32_t>(text.size())};
  text_.append(text);
  return piece;
}

std::size_t HeldFamilies::bytes() const noexcept {
  return text_.size() + labels_.size() * sizeof(HeldLabel) + samples_.size() * sizeof(HeldSample) +
         families_.size() * sizeof(HeldFamily);
}

void HeldFamilies::begin_family(const Family& family) {
  full_ = bytes() + family.name.size() > kMaxBytes;
  if (!full_) families_.push_back({keep(family.name), family.type, samples_.size()});
}

bool HeldFamilies::add(const Sample& sample) {
  if (full_) return false;
  std::size_t bytes = this->bytes() + sample.name.size();
  for (const Label& label : sample.labels) bytes += label.name.size() + label.value.size();
  if (bytes > kMaxBytes) return false;
  HeldSample held{sample.value,
                  {},
                  static_cast<std::uint32_t>(labels_.size()),
                  static_cast<std::uint32_t>(sample.labels.size())};
  // The samples of a family mostly share their name, and neighbours their labels' names.
  const HeldSample* last =
      samples_.size() > families_.back().first_sample ? &samples_.back() : nullptr;
  held.name = last != nullptr && view(last->name) == sample.name ? last->name : keep(sample.name);
  for (std::size_t i = 0; i < sample.labels.size(); ++i) {
    const Label& label = sample.labels[i];
    HeldLabel kept;
    const HeldLabel* above =
        last != nullptr && i < last->labels ? &labels_[last->first_label + i] : nullptr;
    kept.name =
        above != nullptr && view(above->name) == label.name ? above->name : keep(label.name);
    kept.value =
        above != nullptr && view(above->value) == label.value ? above->value : keep(label.value);
    labels_.push_back(kept);
  }
  samples_.push_back(held);
  return true;
}

void HeldFamilies::clear() { *this = {}; }

Sample HeldFamilies::sample(std::size_t index, std::vector<Label>& labels) const {
  const HeldSample& held = samples_[index];
  labels.clear();
  for (std::uint32_t i = 0; i < held.labels; ++i) {
    const HeldLabel& label = labels_[held.first_label + i];
    labels.push_back({view(label.name), view(label.value)});
  }
  return {view(held.name), labels, held.value};
}

void HeldFamilies::replay(ExpositionHandler& to) const {
  std::vector<Label> labels;
  for (std::size_t i = 0; i < families_.size(); ++i) {
    const std::size_t end =
        i + 1 < families_.size() ? families_[i + 1].first_sample : samples_.size();
    if (to.family({view(families_[i].name), families_[i].type})) {
      for (std::size_t s = families_[i].first_sample; s < end; ++s) to.sample(sample(s, labels));
    }
    to.end_family();
  }
}

}  // namespace remora::checks::openmetrics
