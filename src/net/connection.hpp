// One TCP connection of the client, with TLS on it when asked.
#pragma once

#include <boost/asio/buffer.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ssl/context.hpp>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "remora/core/async.hpp"
#include "remora/core/error.hpp"

namespace boost::asio::ssl {
template <typename Stream>
class stream;
}

namespace remora::net {

struct IoResult {
  IoResult(boost::system::error_code ec, std::size_t bytes) : ec(ec), bytes(bytes) {}
  boost::system::error_code ec;
  std::size_t bytes;
};

/// To whom a TLS handshake speaks.
struct TlsPeer {
  TlsPeer(std::string host, bool verify, bool validate_hostname)
      : host(std::move(host)), verify(verify), validate_hostname(validate_hostname) {}
  std::string host;
  bool verify, validate_hostname;
};

/// Threading: the executor's thread. One read and one write may be under way at the same time.
/// The caller keeps the connection alive until they have ended.
class Connection {
 public:
  explicit Connection(const asio::any_io_executor& executor);
  ~Connection();

  /// To a TCP or Unix address.
  [[nodiscard]] asio::awaitable<boost::system::error_code> connect(
      asio::generic::stream_protocol::endpoint peer);

  /// Starts TLS. Errors as Error, see handshake_error().
  [[nodiscard]] asio::awaitable<Result<void>> handshake(std::shared_ptr<asio::ssl::context> context,
                                                        TlsPeer peer);

  /// Of the peer's own certificate, after the handshake.
  [[nodiscard]] std::optional<std::chrono::sys_seconds> certificate_end() const;

  [[nodiscard]] asio::awaitable<IoResult> read_some(asio::mutable_buffer into);
  [[nodiscard]] asio::awaitable<IoResult> write_some(asio::const_buffer from);

  /// Ends everything under way; safe at any time and more than once.
  void close();

  /// False when the peer has closed a connection that nobody reads, or has sent what nobody asked
  /// for.
  [[nodiscard]] bool is_idle_and_open();

  [[nodiscard]] const asio::any_io_executor& executor() const { return executor_; }
  [[nodiscard]] std::chrono::steady_clock::time_point created() const { return created_; }

 private:
  using Socket = asio::generic::stream_protocol::socket;
  using TlsStream = asio::ssl::stream<Socket&>;
  asio::any_io_executor executor_;
  Socket socket_;
  std::shared_ptr<asio::ssl::context> context_;  ///< outlives the stream
  std::unique_ptr<TlsStream> tls_;
  std::chrono::steady_clock::time_point created_;
};

}  // namespace remora::net
