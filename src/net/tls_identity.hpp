// What a check may ask of TLS beyond trust: a client certificate, ciphers, no host name check; and
// the end of the peer's certificate.
#pragma once

#include <chrono>
#include <optional>

#include "net/tls.hpp"
#include "remora/core/error.hpp"
#include "remora/net/beast_client.hpp"

struct ssl_ctx_st;
struct ssl_st;

namespace remora::net {

/// Loads the client certificate with its key, and sets the ciphers. Errors: invalid_config, naming
/// the file.
[[nodiscard]] Result<void> add_identity(ssl_ctx_st* context, const TlsOptions& options,
                                        const TlsFiles& files);

/// After prepare_handshake(): the certificate need not be for the host.
void accept_any_host(ssl_st* ssl);

/// Empty when the peer has shown none.
[[nodiscard]] std::optional<std::chrono::sys_seconds> peer_certificate_end(ssl_st* ssl);

}  // namespace remora::net
