#include "dogstatsd/frame_assembler.hpp"

#include <algorithm>

namespace remora::dogstatsd {

FrameAssembler::Step FrameAssembler::check(const char* header) {
  length_ = 0;
  for (std::size_t i = 0; i < kHeader; ++i)
    length_ |= std::uint32_t{static_cast<unsigned char>(header[i])} << (8 * i);
  if (length_ == 0) return Step::empty;
  return length_ > longest_ ? Step::too_long : Step::frame;
}

FrameAssembler::Step FrameAssembler::next(std::string_view& frame) {
  if (!begun_.empty() && !begun_given_) {
    const auto take = [this](std::size_t whole) {
      const std::size_t n = std::min(whole - std::min(whole, begun_.size()), input_.size());
      begun_.append(input_.substr(0, n));
      input_.remove_prefix(n);
      return begun_.size() >= whole;
    };
    if (!take(kHeader)) return Step::more;
    if (const Step step = check(begun_.data()); step != Step::frame) return step;
    if (!take(kHeader + length_)) return Step::more;
    begun_given_ = true;
    frame = std::string_view(begun_).substr(kHeader);
    return Step::frame;
  }
  if (input_.size() < kHeader) return Step::more;
  if (const Step step = check(input_.data()); step != Step::frame) return step;
  if (input_.size() - kHeader < length_) return Step::more;
  frame = input_.substr(kHeader, length_);
  input_.remove_prefix(kHeader + length_);
  return Step::frame;
}

void FrameAssembler::keep_rest() {
  if (begun_given_) {
    std::string().swap(begun_);  // an idle connection holds no memory
    begun_given_ = false;
  }
  begun_.append(input_);
  input_ = {};
}

void FrameAssembler::forget() {
  std::string().swap(begun_);
  begun_given_ = false;
  input_ = {};
}

FrameAssembler::Inside FrameAssembler::inside() const noexcept {
  if (begun_.empty()) return Inside::nothing;
  return begun_.size() < kHeader ? Inside::header : Inside::payload;
}

}  // namespace remora::dogstatsd
