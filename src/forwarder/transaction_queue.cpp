#include "forwarder/transaction_queue.hpp"

#include <iterator>
#include <utility>

namespace remora::forwarder {

std::size_t cost(const Transaction& transaction) {
  return transaction.payload.body->size() + kBookkeepingBytes;
}

void TransactionQueue::add(Transaction transaction) {
  bytes_ += cost(transaction);
  ++size_;
  const std::uint64_t order = transaction.order;
  by_path_[transaction.payload.path].emplace(order, std::move(transaction));
}

std::optional<Transaction> TransactionQueue::take_newest(
    const std::function<bool(std::string_view path)>& allowed) {
  Waiting* newest = nullptr;
  for (auto& [path, waiting] : by_path_) {
    if (waiting.empty() || !allowed(path)) continue;
    if (newest == nullptr || waiting.rbegin()->first > newest->rbegin()->first) newest = &waiting;
  }
  if (newest == nullptr) return std::nullopt;
  return take(*newest, std::prev(newest->end()));
}

std::optional<Transaction> TransactionQueue::take_oldest() {
  Waiting* oldest = nullptr;
  for (auto& [path, waiting] : by_path_) {
    if (waiting.empty()) continue;
    if (oldest == nullptr || waiting.begin()->first < oldest->begin()->first) oldest = &waiting;
  }
  if (oldest == nullptr) return std::nullopt;
  return take(*oldest, oldest->begin());
}

bool TransactionQueue::has(std::string_view path) const {
  const auto found = by_path_.find(path);
  return found != by_path_.end() && !found->second.empty();
}

Transaction TransactionQueue::take(Waiting& waiting, Waiting::iterator which) {
  Transaction transaction = std::move(which->second);
  waiting.erase(which);
  bytes_ -= cost(transaction);
  --size_;
  return transaction;
}

}  // namespace remora::forwarder
