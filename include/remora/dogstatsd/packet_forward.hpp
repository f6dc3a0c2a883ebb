// A copy of every packet to another DogStatsD: DD_STATSD_FORWARD_HOST and _PORT.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "remora/core/clock.hpp"
#include "remora/core/error.hpp"
#include "remora/dogstatsd/packet.hpp"
#include "remora/telemetry/counters.hpp"

namespace remora::dogstatsd {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t length = 0;
};
/// Blocking; called on a thread of its own, must not touch anything of the caller.
using ForwardLookUp = std::function<Result<SocketAddress>(const std::string& host, std::uint16_t)>;
/// getaddrinfo for UDP.
[[nodiscard]] Result<SocketAddress> look_up_udp(const std::string& host, std::uint16_t port);

/// Never blocks: what the kernel does not take at once, and what comes before the host's name is
/// known, is counted in `forward_errors` and dropped. A name is looked up once, and again every 30
/// s while that fails. Threading: the loop. Lifetime: clock and counters outlive it.
class PacketForward final : public PacketSink {
 public:
  PacketForward(std::string host, std::uint16_t port, const core::Clock& clock,
                telemetry::DogstatsdCounters& counters, ForwardLookUp look_up = look_up_udp);
  ~PacketForward() override;

  void on_packets(std::span<const Packet> packets) override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace remora::dogstatsd
