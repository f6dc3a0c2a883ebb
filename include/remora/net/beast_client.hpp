// The real HTTP client: HTTP/1.1 over TCP and TLS, kept connections, CONNECT proxies.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "remora/core/async.hpp"
#include "remora/core/named_file.hpp"
#include "remora/net/http_client.hpp"

namespace remora::net {

struct TlsOptions {
  bool verify = true;        ///< DD_SKIP_SSL_VALIDATION turns it off
  std::string ca_file;       ///< DD_TLS_CERT_FILE, else SSL_CERT_FILE; empty = the system's roots
  std::string ca_directory;  ///< SSL_CERT_DIR; empty = the system's
  std::string min_version = "tlsv1.2";  ///< tlsv1.0 … tlsv1.3
  std::string client_cert;              ///< PEM file; with `client_key` empty it holds the key too
  std::string client_key, client_key_password;
  core::FilePolicy ca_policy, client_policy;  ///< of the files above
  std::string ciphers;            ///< OpenSSL's notation, up to TLS 1.2; empty = its default
  bool validate_hostname = true;  ///< false: any certificate of a known issuer will do
};

struct ProxyOptions {
  std::optional<Url> http, https;     ///< by scheme of the request; userinfo = basic credentials
  std::vector<std::string> no_proxy;  ///< hosts or host:port
  bool nonexact_match = false;        ///< suffixes, leading dot, CIDR and `*` as well
};

/// True when `url` must not go through a proxy. 169.254.169.254, 169.254.170.2, 100.100.100.200
/// and loopback never do.
[[nodiscard]] bool bypasses_proxy(const ProxyOptions& options, const Url& url);

struct ClientOptions {
  TlsOptions tls;
  ProxyOptions proxy;
  std::string user_agent;
  std::size_t idle_connections_per_origin = 5;
  std::chrono::seconds idle_timeout{90};
  std::chrono::milliseconds tls_handshake_timeout{10'000};
  std::chrono::seconds connection_reset_interval{
      0};  ///< >0: connections older than that are not reused
};

/// An https proxy carries http requests only: https through it is `unsupported`.
/// Userinfo of a request's URL becomes a Basic Authorization header.
/// Threading: one thread, that of `executor`. Lifetime: must outlive every coroutine it returned.
class BeastClient final : public HttpClient {
 public:
  /// Errors: invalid_config when a CA file cannot be read or holds no certificate, the client
  /// certificate or its key cannot be used, or the TLS version is unknown. The trust store is
  /// loaded at the first https request, once, unless a file is set: then now, so that a wrong path
  /// fails at start.
  [[nodiscard]] static Result<std::unique_ptr<BeastClient>> create(asio::any_io_executor executor,
                                                                   ClientOptions options);
  /// The same for coroutines, on their executor: the files are read without holding up the loop.
  [[nodiscard]] static asio::awaitable<Result<std::unique_ptr<BeastClient>>> create_on_loop(
      ClientOptions options);
  ~BeastClient() override;

  [[nodiscard]] asio::awaitable<Result<HttpResponse>> send(HttpRequest request) override;

  /// Closes kept connections and aborts the exchanges in flight; later ones are `cancelled`.
  void shutdown();

 private:
  struct Impl;
  explicit BeastClient(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;  ///< shared with exchanges that wind down
};

}  // namespace remora::net
