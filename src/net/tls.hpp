// TLS for the client: trust store, verification, and errors that say what to do.
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <memory>
#include <string>

#include "remora/core/error.hpp"
#include "remora/net/beast_client.hpp"

struct ssl_st;

namespace remora::net {

/// A client context for `options`, with its roots loaded. Errors: invalid_config.
[[nodiscard]] Result<std::shared_ptr<asio::ssl::context>> make_tls_context(
    const TlsOptions& options);

/// Sets what a handshake with `host` needs: server name (SNI) and the name or address the
/// certificate must be for. False when OpenSSL refuses, which only memory can cause.
[[nodiscard]] bool prepare_handshake(ssl_st* ssl, const std::string& host, bool verify);

/// Why the handshake failed, and which option helps.
[[nodiscard]] Error handshake_error(ssl_st* ssl, const boost::system::error_code& ec,
                                    const std::string& host);

}  // namespace remora::net
