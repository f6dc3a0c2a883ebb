// TLS for the client: trust store, verification, and errors that say what to do.
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <memory>
#include <string>

#include "net/root_bundle.hpp"
#include "remora/core/error.hpp"
#include "remora/net/beast_client.hpp"

struct ssl_st;

namespace remora::net {

/// What the files hold that `options` name.
struct TlsFiles {
  std::string roots, certificate, key;  ///< PEM
};

/// Blocks: for threads that may (core/apart.hpp). Errors: invalid_config, naming file and option.
[[nodiscard]] Result<TlsFiles> read_tls_files_here(const TlsOptions& options);

struct TlsContext {
  std::shared_ptr<asio::ssl::context> context;
  std::shared_ptr<RootBundle> roots;  ///< to be lent for each handshake; null without verification
};

/// A client context for `options`. Errors: invalid_config.
[[nodiscard]] Result<TlsContext> make_tls_context(const TlsOptions& options, const TlsFiles& files);

/// Sets what a handshake with `host` needs: server name (SNI) and the name or address the
/// certificate must be for. False when OpenSSL refuses, which only memory can cause.
[[nodiscard]] bool prepare_handshake(ssl_st* ssl, const std::string& host, bool verify);

/// Why the handshake failed, and which option helps.
[[nodiscard]] Error handshake_error(ssl_st* ssl, const boost::system::error_code& ec,
                                    const std::string& host);

}  // namespace remora::net
