// The server's side of HTTP/1.1: an incremental, strict parser of requests with limits, and the
// heads of answers. Beast does the parsing, in http1.cpp only: no other file pays for its
// templates. What it has not yet understood waits here, and never more than a header may have.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "remora/core/error.hpp"
#include "remora/net/http_client.hpp"
#include "remora/net/http_server.hpp"

namespace remora::net {

inline constexpr std::size_t kMaxHeaders = 64;
inline constexpr std::size_t kMaxHeaderBytes = 32 * 1024;  ///< start line and headers together
inline constexpr std::size_t kReadBytes = 16 * 1024;       ///< read buffer of a connection

/// Reads requests one after the other.
class RequestReader {
 public:
  explicit RequestReader(std::size_t max_body_bytes);
  ~RequestReader();

  /// True when a request is complete. Errors: too_large (of the header or the body),
  /// malformed_payload; `reject_status()` then says what to answer.
  [[nodiscard]] Result<bool> put(std::string_view bytes);
  [[nodiscard]] int reject_status() const;
  [[nodiscard]] bool started() const;  ///< a byte of the current request has arrived
  /// True once per request: its header asks for "100 Continue" before it sends the body.
  [[nodiscard]] bool wants_continue();
  [[nodiscard]] bool keep_alive() const;
  /// The complete request; bytes behind it stay for the next one: ask with `put("")`.
  [[nodiscard]] ServerRequest take();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Start line and headers of an answer, up to and with the empty line.
[[nodiscard]] std::string response_head(const ServerResponse& response, bool keep_alive);

/// True when `name` and `value` can stand in a header: no control characters that could end it.
[[nodiscard]] bool valid_header(std::string_view name, std::string_view value);

}  // namespace remora::net
