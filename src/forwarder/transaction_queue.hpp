// What waits for one domain: delivered newest first, dropped oldest first.
//
// New payloads need no queue of their own: they are the newest. After an outage the current values
// arrive at once and the past is filled in behind them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string_view>

#include "remora/model/payload.hpp"

namespace remora::forwarder {

/// One payload for one key of one domain.
struct Transaction {
  model::Payload payload;
  std::size_t key = 0;      ///< index into the keys of the domain
  std::uint64_t order = 0;  ///< of submission; a retry keeps it
};

/// Memory of a transaction besides its body: the object, the nodes of map and shared_ptr, what
/// malloc adds to each of them. Measured at about 240 bytes with glibc.
inline constexpr std::size_t kBookkeepingBytes = 256;

/// Bytes a transaction stands for. A body shared by two keys counts twice: the bound errs to the
/// safe side.
[[nodiscard]] std::size_t cost(const Transaction& transaction);

class TransactionQueue {
 public:
  void add(Transaction transaction);
  /// The newest transaction of the paths that `allowed` accepts. Asked once per path.
  [[nodiscard]] std::optional<Transaction> take_newest(
      const std::function<bool(std::string_view path)>& allowed);
  [[nodiscard]] std::optional<Transaction> take_oldest();

  [[nodiscard]] bool has(std::string_view path) const;
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

 private:
  using Waiting = std::map<std::uint64_t, Transaction>;
  Transaction take(Waiting& waiting, Waiting::iterator which);

  std::map<std::string_view, Waiting> by_path_;  ///< paths are literals; there are a handful
  std::size_t size_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace remora::forwarder
