// The lines of the CLI connection, as pure functions. The grammar is in remora/api/ipc_auth.hpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace remora::api {

inline constexpr std::size_t kMaxLineBytes = 4096;  ///< without the '\n'
inline constexpr std::size_t kMaxReplyBytes = 4 * 1024 * 1024;

enum class LineState : std::uint8_t {
  incomplete,  ///< read on
  complete,
  invalid,  ///< too long, bytes after the end, or anything but printable ASCII
};

struct Line {
  LineState state = LineState::incomplete;
  std::string_view text;  ///< without the '\n'; into the buffer given
};

/// Looks for the one line a peer may send at this point. Nobody speaks before it is their turn, so
/// bytes behind the line are a violation.
[[nodiscard]] Line take_line(std::string_view received);

/// "REMORA1 <64 hex>": the nonce.
[[nodiscard]] std::optional<std::string_view> parse_hello(std::string_view line);

struct Greeting {
  std::string_view nonce, proof;
};
/// "<64 hex> <64 hex>".
[[nodiscard]] std::optional<Greeting> parse_greeting(std::string_view line);

struct Request {
  std::string_view proof, text;
};
/// "<64 hex> <request>", the request not empty.
[[nodiscard]] std::optional<Request> parse_request(std::string_view line);

struct ReplyHead {
  int status = 0;
  std::size_t length = 0;
};
/// "<status> <length>": three digits, and at most kMaxReplyBytes.
[[nodiscard]] std::optional<ReplyHead> parse_reply_head(std::string_view line);

}  // namespace remora::api
