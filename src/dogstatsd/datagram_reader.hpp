// Reads the datagram sockets in batches, at a pace that lets packets gather.
#pragma once

#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "dogstatsd/gather_pace.hpp"
#include "dogstatsd/paced_wait.hpp"
#include "dogstatsd/reader_context.hpp"
#include "dogstatsd/socket_open.hpp"
#include "remora/dogstatsd/packet.hpp"

namespace remora::dogstatsd {

/// The buffers of one recvmmsg. One serves all sockets of a loop: what was read is handed on before
/// the next read.
class PacketBatch {
 public:
  static constexpr std::size_t kPackets = 64;

  explicit PacketBatch(std::size_t buffer_size);
  PacketBatch(const PacketBatch&) = delete;
  PacketBatch& operator=(const PacketBatch&) = delete;

  /// At most `limit` packets, without waiting. Zero with `error` 0 when the socket is empty.
  [[nodiscard]] std::span<const Packet> receive(const BoundSocket& socket, bool credentials,
                                                std::size_t limit, int& error);

 private:
  struct Control {
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(ucred))> bytes;
  };
  std::size_t buffer_size_;
  // Not zeroed at the start: pages that no packet reached are never touched.
  std::unique_ptr<char[]> buffers_;
  std::array<iovec, kPackets> parts_{};
  std::array<Control, kPackets> controls_;
  std::array<mmsghdr, kPackets> heads_{};
  std::array<Packet, kPackets> packets_{};
};

/// Datagrams the kernel threw away at this socket. Kernel counters are 32 bits wide and wrap.
class KernelDrops {
 public:
  /// The kernel's present count. The first one is the base line.
  std::uint64_t update(std::uint32_t now) noexcept {
    total_ += static_cast<std::uint32_t>(now - last_);
    last_ = now;
    return total_;
  }
  [[nodiscard]] std::uint64_t total() const noexcept { return total_; }

 private:
  std::uint32_t last_ = 0;  // a new socket starts at zero
  std::uint64_t total_ = 0;
};

/// Drops of the socket with this inode in the text of /proc/net/udp or udp6; empty when not there.
[[nodiscard]] std::optional<std::uint32_t> drops_in_proc_net(std::string_view text,
                                                             std::uint64_t inode);

/// Threading: the loop. Lifetime: context and batch outlive `stop`; handlers that are still queued
/// then keep the reader itself alive and do nothing.
class DatagramReader : public std::enable_shared_from_this<DatagramReader> {
 public:
  DatagramReader(BoundSocket socket, bool credentials, ReaderContext& context, PacketBatch& batch);
  ~DatagramReader();

  void start(const asio::any_io_executor& executor);
  void stop();   ///< takes everything from the loop; the socket stays open
  void close();  ///< stops, closes, removes the socket file

  /// Reads until the socket is empty, `max_packets` are read, or it is time to let others work.
  std::size_t read(PacketSink& sink, std::size_t max_packets);
  [[nodiscard]] const BoundSocket& socket() const noexcept { return socket_; }
  [[nodiscard]] std::uint64_t kernel_drops() const;

 private:
  enum class ReadEnd : std::uint8_t { empty, limit, failed };
  struct Usage {
    std::size_t queued = 0;  ///< bytes, the kernel's accounting
    std::uint32_t drops = 0;
  };
  [[nodiscard]] std::optional<Usage> usage() const;
  void turn();
  void wait(GatherPace::Pause pause);
  [[nodiscard]] auto next_turn() {
    return [self = shared_from_this()] {
      if (self->running_) self->turn();
    };
  }

  BoundSocket socket_;
  bool credentials_;
  ReaderContext& context_;
  PacketBatch& batch_;
  GatherPace pace_;
  double unix_queue_ = 0;  ///< packets; Unix sockets only
  mutable KernelDrops drops_;
  PacedWait wait_;
  bool running_ = false;
  ReadEnd last_read_ = ReadEnd::empty;
  double fill_ = 0;               ///< when this turn began
  std::size_t turn_packets_ = 0;  ///< of this turn and those it was cut from
};

}  // namespace remora::dogstatsd
