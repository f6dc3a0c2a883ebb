#include "forwarder/transaction_queue.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace remora::forwarder {

std::size_t cost(const model::Payload& payload) { return payload.body->size() + kBookkeepingBytes; }

Lane TransactionQueue::lane_of(const Transaction& transaction) const {
  const model::Payload& payload = transaction.payload;
  if (order_ == Order::newest_first) return Lane{payload.path, 0, 0};
  return Lane{payload.path, transaction.key, payload.stream};
}

void TransactionQueue::add(Transaction transaction) {
  bytes_ += cost(transaction.payload);
  ++size_;
  const std::uint64_t order = transaction.order;
  lanes_[lane_of(transaction)].emplace(order, std::move(transaction));
}

std::optional<Transaction> TransactionQueue::take_next(
    const std::function<bool(const Lane&)>& allowed) {
  const bool newest = order_ == Order::newest_first;
  auto chosen = lanes_.end();
  std::uint64_t best = 0;
  for (auto lane = lanes_.begin(); lane != lanes_.end(); ++lane) {
    const std::uint64_t order = newest ? lane->second.rbegin()->first : lane->second.begin()->first;
    const bool better = chosen == lanes_.end() || (newest ? order > best : order < best);
    if (!better || !allowed(lane->first)) continue;
    chosen = lane;
    best = order;
  }
  if (chosen == lanes_.end()) return std::nullopt;
  return take(chosen, newest ? std::prev(chosen->second.end()) : chosen->second.begin());
}

std::optional<Transaction> TransactionQueue::take_oldest() {
  auto oldest = lanes_.end();
  for (auto lane = lanes_.begin(); lane != lanes_.end(); ++lane) {
    if (oldest == lanes_.end() || lane->second.begin()->first < oldest->second.begin()->first) {
      oldest = lane;
    }
  }
  if (oldest == lanes_.end()) return std::nullopt;
  return take(oldest, oldest->second.begin());
}

bool TransactionQueue::has(std::string_view path) const {
  return std::any_of(lanes_.begin(), lanes_.end(),
                     [path](const auto& lane) { return lane.first.path == path; });
}

Transaction TransactionQueue::take(Lanes::iterator lane, Waiting::iterator which) {
  Transaction transaction = std::move(which->second);
  lane->second.erase(which);
  if (lane->second.empty()) lanes_.erase(lane);
  bytes_ -= cost(transaction.payload);
  --size_;
  return transaction;
}

}  // namespace remora::forwarder
