// Incremental HTTP/1.1 parsers with limits. Beast does the parsing, in http1.cpp only: no other
// file pays for its templates.
#pragma once

#include <cstddef>
#include <functional>
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

/// Reads one response. Interim answers (1xx) are skipped.
class ResponseReader {
 public:
  /// `head_only`: the answer has no body whatever its headers say (to HEAD, to CONNECT).
  ResponseReader(bool head_only, std::size_t max_body_bytes);
  /// The same, which hands out head and body as they arrive. Either function may be empty.
  ResponseReader(bool head_only, std::size_t max_body_bytes,
                 std::function<void(const HttpResponse&)> on_head,
                 std::function<bool(std::string_view)> on_body);
  ~ResponseReader();

  /// True when the response is complete. Errors: too_large, malformed_payload.
  [[nodiscard]] Result<bool> put(std::string_view bytes);
  /// The peer closed. True when that completes the response, which a body without a length does.
  /// Errors: network.
  [[nodiscard]] Result<bool> put_eof();

  [[nodiscard]] bool started() const;     ///< a byte has arrived
  [[nodiscard]] bool keep_alive() const;  ///< the connection can carry another request
  [[nodiscard]] bool surplus() const;     ///< bytes came behind the response
  [[nodiscard]] HttpResponse take();      ///< of a complete response, once

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

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
