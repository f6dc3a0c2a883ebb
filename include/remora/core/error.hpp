// The error type of the whole agent.
//
// A function that the network, the environment or a payload can make fail returns `Result<T>`.
// Failures are made with `fail(...)` only, so the type behind `Result` can change in one place.
#pragma once

#include <boost/system/result.hpp>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace remora {

/// Stable codes: logged and used as a metric tag, never renumbered. Retired ones stay as comments.
enum class Errc : std::uint8_t {
  unknown = 0,
  timeout = 1,            ///< a deadline passed before the answer was complete
  network = 2,            ///< name look-up, connect, reset, early end of stream
  tls = 3,                ///< handshake, certificate or host-name verification
  http_status = 4,        ///< the peer answered, with a status that is not success
  too_large = 5,          ///< a limit in bytes or in count was exceeded
  malformed_payload = 6,  ///< bytes from outside that do not parse
  invalid_config = 7,     ///< a setting the operator must change
  not_found = 8,
  cancelled = 9,
  unauthorized = 10,
  io = 11,  ///< files and local sockets
  unsupported = 12,
};

/// The snake_case name of `code`, as it appears in logs and tags.
[[nodiscard]] std::string_view to_string(Errc code) noexcept;

class Error {
 public:
  Error() = default;
  Error(Errc code, std::string message) : code_(code), message_(std::move(message)) {}

  [[nodiscard]] Errc code() const noexcept { return code_; }
  /// One line for operators: what failed, which value, which option to change. Never a secret.
  [[nodiscard]] const std::string& message() const noexcept { return message_; }

 private:
  Errc code_ = Errc::unknown;
  std::string message_;
};

/// Only reached when `value()` is called on a failure, which is a bug of ours.
[[noreturn]] inline void throw_exception_from_error(const Error& error,
                                                    const boost::source_location&) {
  throw std::logic_error("unchecked result: " + error.message());
}

template <class T>
using Result = boost::system::result<T, Error>;

[[nodiscard]] inline Error fail(Errc code, std::string message) {
  return Error(code, std::move(message));
}

/// The same failure with context in front: "context: message".
[[nodiscard]] inline Error fail(const Error& error, std::string_view context) {
  return Error(error.code(), std::string(context) + ": " + error.message());
}

}  // namespace remora
