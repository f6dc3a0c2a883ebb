// The HTTP client interface: what ecs, forwarder and checks use to talk to the outside.
//
// The real one (beast_client.hpp) speaks HTTP/1.1 over TCP and TLS with keep-alive and proxies.
#pragma once

#include <boost/asio/ip/address.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "remora/core/async.hpp"
#include "remora/core/error.hpp"
#include "remora/net/url.hpp"

namespace remora::net {

using Headers = std::vector<std::pair<std::string, std::string>>;

struct HttpResponse {
  int status = 0;
  Headers headers;  ///< at most 256 and 128 KiB, names lower case
  std::string body;

  HttpResponse() {}
  HttpResponse(int status, std::string body) : status(status), body(std::move(body)) {}
  /// Value of the first header `name` (lower case), or empty.
  [[nodiscard]] std::string_view header(std::string_view name) const;
};

struct HttpRequest {
  std::string method = "GET";
  Url url;
  Headers headers;  ///< Host, Content-Length and Connection are added by the client
  std::shared_ptr<const std::string> body;     ///< null = none; shared, so a retry copies nothing
  std::chrono::milliseconds timeout{20'000};   ///< whole exchange: look-up, connect, TLS, answer
  std::size_t max_response_bytes = 64 * 1024;  ///< of the body; more is `too_large`
  bool use_proxy = true;  ///< false for link-local addresses such as the metadata endpoint

  std::string host_header;  ///< in place of the URL's host and port
  std::string tls_name;  ///< SNI and the name the certificate must be for; empty = the URL's host
  std::string unix_socket;  ///< path of a socket to connect to, whatever host the URL names

  /// A body without a length ends with the connection. On TLS the peer has to say that this is the
  /// end (close_notify), or bytes may be missing; many servers do not. True takes their word.
  bool cut_tls_ends_body = false;

  // None of the following is called once `send` has returned, or its caller was cancelled.

  /// Status and headers, as soon as they are there.
  std::function<void(const HttpResponse&)> on_head;
  /// Takes the body in pieces as it arrives, so that the response has none. False ends the exchange
  /// with `too_large`.
  std::function<bool(std::string_view)> on_body;
  /// Asked for every address the URL's name has; one false refuses the exchange (unauthorized).
  std::function<bool(const asio::ip::address&)> may_connect;
  /// When the peer's certificate ends. On a new TLS connection only.
  std::function<void(std::chrono::sys_seconds)> on_certificate;
  /// https: opens a connection of its own, ends it after the handshake and answers status 0.
  bool handshake_only = false;

  // A constructor on purpose: GCC 12.2 destroys aggregates built inside a co_await twice.
  HttpRequest() {}
};

class HttpClient {
 public:
  virtual ~HttpClient() = default;

  /// One exchange. Any status is a success here; redirects are not followed.
  /// Errors: timeout, network, tls, too_large, malformed_payload (not HTTP), cancelled;
  /// invalid_config when a header or the target holds characters that HTTP cannot carry.
  /// A request on a kept connection that the peer had already closed is tried once more on a new
  /// one, so idle keep-alive never shows as an error.
  /// Threading: the executor of the client. Cancellation: terminal.
  [[nodiscard]] virtual asio::awaitable<Result<HttpResponse>> send(HttpRequest request) = 0;
};

}  // namespace remora::net
