// Memory as a number that is asked before it is used: budgets, and receipts that travel with bytes.
//
// A budget has a floor, which is its own whatever the others do, and a ceiling. What it uses
// between the two is borrowed from its parent, the common reserve, and given back first. A reserve
// that is closed lends nothing more; what was lent stays lent.
//
// Threading: the loop. Lifetime: a parent outlives its budgets, a budget outlives its charges.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace remora::core {

class ByteBudget {
 public:
  /// Bytes. A ceiling below the floor is raised to it. Without a parent the ceiling alone counts.
  ByteBudget(std::string_view name, std::size_t floor, std::size_t ceiling,
             ByteBudget* parent = nullptr);
  ~ByteBudget();
  ByteBudget(const ByteBudget&) = delete;
  ByteBudget& operator=(const ByteBudget&) = delete;

  /// All of `bytes` or none. A refusal is counted.
  [[nodiscard]] bool try_take(std::size_t bytes);
  /// What `try_take` would say, uncounted.
  [[nodiscard]] bool fits(std::size_t bytes) const;
  /// For bytes that are there already and must be kept: beyond the ceiling if need be.
  void take_anyway(std::size_t bytes);
  /// Only what was taken.
  void give_back(std::size_t bytes);

  /// A closed reserve lends nothing; what its budgets have below their floors is not touched.
  void close(bool closed) noexcept { closed_ = closed; }

  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] std::size_t floor() const noexcept { return floor_; }
  [[nodiscard]] std::size_t ceiling() const noexcept { return ceiling_; }
  [[nodiscard]] std::size_t used() const noexcept { return used_; }
  [[nodiscard]] std::size_t peak() const noexcept { return peak_; }
  [[nodiscard]] std::uint64_t refused() const noexcept { return refused_; }
  [[nodiscard]] bool closed() const noexcept { return closed_; }

 private:
  [[nodiscard]] std::size_t borrowed(std::size_t used) const noexcept {
    return used > floor_ ? used - floor_ : 0;
  }

  std::string name_;
  std::size_t floor_, ceiling_;
  ByteBudget* parent_;
  std::size_t used_ = 0, peak_ = 0;
  std::uint64_t refused_ = 0;
  bool closed_ = false;
};

/// The receipt for bytes of a budget: moves with the value that holds them and gives them back when
/// the value goes. Empty after a move.
class Charge {
 public:
  Charge() = default;
  /// Nothing when the budget refuses.
  [[nodiscard]] static std::optional<Charge> take(ByteBudget& budget, std::size_t bytes);
  /// See ByteBudget::take_anyway.
  [[nodiscard]] static Charge take_anyway(ByteBudget& budget, std::size_t bytes);
  ~Charge() { release(); }
  Charge(Charge&& other) noexcept;
  Charge& operator=(Charge&& other) noexcept;

  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }
  /// For a value that grows. False, and nothing changed, when the budget refuses or there is none.
  [[nodiscard]] bool grow(std::size_t more);
  /// Gives back what is above `bytes`, as when a buffer was compressed.
  void shrink_to(std::size_t bytes);
  /// Hands the bytes to another budget, as when a value changes its owner: counted by exactly one
  /// of the two at any time. False, and nothing changed, when the other refuses.
  [[nodiscard]] bool move_to(ByteBudget& other);
  void release();

 private:
  Charge(ByteBudget& budget, std::size_t bytes) : budget_(&budget), bytes_(bytes) {}

  ByteBudget* budget_ = nullptr;
  std::size_t bytes_ = 0;
};

}  // namespace remora::core
