// TLS on the connection to a Redis, by the ssl_* options.
#pragma once

#include <boost/asio/buffer.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <cstddef>
#include <memory>
#include <string>

#include "remora/core/async.hpp"
#include "remora/core/error.hpp"
#include "remora/core/named_file.hpp"

namespace boost::asio::ssl {
class context;
}

namespace remora::checks::redisdb {

/// TCP or Unix.
using Socket = asio::generic::stream_protocol::socket;

struct IoResult {
  IoResult(boost::system::error_code ec, std::size_t bytes) : ec(ec), bytes(bytes) {}
  boost::system::error_code ec;
  std::size_t bytes;
};

struct TlsOptions {
  std::string key_file,
      certificate_file;  ///< PEM, both or none; the key may be in the certificate's
  std::string ca_file;   ///< PEM; empty = the system's roots
  bool verify = true;
  core::FilePolicy files = {};  ///< who wrote the paths
};

using TlsContext = std::shared_ptr<asio::ssl::context>;

/// Reads the files without holding up the loop. Errors: invalid_config, naming option and file;
/// those of run_apart().
[[nodiscard]] asio::awaitable<Result<TlsContext>> make_tls_context(TlsOptions options);

/// Lifetime: the socket outlives it.
class TlsLayer {
 public:
  TlsLayer(Socket& socket, TlsContext context);
  ~TlsLayer();
  /// Errors: tls, with the option that helps; network.
  [[nodiscard]] asio::awaitable<Result<void>> handshake(std::string host, bool verify);
  [[nodiscard]] asio::awaitable<IoResult> read_some(asio::mutable_buffer into);
  [[nodiscard]] asio::awaitable<IoResult> write_all(asio::const_buffer from);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace remora::checks::redisdb
