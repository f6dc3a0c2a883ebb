// One connection to a Redis: TCP, TLS or a Unix socket; requests and their answers in order.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "checks/redisdb/options.hpp"
#include "checks/redisdb/resp.hpp"
#include "checks/redisdb/tls_layer.hpp"
#include "remora/net/resolver.hpp"

namespace remora::checks::redisdb {

/// Threading: the executor's thread; one request at a time. Whatever goes wrong on the wire closes
/// the connection; an answer that says "error" does not.
class Connection {
 public:
  /// Lifetime: the options outlive it.
  Connection(asio::any_io_executor executor, const Options& options);
  ~Connection();

  /// Connects, proves who we are and selects the database. At most `options.timeout`, and the same
  /// again for each answer. Errors: timeout, network, tls, unauthorized, malformed_payload;
  /// invalid_config where a file of TLS is no good.
  [[nodiscard]] asio::awaitable<Result<void>> open();
  void close();

  /// True while the peer keeps the connection, and owes nothing.
  [[nodiscard]] bool is_idle();

  /// Sends `request`, which holds `answers` commands, and reads as many answers.
  /// Errors: timeout, network, malformed_payload, too_large; the connection is closed then.
  [[nodiscard]] asio::awaitable<Result<std::vector<RespReply>>> call(std::string request,
                                                                     std::size_t answers);
  /// One command.
  [[nodiscard]] asio::awaitable<Result<RespReply>> ask(std::string request);

  /// Nothing to do when it is selected already. Errors: those of `call`, and unknown when the
  /// server refuses.
  [[nodiscard]] asio::awaitable<Result<void>> select(std::uint32_t database);

 private:
  [[nodiscard]] asio::awaitable<Result<void>> dial();
  [[nodiscard]] asio::awaitable<Result<void>> connect(Socket::endpoint_type peer,
                                                      std::chrono::steady_clock::duration limit);
  [[nodiscard]] asio::awaitable<Result<net::Addresses>> look_up();
  [[nodiscard]] asio::awaitable<Result<void>> start_tls();
  [[nodiscard]] asio::awaitable<Result<void>> authenticate();
  [[nodiscard]] asio::awaitable<IoResult> read_some(asio::mutable_buffer into);
  [[nodiscard]] asio::awaitable<IoResult> write_all(asio::const_buffer from);

  asio::any_io_executor executor_;
  const Options& options_;
  TlsContext tls_context_;  ///< made with the first connection; null without `options.ssl`
  net::Resolver resolver_;
  Socket socket_;
  std::unique_ptr<TlsLayer> tls_;
  std::string received_;  ///< bytes that belong to the next answer
  std::uint32_t database_ = 0;
};

/// The error an answer reports, behind the command it is about. What helps is added where it is
/// known; a password in the text is not repeated.
[[nodiscard]] Error refusal(std::string_view command, std::string_view text,
                            const Options& options);

}  // namespace remora::checks::redisdb
