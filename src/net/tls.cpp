#include "net/tls.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <array>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl/error.hpp>
#include <filesystem>
#include <optional>

#include "net/root_bundle.hpp"
#include "remora/core/ascii.hpp"

namespace remora::net {
namespace {

// Where distributions keep their bundle. Source: Go crypto/x509/root_linux.go, the list the
// Datadog Agent relies on.
constexpr std::array kBundles = {
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/cert.pem",
};

std::optional<int> protocol(const std::string& name) {
  const std::string version = core::ascii_lower(name);
  if (version == "tlsv1.0") return TLS1_VERSION;
  if (version == "tlsv1.1") return TLS1_1_VERSION;
  if (version == "tlsv1.2") return TLS1_2_VERSION;
  if (version == "tlsv1.3") return TLS1_3_VERSION;
  return std::nullopt;
}

std::string last_reason() {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  const char* reason = code != 0 ? ERR_reason_error_string(code) : nullptr;
  return reason != nullptr ? reason : "holds no certificate";
}

bool holds_certificates(SSL_CTX* context) {
  X509_STORE* store = SSL_CTX_get_cert_store(context);
  X509_STORE_lock(store);
  const int count = sk_X509_OBJECT_num(X509_STORE_get0_objects(store));
  X509_STORE_unlock(store);
  return count > 0;
}

// A directory of roots is read lazily, one file per issuer, so only its names are looked at here.
bool default_directory_has_files() {
  std::error_code ec;
  for (std::filesystem::directory_iterator it(X509_get_default_cert_dir(), ec), end;
       !ec && it != end; it.increment(ec)) {
    if (it->path().extension() == ".0") return true;
  }
  return false;
}

Result<void> load_roots(SSL_CTX* context, const TlsOptions& options) {
  ERR_clear_error();
  if (!options.ca_file.empty()) {
    if (!add_root_bundle(SSL_CTX_get_cert_store(context), options.ca_file)) {
      std::error_code ec;
      const bool there = std::filesystem::exists(options.ca_file, ec);
      return fail(Errc::invalid_config, "CA file " + options.ca_file + ": " +
                                            (there ? last_reason() : "no such file") +
                                            "; set DD_TLS_CERT_FILE to a PEM bundle");
    }
  }
  if (!options.ca_directory.empty() &&
      SSL_CTX_load_verify_dir(context, options.ca_directory.c_str()) != 1) {
    return fail(Errc::invalid_config, "CA directory " + options.ca_directory + ": " +
                                          last_reason() + "; check SSL_CERT_DIR");
  }
  if (!options.ca_file.empty() || !options.ca_directory.empty()) return {};

  SSL_CTX_set_default_verify_paths(context);
  if (!holds_certificates(context) && !default_directory_has_files()) {
    for (const char* bundle : kBundles) {
      if (add_root_bundle(SSL_CTX_get_cert_store(context), bundle)) break;
    }
  }
  ERR_clear_error();
  return {};  // without any root the handshake fails, with an error that names the option
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

Result<std::shared_ptr<asio::ssl::context>> make_tls_context(const TlsOptions& options) {
  const auto minimum = protocol(options.min_version);
  if (!minimum) {
    return fail(Errc::invalid_config, "min_tls_version: " + options.min_version +
                                          " is none of tlsv1.0, tlsv1.1, tlsv1.2, tlsv1.3");
  }
  auto context = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_client);
  SSL_CTX* native = context->native_handle();
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
    if (const auto loaded = load_roots(native, options); !loaded) return loaded.error();
  }
  return context;
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
