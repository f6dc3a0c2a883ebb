// What waits for one domain, in lanes that can be held back one by one.
//
// New payloads need no queue of their own. Newest first: they overtake what waits, so that after an
// outage the current values arrive at once and the past is filled in behind them. Oldest first:
// they join the end, and a retry takes its old place at the front.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string_view>

#include "remora/core/byte_budget.hpp"
#include "remora/forwarder/policy.hpp"
#include "remora/forwarder/receipt.hpp"
#include "remora/model/payload.hpp"

namespace remora::forwarder {

/// One payload for one key of one domain.
struct Transaction {
  model::Payload payload;
  std::size_t key = 0;      ///< index into the keys of the domain
  std::uint64_t order = 0;  ///< of submission; a retry keeps it
  core::Charge charge;      ///< `cost` bytes of the budget of the domain
  Receipt receipt;          ///< only of the transaction that decides: first domain, first key
};

/// Memory of a transaction besides its body: the object, the nodes of map and shared_ptr, what
/// malloc adds to each of them. With glibc 176 bytes for the node of the map, 64 for the shared
/// body, 16 for its buffer.
inline constexpr std::size_t kBookkeepingBytes = 256;
static_assert(sizeof(Transaction) <= 128);

/// Bytes a payload stands for. A body shared by two keys counts twice: the bound errs to the safe
/// side.
[[nodiscard]] std::size_t cost(const model::Payload& payload);

/// What is delivered one after the other where order counts. Newest first, a path is one lane.
struct Lane {
  std::string_view path;  ///< a literal
  std::size_t key = 0;
  std::uint32_t stream = 0;
  auto operator<=>(const Lane&) const = default;
};

class TransactionQueue {
 public:
  explicit TransactionQueue(Order order = Order::newest_first) : order_(order) {}

  void add(Transaction transaction);
  [[nodiscard]] Lane lane_of(const Transaction& transaction) const;
  /// The next transaction of the lanes that `allowed` accepts. Asked once per lane.
  [[nodiscard]] std::optional<Transaction> take_next(
      const std::function<bool(const Lane&)>& allowed);
  [[nodiscard]] std::optional<Transaction> take_oldest();

  [[nodiscard]] bool has(std::string_view path) const;
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

 private:
  using Waiting = std::map<std::uint64_t, Transaction>;
  using Lanes = std::map<Lane, Waiting>;
  Transaction take(Lanes::iterator lane, Waiting::iterator which);

  Order order_;
  Lanes lanes_;  ///< none is empty
  std::size_t size_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace remora::forwarder
