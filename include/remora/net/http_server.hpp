// A small HTTP/1.1 server: the health port, and the endpoints of the sandbox and the tests.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "remora/core/async.hpp"
#include "remora/core/error.hpp"
#include "remora/net/http_client.hpp"

namespace remora::net {

struct ServerRequest {
  std::string method;
  std::string target;  ///< path and query
  Headers headers;     ///< names lower case
  std::string body;    ///< as sent: never decompressed here
  std::string peer;    ///< "address:port"
  [[nodiscard]] std::string_view header(std::string_view name) const;
  [[nodiscard]] std::string_view path() const;  ///< target without the query
};

struct ServerResponse {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  ServerResponse() {}
  ServerResponse(int status, std::string content_type, std::string body)
      : status(status), content_type(std::move(content_type)), body(std::move(body)) {}
};

struct ServerOptions {
  std::string address = "127.0.0.1";  ///< "::" = all of IPv6 and IPv4
  std::uint16_t port = 0;             ///< 0 = any free one; ask `port()`
  std::size_t max_body_bytes = 8 * 1024 * 1024;
  /// When one more comes, the connection that has been silent longest goes, 200 ms after it came or
  /// was answered at the earliest. One whose request is being answered stays.
  std::size_t max_connections = 64;
  std::chrono::milliseconds read_timeout{5'000};   ///< a whole request, from its first byte
  std::chrono::milliseconds write_timeout{5'000};  ///< a whole answer
  std::chrono::milliseconds idle_timeout{90'000};  ///< between requests of one connection
};

/// Called once per request on the server's executor. An escaped exception answers 500. Headers past
/// 64 or 32 KiB are answered 431, a body past its limit 413, anything that is not HTTP 400.
using Handler = std::function<asio::awaitable<ServerResponse>(ServerRequest)>;

/// Threading: one thread. Lifetime: must outlive `run()`.
class HttpServer {
 public:
  /// Binds and listens at once. Errors: io, naming address, port and cause.
  [[nodiscard]] static Result<std::unique_ptr<HttpServer>> listen(asio::any_io_executor executor,
                                                                  ServerOptions options,
                                                                  Handler handler);
  ~HttpServer();
  [[nodiscard]] std::uint16_t port() const noexcept;
  /// Accepts until `stop()`; returns when every connection has ended.
  [[nodiscard]] asio::awaitable<void> run();
  /// Closes the listener and all connections, and cancels handlers that wait.
  void stop();

 private:
  struct Impl;
  explicit HttpServer(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;  ///< shared with connections that wind down
};

}  // namespace remora::net
