// What the readers of one `Listeners` share.
#pragma once

#include <span>
#include <string_view>

#include "remora/core/clock.hpp"
#include "remora/core/log.hpp"
#include "remora/dogstatsd/packet.hpp"
#include "remora/telemetry/counters.hpp"

namespace remora::dogstatsd {

struct ReaderContext {
  explicit ReaderContext(telemetry::DogstatsdCounters& c) : counters(c) {}
  telemetry::DogstatsdCounters& counters;
  PacketSink* sink = nullptr;
  const core::Clock* clock = nullptr;
  core::SteadyTime last_packet{};
  bool handing_on = false;  ///< the sink has the batch: nobody may read into it
  core::LogThrottle throttle;

  /// Counts the packets and gives them to `to`.
  void hand_on(PacketSink& to, std::span<const Packet> packets, Transport transport);
  void read_failed(Transport transport, std::string_view socket, int error);
};

}  // namespace remora::dogstatsd
