// Families kept for later in this scrape, as compactly as they came.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "remora/checks/openmetrics/exposition.hpp"

namespace remora::checks::openmetrics {

class HeldFamilies {
 public:
  /// A family that has no room is left out with its samples, for which `add` says so.
  void begin_family(const Family& family);
  /// Of the last family. False: no more room, it is not kept.
  [[nodiscard]] bool add(const Sample& sample);
  [[nodiscard]] bool empty() const noexcept { return families_.empty(); }
  [[nodiscard]] bool without_samples() const noexcept { return samples_.empty(); }
  void clear();
  /// As if they came from the parser again, in the same order.
  void replay(ExpositionHandler& to) const;
  /// Samples of the last family.
  template <class F>
  void each_sample_of_last(F&& f) const {
    std::vector<Label> labels;
    for (std::size_t i = families_.back().first_sample; i < samples_.size(); ++i) {
      f(sample(i, labels));
    }
  }

 private:
  struct Piece {
    std::uint32_t offset = 0, size = 0;
  };
  struct HeldLabel {
    Piece name, value;
  };
  struct HeldSample {
    double value;
    Piece name;
    std::uint32_t first_label, labels;
  };
  struct HeldFamily {
    Piece name;
    FamilyType type;
    std::size_t first_sample;
  };

  [[nodiscard]] std::size_t bytes() const noexcept;
  Piece keep(std::string_view text);
  std::string_view view(Piece piece) const {
    return std::string_view(text_).substr(piece.offset, piece.size);
  }
  Sample sample(std::size_t index, std::vector<Label>& labels) const;

  bool full_ = false;
  std::string text_;
  std::vector<HeldLabel> labels_;
  std::vector<HeldSample> samples_;
  std::vector<HeldFamily> families_;
};

}  // namespace remora::checks::openmetrics
