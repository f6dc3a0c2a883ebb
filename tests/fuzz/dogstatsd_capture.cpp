// A capture file as `agent dogstatsd-replay` reads it from whoever made it.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>

#include "remora/dogstatsd/capture.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace remora;
  std::size_t at = 0;
  auto reader = dogstatsd::CaptureReader::open([&](std::span<char> into) -> Result<std::size_t> {
    const std::size_t n = std::min(into.size(), size - at);
    std::copy_n(data + at, n, into.begin());
    at += n;
    return n;
  });
  if (!reader) return 0;
  // What was read is written again; that file reads as the same packets.
  std::string copy;
  dogstatsd::append_capture_header(copy);
  dogstatsd::CapturedPacket packet;
  std::size_t packets = 0;
  for (auto more = (*reader)->next(packet); more && *more && packets < 1000;
       more = (*reader)->next(packet)) {
    if (packet.bytes.size() > 1'000'000) return 0;  // at the limit, our message is a bit longer
    dogstatsd::append_capture_packet(copy, packet);
    ++packets;
  }
  at = 0;
  auto again = dogstatsd::CaptureReader::open([&](std::span<char> into) -> Result<std::size_t> {
    const std::size_t n = std::min(into.size(), copy.size() - at);
    std::copy_n(copy.data() + at, n, into.begin());
    at += n;
    return n;
  });
  if (!again) std::abort();
  for (auto more = (*again)->next(packet); more && *more; more = (*again)->next(packet)) --packets;
  if (packets != 0) std::abort();
  return 0;
}
