#include "remora/core/byte_budget.hpp"

#include <algorithm>
#include <utility>

namespace remora::core {

ByteBudget::ByteBudget(std::string_view name, std::size_t floor, std::size_t ceiling,
                       ByteBudget* parent)
    : name_(name), floor_(floor), ceiling_(std::max(floor, ceiling)), parent_(parent) {}

ByteBudget::~ByteBudget() {
  if (parent_ != nullptr) parent_->give_back(borrowed(used_));
}

bool ByteBudget::fits(std::size_t bytes) const {
  if (closed_ || used_ > ceiling_ || bytes > ceiling_ - used_) return false;
  if (parent_ == nullptr) return true;
  const std::size_t more = borrowed(used_ + bytes) - borrowed(used_);
  return more == 0 || parent_->fits(more);
}

bool ByteBudget::try_take(std::size_t bytes) {
  if (!fits(bytes)) {
    ++refused_;
    return false;
  }
  take_anyway(bytes);
  return true;
}

void ByteBudget::take_anyway(std::size_t bytes) {
  if (parent_ != nullptr) parent_->take_anyway(borrowed(used_ + bytes) - borrowed(used_));
  used_ += bytes;
  peak_ = std::max(peak_, used_);
}

void ByteBudget::give_back(std::size_t bytes) {
  bytes = std::min(bytes, used_);
  if (parent_ != nullptr) parent_->give_back(borrowed(used_) - borrowed(used_ - bytes));
  used_ -= bytes;
}

std::optional<Charge> Charge::take(ByteBudget& budget, std::size_t bytes) {
  if (!budget.try_take(bytes)) return std::nullopt;
  return Charge(budget, bytes);
}

Charge Charge::take_anyway(ByteBudget& budget, std::size_t bytes) {
  budget.take_anyway(bytes);
  return Charge(budget, bytes);
}

Charge::Charge(Charge&& other) noexcept
    : budget_(std::exchange(other.budget_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}

Charge& Charge::operator=(Charge&& other) noexcept {
  if (this != &other) {
    release();
    budget_ = std::exchange(other.budget_, nullptr);
    bytes_ = std::exchange(other.bytes_, 0);
  }
  return *this;
}

bool Charge::grow(std::size_t more) {
  if (budget_ == nullptr || !budget_->try_take(more)) return false;
  bytes_ += more;
  return true;
}

void Charge::shrink_to(std::size_t bytes) {
  if (bytes >= bytes_) return;
  budget_->give_back(bytes_ - bytes);
  bytes_ = bytes;
}

bool Charge::move_to(ByteBudget& other) {
  if (budget_ == &other) return true;
  // Given back first: both may borrow from the same reserve, which must not count them twice.
  ByteBudget* const before = budget_;
  if (before != nullptr) before->give_back(bytes_);
  if (!other.try_take(bytes_)) {
    if (before != nullptr) before->take_anyway(bytes_);
    return false;
  }
  budget_ = &other;
  return true;
}

void Charge::release() {
  if (budget_ != nullptr) budget_->give_back(bytes_);
  budget_ = nullptr;
  bytes_ = 0;
}

}  // namespace remora::core
