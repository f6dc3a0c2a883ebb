// One TCP connection of the client, with TLS on it when asked.
#pragma once

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <chrono>
#include <cstddef>
#include <memory>
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

/// Threading: the executor's thread. One read and one write may be under way at the same time.
/// The caller keeps the connection alive until they have ended.
class Connection {
 public:
  explicit Connection(const asio::any_io_executor& executor);
  ~Connection();

  [[nodiscard]] asio::awaitable<boost::system::error_code> connect(asio::ip::tcp::endpoint peer);

  /// Starts TLS for `host`. Errors as Error, see handshake_error().
  [[nodiscard]] asio::awaitable<Result<void>> handshake(std::shared_ptr<asio::ssl::context> context,
                                                        std::string host, bool verify);

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
  using TlsStream = asio::ssl::stream<asio::ip::tcp::socket&>;
  asio::any_io_executor executor_;
  asio::ip::tcp::socket socket_;
  std::shared_ptr<asio::ssl::context> context_;  ///< outlives the stream
  std::unique_ptr<TlsStream> tls_;
  std::chrono::steady_clock::time_point created_;
};

}  // namespace remora::net
