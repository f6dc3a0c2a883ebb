// A datagram or a frame as a listener received it, and who takes it.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <span>
#include <string_view>

namespace remora::dogstatsd {

enum class Transport : std::uint8_t { udp, uds_datagram, uds_stream };
[[nodiscard]] std::string_view to_string(Transport transport);  ///< "udp", "unixgram", "unix"

struct Packet {
  std::string_view bytes;  ///< valid during the call
  Transport transport = Transport::udp;
  pid_t pid = 0;             ///< of the sender, where credentials are read; 0 = not known
  bool credentials = false;  ///< credentials were asked for and came with the packet
  bool truncated = false;    ///< the datagram was longer than the buffer
};

/// Takes batches of packets. Must not block and must not keep the bytes.
class PacketSink {
 public:
  virtual ~PacketSink() = default;
  virtual void on_packets(std::span<const Packet> packets) = 0;
};

}  // namespace remora::dogstatsd
