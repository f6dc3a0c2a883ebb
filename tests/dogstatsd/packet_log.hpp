// A sink that remembers what it was given.
#pragma once

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "remora/dogstatsd/packet.hpp"

namespace remora::dogstatsd {

class PacketLog final : public PacketSink {
 public:
  struct Origin {
    Transport transport;
    pid_t pid;
    bool credentials;
  };

  void on_packets(std::span<const Packet> batch) override {
    if (during) during();
    largest_batch = std::max(largest_batch, batch.size());
    ++batches;
    for (const Packet& p : batch) {
      packets.emplace_back(p.bytes);
      truncated.push_back(p.truncated);
      origins.push_back({p.transport, p.pid, p.credentials});
    }
  }
  /// Where the first packet with this content came from.
  [[nodiscard]] Origin from(std::string_view content) const {
    const auto found = std::find(packets.begin(), packets.end(), content);
    return origins.at(static_cast<std::size_t>(found - packets.begin()));
  }

  std::function<void()> during;  ///< called first in every batch
  std::vector<std::string> packets;
  std::vector<bool> truncated;
  std::vector<Origin> origins;
  std::size_t largest_batch = 0, batches = 0;
};

}  // namespace remora::dogstatsd
