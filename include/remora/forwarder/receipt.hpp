// The answer a source waits for: what became of one payload.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

namespace remora::forwarder {

enum class Fate : std::uint8_t {
  delivered,  ///< the main endpoint has it
  rejected,   ///< the main endpoint will never take it: status 400, 403, 413
  dropped,    ///< it made room for others, or the agent stopped first
};

/// Settled exactly once, whatever happens: one that is destroyed unsettled says `dropped`. The
/// function runs on the loop, inside the forwarder: it must neither throw nor submit.
/// Threading: the loop.
class Receipt {
 public:
  /// Nobody waits.
  Receipt() = default;
  explicit Receipt(std::function<void(Fate)> settled)
      : settled_(std::make_unique<std::function<void(Fate)>>(std::move(settled))) {}
  ~Receipt() { settle(Fate::dropped); }
  Receipt(Receipt&& other) noexcept : settled_(std::exchange(other.settled_, nullptr)) {}
  Receipt& operator=(Receipt&& other) noexcept {
    if (this != &other) {
      settle(Fate::dropped);
      settled_ = std::exchange(other.settled_, nullptr);
    }
    return *this;
  }

  void settle(Fate fate) {
    if (const auto settled = std::exchange(settled_, nullptr)) (*settled)(fate);
  }
  /// Nothing has happened: the source keeps what it asked for.
  void withdraw() noexcept { settled_ = nullptr; }

 private:
  /// One word: most payloads have none, and thousands of them may wait.
  std::unique_ptr<std::function<void(Fate)>> settled_;
};

}  // namespace remora::forwarder
