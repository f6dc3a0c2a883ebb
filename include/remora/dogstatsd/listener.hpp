// The sockets of DogStatsD: UDP, Unix datagram, Unix stream.
//
// Sockets are bound by `open`, before anything else of the agent exists, so that the kernel keeps
// what applications send meanwhile. Reading is in batches (recvmmsg); when a batch was worth it the
// next read waits a moment so that packets gather, bounded by how fast the socket's buffer fills.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "remora/core/async.hpp"
#include "remora/core/clock.hpp"
#include "remora/core/error.hpp"
#include "remora/dogstatsd/packet.hpp"
#include "remora/telemetry/counters.hpp"
#include "remora/telemetry/health.hpp"
#include "remora/telemetry/status.hpp"

namespace remora::dogstatsd {

struct ListenerOptions {
  int udp_port = 8125;         ///< 0 = no UDP
  bool any_free_port = false;  ///< tests: bind a free UDP port in place of `udp_port`
  std::string bind_host = "localhost";
  std::chrono::milliseconds look_up_limit{5'000};  ///< of a `bind_host` that is a name
  std::function<void()> before_look_up;            ///< tests: hangs as a name server may
  bool non_local_traffic = false;                  ///< all addresses (dual stack)
  std::string datagram_socket;                     ///< path; empty = off
  /// False: nobody asked for that socket, it is only the default, and a place where it cannot be
  /// (a read-only root) is worth an info line, no warning.
  bool datagram_socket_wanted = true;
  std::string stream_socket;       ///< path; empty = off
  bool credentials = false;        ///< DD_DOGSTATSD_ORIGIN_DETECTION: SO_PASSCRED
  std::size_t buffer_size = 8192;  ///< largest datagram, bytes; of a frame, when over 64 KiB
  std::size_t receive_buffer =
      0;  ///< SO_RCVBUF asked for; 0 = as much as the kernel gives, at most 4 MiB
  std::size_t max_stream_connections = 512;
  std::chrono::milliseconds stream_frame_timeout{10'000};  ///< a frame begun must end by then
};

/// What one socket reports of itself.
struct SocketReport {
  Transport transport = Transport::udp;
  std::string address;             ///< "127.0.0.1:8125" or the path
  std::size_t receive_buffer = 0;  ///< the kernel's answer, bytes (its accounting, not payload)
  std::uint64_t kernel_drops = 0;  ///< datagrams the kernel threw away since the socket was opened
  std::size_t connections = 0;     ///< open ones, of a stream socket
};

/// Threading: the loop. Lifetime: sink, counters and health outlive it.
class Listeners final : public telemetry::StatusSource {
 public:
  /// Binds all sockets; needs no loop yet. A socket that cannot be had is named in `warnings` and
  /// left out: metrics of the others still flow. A stale socket file is removed; anything else at
  /// the path is not touched and refused. Mode of the socket files: 0722.
  [[nodiscard]] static std::unique_ptr<Listeners> open(ListenerOptions options,
                                                       telemetry::DogstatsdCounters& counters,
                                                       std::vector<std::string>& warnings);
  ~Listeners() override;  ///< closes, and removes the socket files it made

  /// Receives until cancelled; `health` beats at least every 5 s.
  [[nodiscard]] asio::awaitable<void> run(PacketSink& sink, core::Clock& clock,
                                          telemetry::HealthComponent& health);
  /// Reads what the datagram sockets hold, without waiting, `max_packets` at most: for long work on
  /// the loop, and for the last moments of a stop. Returns how many packets were read.
  std::size_t poll(PacketSink& sink, std::size_t max_packets);

  [[nodiscard]] bool any() const noexcept;  ///< at least one socket is open
  [[nodiscard]] std::uint16_t udp_port() const noexcept;
  [[nodiscard]] std::vector<SocketReport> sockets() const;
  /// When the last packet came; the epoch of the clock when none did.
  [[nodiscard]] core::SteadyTime last_packet() const noexcept;
  [[nodiscard]] telemetry::StatusNode status() const override;

 private:
  struct Impl;
  explicit Listeners(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;  ///< shared with `run`, which may end after us
};

}  // namespace remora::dogstatsd
