#include "dogstatsd/reader_context.hpp"

#include <system_error>

namespace remora::dogstatsd {
namespace {

const core::Logger kLog("dogstatsd");

}  // namespace

void ReaderContext::hand_on(PacketSink& to, std::span<const Packet> packets, Transport transport) {
  const auto kind = static_cast<std::size_t>(transport);
  std::uint64_t bytes = 0, truncated = 0;
  for (const Packet& p : packets) {
    bytes += p.bytes.size();
    truncated += p.truncated ? 1 : 0;
  }
  counters.packets[kind].add(packets.size());
  counters.bytes[kind].add(bytes);
  counters.truncated[kind].add(truncated);
  handing_on = true;
  to.on_packets(packets);
  handing_on = false;
}

void ReaderContext::read_failed(Transport transport, std::string_view socket, int error) {
  counters.read_errors[static_cast<std::size_t>(transport)].add();
  if (throttle.allow(clock->now()))
    kLog.warn("cannot read a DogStatsD socket", {{"socket", socket},
                                                 {"reason", std::generic_category().message(error)},
                                                 {"suppressed", throttle.suppressed()}});
}

}  // namespace remora::dogstatsd
