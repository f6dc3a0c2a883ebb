#include "net/tls.hpp"

#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl/error.hpp>
#include <optional>

#include "net/tls_identity.hpp"
#include "remora/core/ascii.hpp"
#include "remora/net/pem.hpp"

namespace remora::net {
namespace {

constexpr std::size_t kIdentityBytes = 1u << 20;

std::optional<int> protocol(const std::string& name) {
  const std::string version = core::ascii_lower(name);
  if (version == "tlsv1.0") return TLS1_VERSION;
  if (version == "tlsv1.1") return TLS1_1_VERSION;
  if (version == "tlsv1.2") return TLS1_2_VERSION;
  if (version == "tlsv1.3") return TLS1_3_VERSION;
  return std::nullopt;
}

RootFiles root_files(const TlsOptions& options) {
  RootFiles files;
  files.file = options.ca_file;
  files.folder = options.ca_directory;
  files.policy = options.ca_policy;
  return files;
}

bool is_unknown_issuer(long result) {
  switch (result) {
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_CERT_UNTRUSTED:
      return true;
    default:
      return false;
  }
}

}  // namespace

Result<TlsFiles> read_tls_files_here(const TlsOptions& options) {
  TlsFiles files;
  if (options.verify) {
    auto roots = read_roots_here(root_files(options));
    if (!roots) {
      return fail(Errc::invalid_config,
                  roots.error().message() + "; set DD_TLS_CERT_FILE to a PEM bundle");
    }
    files.roots = std::move(*roots);
  }
  if (options.client_cert.empty()) return files;
  const auto read = [&](const char* what, const std::string& path,
                        std::string& into) -> Result<void> {
    auto text = core::read_file_here(path, kIdentityBytes, options.client_policy);
    if (!text) {
      return fail(Errc::invalid_config, what + (' ' + path) + ": " + text.error().message());
    }
    into = std::move(*text);
    return {};
  };
  if (auto done = read("client certificate", options.client_cert, files.certificate); !done) {
    return done.error();
  }
  const bool apart = !options.client_key.empty() && options.client_key != options.client_cert;
  if (!apart) {
    files.key = files.certificate;
  } else if (auto done = read("private key", options.client_key, files.key); !done) {
    return done.error();
  }
  return files;
}

Result<TlsContext> make_tls_context(const TlsOptions& options, const TlsFiles& files) {
  const auto minimum = protocol(options.min_version);
  if (!minimum) {
    return fail(Errc::invalid_config, "min_tls_version: " + options.min_version +
                                          " is none of tlsv1.0, tlsv1.1, tlsv1.2, tlsv1.3");
  }
  TlsContext made;
  made.context = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_client);
  SSL_CTX* native = made.context->native_handle();
  SSL_CTX_set_min_proto_version(native, *minimum);
  SSL_CTX_set_max_proto_version(native, 0);
  // OpenSSL 3 offers nothing below TLS 1.2 at its default security level.
  if (*minimum < TLS1_2_VERSION) SSL_CTX_set_cipher_list(native, "DEFAULT:@SECLEVEL=0");
  SSL_CTX_set_mode(native, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_session_cache_mode(native, SSL_SESS_CACHE_OFF);
  if (options.verify) {
    // Any certificate of the bundle is an anchor, as in Go: an operator may trust an
    // intermediate, or one server only.
    X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(native), X509_V_FLAG_PARTIAL_CHAIN);
    made.roots = RootBundle::create(root_files(options), files.roots);
    if (!made.roots) {
      return fail(Errc::invalid_config, "CA file " + options.ca_file + ": " +
                                            pem_problem("holds no certificate") +
                                            "; set DD_TLS_CERT_FILE to a PEM bundle");
    }
    // Without any root the handshake fails, with an error that names the option.
    if (!made.roots->attach(SSL_CTX_get_cert_store(native))) {
      return fail(Errc::tls, "no memory for the roots");
    }
  }
  if (const auto added = add_identity(native, options, files); !added) return added.error();
  return made;
}

bool prepare_handshake(ssl_st* ssl, const std::string& host, bool verify) {
  std::string name = host;
  if (name.ends_with('.')) name.pop_back();  // the final dot is no part of a certificate's name
  boost::system::error_code ec;
  asio::ip::make_address(name, ec);
  const bool is_address = !ec;
  if (!is_address && SSL_set_tlsext_host_name(ssl, name.c_str()) != 1) return false;
  SSL_set_verify(ssl, verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
  if (!verify) return true;
  if (is_address) {
    return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name.c_str()) == 1;
  }
  SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  return SSL_set1_host(ssl, name.c_str()) == 1;
}

Error handshake_error(ssl_st* ssl, const boost::system::error_code& ec, const std::string& host) {
  const long result = SSL_get_verify_result(ssl);
  if (result != X509_V_OK) {
    const std::string reason = X509_verify_cert_error_string(result);
    if (is_unknown_issuer(result)) {
      return fail(Errc::tls, "the certificate is from an unknown issuer (" + reason +
                                 "); set DD_TLS_CERT_FILE to a PEM bundle with the issuer");
    }
    if (result == X509_V_ERR_HOSTNAME_MISMATCH || result == X509_V_ERR_IP_ADDRESS_MISMATCH) {
      return fail(Errc::tls, "the certificate is not for the host name " + host +
                                 " (host name mismatch); check the URL");
    }
    if (result == X509_V_ERR_CERT_HAS_EXPIRED) {
      return fail(Errc::tls,
                  "the certificate or one of its issuers has expired; renew it, check the "
                  "clock, or set DD_TLS_CERT_FILE to a current bundle");
    }
    return fail(Errc::tls, "the certificate cannot be verified: " + reason +
                               "; set DD_TLS_CERT_FILE when a bundle of your own is needed");
  }
  // A peer that hangs up is a matter of the network, and worth a retry.
  if (ec == asio::error::eof || ec == asio::error::connection_reset ||
      ec == asio::error::broken_pipe || ec == asio::ssl::error::stream_truncated) {
    return fail(Errc::network, "closed by the peer during the TLS handshake");
  }
  return fail(Errc::tls, ec.message());
}

}  // namespace remora::net
