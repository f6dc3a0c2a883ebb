// All intakes of the agent: what the stop sequence asks of them at once.
#pragma once

#include <cstddef>
#include <vector>

#include "remora/core/async.hpp"
#include "remora/core/clock.hpp"
#include "remora/forwarder/forwarder.hpp"

namespace remora::forwarder {

/// Threading: the loop. Lifetime: the intakes outlive it, and every wait for them.
class Intakes {
 public:
  void add(Forwarder& intake) { intakes_.push_back(&intake); }

  /// `Forwarder::send_all` of all at the same time.
  asio::awaitable<void> send_all(core::SteadyTime deadline);
  /// `Forwarder::drain` of all at the same time; one that hangs takes nothing from the others.
  asio::awaitable<DrainReport> drain(core::SteadyTime deadline);
  [[nodiscard]] std::size_t queued_bytes() const;

 private:
  std::vector<Forwarder*> intakes_;
};

}  // namespace remora::forwarder
