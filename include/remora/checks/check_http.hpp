// HTTP for checks: the options every HTTP check of the Agent understands, on top of net's client.
//
// Source: DataDog/integrations-core datadog_checks_base/utils/http.py.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "remora/core/async.hpp"
#include "remora/core/error.hpp"
#include "remora/core/named_file.hpp"
#include "remora/model/value.hpp"
#include "remora/net/beast_client.hpp"
#include "remora/net/http_client.hpp"

namespace remora::checks {

/// What one instance's requests look like. Read once, when the instance is made.
struct CheckHttpOptions {
  std::chrono::milliseconds timeout{10'000};
  std::string authorization;    ///< the whole header of basic credentials; empty = none
  net::Headers headers;         ///< defaults replaced and extended as the options say
  bool allow_redirects = true;  ///< at most 5; never to the metadata addresses
  bool skip_proxy = false;
  bool use_agent_proxy = true;  ///< when `proxy` names none
  net::ProxyOptions proxy;
  bool persist_connections = false;
  bool verify = true;
  std::string ca_cert, client_cert, client_key, client_key_password;
  /// Who wrote the paths of `ca_cert`, `client_cert`, `client_key` and `auth_token_file`.
  core::FilePolicy files;
  std::string ciphers;
  bool validate_hostname = true;
  bool use_host_header = false;  ///< SNI and the certificate's name from the header Host
  /// A token read from a file at every request; `auth_token_value` holds the placeholder.
  std::string auth_token_file, auth_token_pattern, auth_token_header, auth_token_value;
  std::string auth_token_placeholder;
  std::string auth_token_option = "auth_token";  ///< for messages about the file
};

/// Errors: invalid_config (which option, why), unsupported (auth_type ntlm, kerberos, aws, …:
/// named). `aliases`: pairs of a legacy name and the standard one; the standard one wins.
[[nodiscard]] Result<CheckHttpOptions> read_http_options(
    const model::Value& instance, const model::Value& init_config,
    std::span<const std::pair<std::string_view, std::string_view>> aliases = {});

/// What becomes of a request whose body cannot be decoded: another coding than the header says, or
/// one that is unknown here.
enum class BodyUse {
  needed,    ///< it fails
  reported,  ///< it succeeds, and `body_error` says why there is no body, or less than all
  unused     ///< the body is neither decoded nor kept
};

struct CheckHttpResponse {
  int status = 0;
  net::Headers headers;                ///< names lower case
  std::string body;                    ///< empty when it went to `on_body`, or was not used
  std::optional<Error> body_error;     ///< unsupported, malformed_payload
  std::string final_url;               ///< of the last redirect; without credentials
  std::chrono::nanoseconds to_head{};  ///< from the start until the last answer's headers
  std::optional<std::chrono::sys_seconds> certificate_end;  ///< https
  CheckHttpResponse() {}
};

struct CheckHttpRequest {
  std::string method = "GET";
  std::string url;  ///< http, https or unix:///path.sock/rest, percent-escaped or not
  net::Headers extra_headers;
  std::string body;
  std::size_t max_body_bytes = 16u << 20;
  BodyUse body_use = BodyUse::needed;
  /// Status and headers (names lower case) of the answer whose body comes next; redirects that are
  /// followed do not come here.
  std::function<void(int status, const net::Headers& headers)> on_head;
  /// Takes the decoded body in pieces as it arrives, when set; false ends the transfer (too_large).
  /// Bodies of redirects do not come here, those of error statuses do.
  std::function<bool(std::string_view)> on_body;
  CheckHttpRequest() {}
};

/// Clients shared by all instances with the same TLS options. Threading: the loop.
class CheckHttp {
 public:
  CheckHttp(asio::any_io_executor executor, net::ClientOptions defaults);
  ~CheckHttp();
  /// One exchange with redirects, credentials, decompression of gzip and deflate. Any status is a
  /// success here. A body without a length ends with its connection, also where a TLS server says
  /// no goodbye (close_notify), as in Python. Errors: timeout, network, tls, too_large,
  /// malformed_payload, unsupported (of the body), invalid_config;
  /// unauthorized when a redirect leads to the metadata endpoint (refused).
  /// Callbacks are not called any more once this has returned or its caller was cancelled.
  [[nodiscard]] asio::awaitable<Result<CheckHttpResponse>> send(
      std::shared_ptr<const CheckHttpOptions> options, CheckHttpRequest request);
  /// When the certificate ends that `url` (https) shows to a client asking for `server_name` (empty
  /// = the URL's host). Makes a connection of its own, and no request on it.
  [[nodiscard]] asio::awaitable<Result<std::chrono::sys_seconds>> certificate_end(
      std::shared_ptr<const CheckHttpOptions> options, std::string url, std::string server_name);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace remora::checks
