#include "net/tls_identity.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <ctime>

#include "remora/net/pem.hpp"

namespace remora::net {
Result<void> add_identity(ssl_ctx_st* context, const TlsOptions& options, const TlsFiles& files) {
  ERR_clear_error();
  if (!options.ciphers.empty() && SSL_CTX_set_cipher_list(context, options.ciphers.c_str()) != 1) {
    ERR_clear_error();
    return fail(Errc::invalid_config, "TLS ciphers: OpenSSL knows none of them");
  }
  if (options.client_cert.empty()) return {};
  const auto bad = [](const char* what, const std::string& path) {
    return fail(Errc::invalid_config, what + (' ' + path) + ": " + pem_problem("cannot be read"));
  };
  if (!use_certificate_chain(context, files.certificate)) {
    return bad("client certificate", options.client_cert);
  }
  if (!use_private_key(context, files.key, options.client_key_password)) {
    return bad("private key",
               options.client_key.empty() ? options.client_cert : options.client_key);
  }
  return {};
}

void accept_any_host(ssl_st* ssl) {
  X509_VERIFY_PARAM* param = SSL_get0_param(ssl);
  X509_VERIFY_PARAM_set1_host(param, nullptr, 0);
  X509_VERIFY_PARAM_set1_ip(param, nullptr, 0);
}

std::optional<std::chrono::sys_seconds> peer_certificate_end(ssl_st* ssl) {
  X509* certificate = SSL_get0_peer_certificate(ssl);
  if (certificate == nullptr) return std::nullopt;
  std::tm end{};
  if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &end) != 1) return std::nullopt;
  // Many never end: the year 9999 is beyond what 64 bits of nanoseconds hold.
  return std::chrono::sys_seconds(std::chrono::seconds(timegm(&end)));
}

}  // namespace remora::net
