// Traffic as a file, to look at or to play again: `agent dogstatsd-capture` and `dogstatsd-replay`.
//
// The format is the Datadog Agent's, so files can be exchanged: 8 bytes of header with the version,
// then each packet as a protobuf message (UnixDogstatsdMsg) behind its length in 4 bytes, least
// significant first; a length of 0, what the tagger knew (nothing, in our files) and its length end
// it. The whole may be one zstd frame. Times are nanoseconds, before version 3 seconds.
// Source: DataDog/datadog-agent comp/dogstatsd/replay and pkg/proto/datadog/model/v1.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "remora/core/clock.hpp"
#include "remora/core/error.hpp"
#include "remora/dogstatsd/packet.hpp"

namespace remora::dogstatsd {

struct CapturedPacket {
  std::chrono::nanoseconds time{0};  ///< since the epoch
  std::string_view bytes;
  pid_t pid = 0;  ///< of the sender; 0 = not known
};

void append_capture_header(std::string& file);
void append_capture_packet(std::string& file, const CapturedPacket& packet);
void append_capture_end(std::string& file);

/// Reads a capture, zstd or not, of any version. Files come from anywhere: a packet is at most 1
/// MiB, all of them 1 GiB; memory is bounded by a few MiB whatever the file says.
class CaptureReader {
 public:
  /// Fills `into` and says how many bytes; 0 at the end.
  using Source = std::function<Result<std::size_t>(std::span<char> into)>;
  /// Errors: malformed_payload when it is no capture, unsupported for a later version, what the
  /// source says.
  [[nodiscard]] static Result<std::unique_ptr<CaptureReader>> open(Source source);
  /// Errors: also io.
  [[nodiscard]] static Result<std::unique_ptr<CaptureReader>> open_file(const std::string& path);
  ~CaptureReader();

  /// False at the end. The bytes are valid until the next call. Errors: malformed_payload (also for
  /// a file that ends in mid-packet), too_large.
  [[nodiscard]] Result<bool> next(CapturedPacket& packet);
  [[nodiscard]] int version() const noexcept;

 private:
  struct Impl;
  explicit CaptureReader(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

struct CaptureOptions {
  std::string directory;                      ///< empty = /tmp; DD_DOGSTATSD_CAPTURE_PATH
  std::uint64_t max_bytes = 256u << 20;       ///< of a file, on a disk
  std::uint64_t max_memory_bytes = 8u << 20;  ///< where the directory is in memory (tmpfs)
  std::chrono::milliseconds max_duration = std::chrono::hours(1);
};

struct CaptureRequest {
  std::chrono::milliseconds duration = std::chrono::minutes(1);
  std::string directory;  ///< empty = that of the options
  bool compressed = true;
};

struct CaptureReport {
  bool running = false;
  std::string path;  ///< of the file being written, or of the last one; empty = none yet
  std::uint64_t packets = 0, bytes = 0;
  std::string ended;  ///< why the last one ended: "duration", "size", "stopped", or an error
};

/// Writes what it is given to a file. One capture at a time. Threading: the loop; writes go to the
/// page cache. Lifetime: the clock outlives it.
class Capture final : public PacketSink {
 public:
  Capture(CaptureOptions options, const core::Clock& clock);
  ~Capture() override;  ///< ends a running capture properly

  /// The path of the file. Errors: invalid_config (one is running, the duration), io (the directory
  /// cannot be written).
  [[nodiscard]] Result<std::string> start(const CaptureRequest& request);
  /// Ends a capture whose time is over, also when no packets come; call it now and then.
  void tick();
  void stop();

  void on_packets(std::span<const Packet> packets) override;
  [[nodiscard]] bool running() const noexcept;
  [[nodiscard]] CaptureReport report() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace remora::dogstatsd
