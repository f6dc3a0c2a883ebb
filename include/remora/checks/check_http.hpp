// HTTP for checks: the options every HTTP check of the Agent understands, on top of net's client.
//
// Source: DataDog/integrations-core datadog_checks_base/utils/http.py.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "remora/core/async.hpp"
#include "remora/core/error.hpp"
#include "remora/model/value.hpp"
#include "remora/net/beast_client.hpp"
#include "remora/net/http_client.hpp"

namespace remora::checks {

/// What one instance's requests look like. Read once, when the instance is made.
struct CheckHttpOptions {
  std::chrono::milliseconds timeout{10'000};
  std::string username, password;  ///< basic, when both are set
  net::Headers headers;            ///< defaults replaced and extended as the options say
  bool allow_redirects = true;     ///< at most 5; never to the metadata addresses
  bool skip_proxy = false;
  net::ProxyOptions proxy;
  bool verify = true;
  std::string ca_cert, client_cert, client_key, client_key_password;
  bool validate_hostname = true;
  bool use_host_header = false;
  std::string auth_token_file, auth_token_pattern, auth_token_header, auth_token_value;
};

/// Errors: invalid_config (which option, why), unsupported (auth_type ntlm, kerberos, aws, …:
/// named). `aliases`: pairs of a legacy name and the standard one; the standard one wins.
[[nodiscard]] Result<CheckHttpOptions> read_http_options(
    const model::Value& instance, const model::Value& init_config,
    std::span<const std::pair<std::string_view, std::string_view>> aliases = {});

struct CheckHttpResponse {
  int status = 0;
  net::Headers headers;  ///< names lower case
  std::string body;      ///< empty when it went to `on_body`
  std::string final_url;
  CheckHttpResponse() {}
};

struct CheckHttpRequest {
  std::string method = "GET";
  std::string url;  ///< http, https or unix:///path.sock/rest
  net::Headers extra_headers;
  std::string body;
  std::size_t max_body_bytes = 16u << 20;
  /// Takes the decoded body in pieces as it arrives, when set; false ends the transfer (too_large).
  std::function<bool(std::string_view)> on_body;
  CheckHttpRequest() {}
};

/// Clients shared by all instances with the same TLS options. Threading: the loop.
class CheckHttp {
 public:
  CheckHttp(asio::any_io_executor executor, net::ClientOptions defaults);
  ~CheckHttp();
  /// One exchange with redirects, credentials, decompression of gzip and deflate. Any status is a
  /// success here. Errors: timeout, network, tls, too_large, malformed_payload, invalid_config;
  /// unauthorized when a redirect leads to the metadata endpoint (refused).
  [[nodiscard]] asio::awaitable<Result<CheckHttpResponse>> send(
      std::shared_ptr<const CheckHttpOptions> options, CheckHttpRequest request);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace remora::checks
