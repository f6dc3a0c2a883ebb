#include "checks/redisdb/tls_layer.hpp"

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <functional>

#include "remora/core/apart.hpp"
#include "remora/net/pem.hpp"
#include "remora/net/root_files.hpp"

namespace remora::checks::redisdb {
namespace {

constexpr std::size_t kIdentityBytes = 1u << 20;
constexpr std::chrono::seconds kFilesLimit(2);

struct TlsFiles {
  std::string roots, certificate, key;  ///< PEM
};

Error file_error(std::string_view option, const std::string& path, const std::string& reason) {
  return fail(Errc::invalid_config, '`' + std::string(option) + "`: " + path + ": " + reason);
}

const std::string& key_file(const TlsOptions& options) {
  return options.key_file.empty() ? options.certificate_file : options.key_file;
}

// Blocks.
Result<TlsFiles> read_files_here(const TlsOptions& options) {
  TlsFiles files;
  if (options.verify) {
    if (options.ca_file.empty()) {
      auto roots = net::read_roots_here({});
      if (!roots) return roots.error();
      files.roots = std::move(*roots);
    } else {
      auto roots = core::read_file_here(options.ca_file, net::kRootLimits.bytes, options.files);
      if (!roots) return file_error("ssl_ca_certs", options.ca_file, roots.error().message());
      files.roots = std::move(*roots);
    }
  }
  if (options.certificate_file.empty()) return files;
  auto certificate = core::read_file_here(options.certificate_file, kIdentityBytes, options.files);
  if (!certificate) {
    return file_error("ssl_certfile", options.certificate_file, certificate.error().message());
  }
  files.certificate = std::move(*certificate);
  auto key = core::read_file_here(key_file(options), kIdentityBytes, options.files);
  if (!key) return file_error("ssl_keyfile", key_file(options), key.error().message());
  files.key = std::move(*key);
  return files;
}

Result<void> load_roots(SSL_CTX* context, const TlsOptions& options, const TlsFiles& files) {
  if (net::add_certificates(SSL_CTX_get_cert_store(context), files.roots)) return {};
  const std::string reason = net::pem_problem("holds no certificate");
  if (!options.ca_file.empty()) return file_error("ssl_ca_certs", options.ca_file, reason);
  return {};  // of the system: without any, the handshake says so
}

Result<void> load_identity(SSL_CTX* context, const TlsOptions& options, const TlsFiles& files) {
  if (options.certificate_file.empty()) return {};
  constexpr const char* kOtherwise = "cannot be read";
  if (!net::use_certificate_chain(context, files.certificate)) {
    return file_error("ssl_certfile", options.certificate_file, net::pem_problem(kOtherwise));
  }
  // No password: an encrypted key is refused.
  if (!net::use_private_key(context, files.key, "")) {
    return file_error("ssl_keyfile", key_file(options), net::pem_problem(kOtherwise));
  }
  return {};
}

Result<TlsContext> make(const TlsOptions& options, const TlsFiles& files) {
  auto context = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_client);
  SSL_CTX* native = context->native_handle();
  SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
  SSL_CTX_set_mode(native, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_session_cache_mode(native, SSL_SESS_CACHE_OFF);
  if (options.verify) {
    X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(native), X509_V_FLAG_PARTIAL_CHAIN);
    if (const auto loaded = load_roots(native, options, files); !loaded) return loaded.error();
  }
  if (const auto loaded = load_identity(native, options, files); !loaded) return loaded.error();
  return context;
}

}  // namespace

asio::awaitable<Result<TlsContext>> make_tls_context(TlsOptions options) {
  std::function<Result<TlsFiles>()> reading = [options] { return read_files_here(options); };
  auto files = co_await core::run_apart<TlsFiles>(std::move(reading), kFilesLimit);
  if (!files) {
    const bool ours = files.error().code() != Errc::invalid_config;
    co_return ours ? fail(files.error(), "the files of `ssl_*`") : files.error();
  }
  co_return make(options, *files);
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
