#include "net/tls_identity.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <cstring>
#include <ctime>
#include <filesystem>

namespace remora::net {
namespace {

Error bad_file(const char* what, const std::string& path) {
  const unsigned long code = ERR_peek_last_error();
  ERR_clear_error();
  const char* reason = code != 0 ? ERR_reason_error_string(code) : nullptr;
  std::error_code ec;
  std::string text = std::string(what) + ' ' + path + ": ";
  if (!std::filesystem::exists(path, ec)) {
    text += "no such file";
  } else {
    text += reason != nullptr ? reason : "cannot be read";
  }
  return fail(Errc::invalid_config, text);
}

// Without a password OpenSSL would ask for one on the terminal.
int give_password(char* buffer, int size, int, void* password) {
  const auto* text = static_cast<const std::string*>(password);
  if (text->size() > static_cast<std::size_t>(size)) return 0;
  std::memcpy(buffer, text->data(), text->size());
  return static_cast<int>(text->size());
}

}  // namespace

Result<void> add_identity(ssl_ctx_st* context, const TlsOptions& options) {
  ERR_clear_error();
  if (!options.ciphers.empty() && SSL_CTX_set_cipher_list(context, options.ciphers.c_str()) != 1) {
    ERR_clear_error();
    return fail(Errc::invalid_config, "TLS ciphers: OpenSSL knows none of them");
  }
  if (options.client_cert.empty()) return {};
  if (SSL_CTX_use_certificate_chain_file(context, options.client_cert.c_str()) != 1) {
    return bad_file("client certificate", options.client_cert);
  }
  const std::string& key = options.client_key.empty() ? options.client_cert : options.client_key;
  std::string password = options.client_key_password;
  SSL_CTX_set_default_passwd_cb(context, give_password);
  SSL_CTX_set_default_passwd_cb_userdata(context, &password);
  const bool ok = SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM) == 1;
  SSL_CTX_set_default_passwd_cb(context, nullptr);
  SSL_CTX_set_default_passwd_cb_userdata(context, nullptr);
  if (!ok) return bad_file("private key", key);
  return {};
}

void accept_any_host(ssl_st* ssl) {
  X509_VERIFY_PARAM* param = SSL_get0_param(ssl);
  X509_VERIFY_PARAM_set1_host(param, nullptr, 0);
  X509_VERIFY_PARAM_set1_ip(param, nullptr, 0);
}

std::optional<std::chrono::system_clock::time_point> peer_certificate_end(ssl_st* ssl) {
  X509* certificate = SSL_get0_peer_certificate(ssl);
  if (certificate == nullptr) return std::nullopt;
  std::tm end{};
  if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &end) != 1) return std::nullopt;
  return std::chrono::system_clock::from_time_t(timegm(&end));
}

}  // namespace remora::net
