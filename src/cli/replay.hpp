// Sends the packets of a capture at the pace they came.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "remora/config/settings.hpp"
#include "remora/core/error.hpp"
#include "remora/dogstatsd/capture.hpp"

namespace remora::cli {

/// A datagram socket to the agent of this container.
class DatagramSender {
 public:
  /// To DD_DOGSTATSD_SOCKET, else to the UDP port. Errors: not_found when neither can be had.
  [[nodiscard]] static Result<std::unique_ptr<DatagramSender>> connect(
      const config::Settings& settings);
  ~DatagramSender();
  DatagramSender(const DatagramSender&) = delete;
  DatagramSender& operator=(const DatagramSender&) = delete;

  /// Waits while the receiver's buffer is full. Errors: too_large for this packet alone, io.
  [[nodiscard]] Result<void> send(std::string_view bytes);
  [[nodiscard]] const std::string& address() const noexcept { return address_; }

 private:
  DatagramSender(int fd, std::string address) : fd_(fd), address_(std::move(address)) {}
  int fd_;
  std::string address_;
};

struct ReplayHooks {
  /// Waits until so long after the start of the loop.
  std::function<void(std::chrono::nanoseconds)> wait_until;
  std::function<Result<void>(std::string_view bytes)> send;
  std::function<void(std::size_t bytes)> sent;  ///< for --verbose
};

struct ReplayCounts {
  std::uint64_t packets = 0;
  std::uint64_t too_large = 0;
};

/// One pass over the capture. A pause of more than ten minutes is cut to that.
/// Errors: of the capture, or of sending.
[[nodiscard]] Result<ReplayCounts> replay(dogstatsd::CaptureReader& capture,
                                          const ReplayHooks& hooks);

}  // namespace remora::cli
