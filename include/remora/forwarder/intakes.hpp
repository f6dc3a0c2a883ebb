// All intakes of the agent: what the stop sequence asks of them at once.
#pragma once

#include <cstddef>
#include <vector>

#include "remora/core/async.hpp"
#include "remora/core/clock.hpp"
#include "remora/forwarder/intake.hpp"

namespace remora::forwarder {

/// Threading: the loop. Lifetime: the intakes outlive it, and every wait for them.
class Intakes {
 public:
  void add(Intake& intake) { intakes_.push_back(&intake); }

  /// `Intake::send_all` of all at the same time.
  asio::awaitable<void> send_all(core::SteadyTime deadline);
  /// `Intake::drain` of all at the same time; one that hangs takes nothing from the others.
  asio::awaitable<DrainReport> drain(core::SteadyTime deadline);
  [[nodiscard]] std::size_t queued_bytes() const;

 private:
  std::vector<Intake*> intakes_;
};

}  // namespace remora::forwarder
