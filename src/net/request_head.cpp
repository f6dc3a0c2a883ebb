#include "net/request_head.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <string_view>

#include "net/http1.hpp"
#include "remora/core/ascii.hpp"

namespace remora::net {
namespace {

std::string base64(const std::string& text) {
  std::string out(4 * ((text.size() + 2) / 3) + 1, '\0');
  const int n = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                reinterpret_cast<const unsigned char*>(text.data()),
                                static_cast<int>(text.size()));
  out.resize(static_cast<std::size_t>(n));
  return out;
}

bool has_header(const Headers& headers, std::string_view lower) {
  return std::any_of(headers.begin(), headers.end(),
                     [&](const auto& h) { return core::equals_ignoring_case(h.first, lower); });
}

}  // namespace

std::string host_and_port(const Url& url) {
  const std::string host =
      url.host.find(':') == std::string::npos ? url.host : '[' + url.host + ']';
  return host + ':' + std::to_string(url.port);
}

Result<void> check_request(const HttpRequest& request) {
  if (!valid_header(request.method, {})) {
    return fail(Errc::invalid_config, "the HTTP method is not a word");
  }
  const bool target_ok =
      request.url.target.starts_with('/') &&
      std::all_of(request.url.target.begin(), request.url.target.end(), [](char c) {
        const auto u = static_cast<unsigned char>(c);
        return u > 0x20 && u != 0x7f;
      });
  if (!target_ok) {
    return fail(Errc::invalid_config, "the path of the URL holds blanks or control characters");
  }
  if (!valid_header("host", request.host_header)) {
    return fail(Errc::invalid_config, "header Host holds control characters");
  }
  for (const auto& [name, value] : request.headers) {
    if (!valid_header(name, value)) {
      // Not the value: it may be an API key with a line break.
      return fail(Errc::invalid_config,
                  "header " + (valid_header(name, {}) ? name : std::string("?")) +
                      " holds control characters, such as a line break at the end of a key");
    }
  }
  return {};
}

std::string request_head(const HttpRequest& request, const Url* proxy,
                         const ClientOptions& options) {
  const bool absolute = proxy != nullptr && request.url.scheme == "http";
  std::string head = request.method + ' ';
  if (absolute) head += request.url.origin();
  head += request.url.target + " HTTP/1.1\r\nHost: " +
          (request.host_header.empty() ? request.url.authority() : request.host_header) + "\r\n";
  if (!options.user_agent.empty() && !has_header(request.headers, "user-agent")) {
    head += "User-Agent: " + options.user_agent + "\r\n";
  }
  if (!request.url.userinfo.empty() && !has_header(request.headers, "authorization")) {
    head += "Authorization: Basic " + base64(request.url.userinfo) + "\r\n";
  }
  for (const auto& [name, value] : request.headers) {
    if (core::equals_ignoring_case(name, "host") ||
        core::equals_ignoring_case(name, "content-length") ||
        core::equals_ignoring_case(name, "connection") ||
        core::equals_ignoring_case(name, "transfer-encoding")) {
      continue;
    }
    head += name + ": " + value + "\r\n";
  }
  const bool expects_body =
      request.method == "POST" || request.method == "PUT" || request.method == "PATCH";
  if (request.body || expects_body) {
    head += "Content-Length: " + std::to_string(request.body ? request.body->size() : 0) + "\r\n";
  }
  if (absolute && !proxy->userinfo.empty()) {
    head += "Proxy-Authorization: Basic " + base64(proxy->userinfo) + "\r\n";
  }
  head += options.idle_connections_per_origin == 0 ? "Connection: close\r\n\r\n"
                                                   : "Connection: keep-alive\r\n\r\n";
  return head;
}

std::string connect_head(const std::string& target, const Url& proxy,
                         const ClientOptions& options) {
  std::string head = "CONNECT " + target + " HTTP/1.1\r\nHost: " + target + "\r\n";
  if (!options.user_agent.empty()) head += "User-Agent: " + options.user_agent + "\r\n";
  if (!proxy.userinfo.empty()) {
    head += "Proxy-Authorization: Basic " + base64(proxy.userinfo) + "\r\n";
  }
  return head + "\r\n";
}

}  // namespace remora::net
