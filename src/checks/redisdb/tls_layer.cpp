#include "checks/redisdb/tls_layer.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <filesystem>

namespace remora::checks::redisdb {
namespace {

Error file_error(std::string_view option, const std::string& path) {
  const unsigned long code = ERR_peek_last_error();
  ERR_clear_error();
  const char* reason = code != 0 ? ERR_reason_error_string(code) : nullptr;
  std::error_code ec;
  if (!std::filesystem::exists(path, ec)) reason = "no such file";
  return fail(Errc::invalid_config, '`' + std::string(option) + "`: " + path + ": " +
                                        (reason != nullptr ? reason : "cannot be read"));
}

Result<void> load_roots(SSL_CTX* context, const TlsOptions& options) {
  if (!options.ca_file.empty()) {
    if (SSL_CTX_load_verify_file(context, options.ca_file.c_str()) != 1) {
      return file_error("ssl_ca_certs", options.ca_file);
    }
    return {};
  }
  SSL_CTX_set_default_verify_paths(context);
  // A program that is linked statically brings the paths of another system along.
  for (const char* bundle : {"/etc/ssl/certs/ca-certificates.crt", "/etc/ssl/cert.pem",
                             "/etc/pki/tls/certs/ca-bundle.crt"}) {
    if (SSL_CTX_load_verify_file(context, bundle) == 1) break;
  }
  ERR_clear_error();
  return {};
}

Result<void> load_identity(SSL_CTX* context, const TlsOptions& options) {
  if (options.certificate_file.empty()) {
    if (options.key_file.empty()) return {};
    return fail(Errc::invalid_config, "`ssl_keyfile` needs `ssl_certfile`");
  }
  if (SSL_CTX_use_certificate_chain_file(context, options.certificate_file.c_str()) != 1) {
    return file_error("ssl_certfile", options.certificate_file);
  }
  const std::string& key = options.key_file.empty() ? options.certificate_file : options.key_file;
  if (SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM) != 1) {
    return file_error("ssl_keyfile", key);
  }
  return {};
}

}  // namespace

Result<TlsContext> make_tls_context(const TlsOptions& options) {
  auto context = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_client);
  SSL_CTX* native = context->native_handle();
  ERR_clear_error();
  SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
  SSL_CTX_set_mode(native, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_session_cache_mode(native, SSL_SESS_CACHE_OFF);
  // Without it OpenSSL asks the terminal for the password of an encrypted key.
  SSL_CTX_set_default_passwd_cb(native, [](char*, int, int, void*) { return 0; });
  if (options.verify) {
    X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(native), X509_V_FLAG_PARTIAL_CHAIN);
    if (const auto loaded = load_roots(native, options); !loaded) return loaded.error();
  }
  if (const auto loaded = load_identity(native, options); !loaded) return loaded.error();
  return context;
}

struct TlsLayer::Impl {
  Impl(Socket& socket, TlsContext c) : context(std::move(c)), stream(socket, *context) {}
  TlsContext context;
  asio::ssl::stream<Socket&> stream;
};

TlsLayer::TlsLayer(Socket& socket, TlsContext context)
    : impl_(std::make_unique<Impl>(socket, std::move(context))) {}
TlsLayer::~TlsLayer() = default;

asio::awaitable<Result<void>> TlsLayer::handshake(std::string host, bool verify) {
  SSL* ssl = impl_->stream.native_handle();
  boost::system::error_code not_address;
  asio::ip::make_address(host, not_address);
  if (not_address) SSL_set_tlsext_host_name(ssl, host.c_str());
  SSL_set_verify(ssl, verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
  if (verify && not_address) {
    SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    SSL_set1_host(ssl, host.c_str());
  } else if (verify) {
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host.c_str());
  }
  const auto [ec] =
      co_await impl_->stream.async_handshake(asio::ssl::stream_base::client, no_throw);
  if (!ec) co_return Result<void>();
  const long verified = SSL_get_verify_result(ssl);
  if (verify && verified != X509_V_OK) {
    co_return fail(Errc::tls, "the certificate of the server is refused: " +
                                  std::string(X509_verify_cert_error_string(verified)) +
                                  "; check `host` and `ssl_ca_certs`");
  }
  if (ec == asio::error::eof || ec == asio::error::connection_reset ||
      ec == asio::ssl::error::stream_truncated) {
    co_return fail(Errc::network, "closed by the server during the TLS handshake");
  }
  co_return fail(Errc::tls, ec.message() + "; does the server use TLS on this port?");
}

asio::awaitable<IoResult> TlsLayer::read_some(asio::mutable_buffer into) {
  const auto [ec, n] = co_await impl_->stream.async_read_some(into, no_throw);
  co_return IoResult(ec, n);
}

asio::awaitable<IoResult> TlsLayer::write_all(asio::const_buffer from) {
  const auto [ec, n] = co_await asio::async_write(impl_->stream, from, no_throw);
  co_return IoResult(ec, n);
}

}  // namespace remora::checks::redisdb
