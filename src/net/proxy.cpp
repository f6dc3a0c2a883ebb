#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>

#include "remora/core/ascii.hpp"
#include "remora/net/beast_client.hpp"

namespace remora::net {
namespace {

std::string_view without_brackets(std::string_view host) {
  if (host.size() >= 2 && host.front() == '[' && host.back() == ']') {
    return host.substr(1, host.size() - 2);
  }
  return host;
}

struct Entry {
  std::string host;
  std::string port;  ///< empty = any
};

// Splits "host:port" and "[v6]:port"; a bare IPv6 address has no port.
Entry split(std::string_view text) {
  const auto colon = text.rfind(':');
  const bool bracketed = !text.empty() && text.front() == '[';
  const bool has_port = colon != std::string_view::npos &&
                        (bracketed ? text.find(']') < colon : text.find(':') == colon);
  if (!has_port) return {core::ascii_lower(without_brackets(text)), {}};
  return {core::ascii_lower(without_brackets(text.substr(0, colon))),
          std::string(text.substr(colon + 1))};
}

bool same_host(const std::string& a, const std::string& b) {
  if (a == b) return true;
  boost::system::error_code ec;
  const auto x = asio::ip::make_address(a, ec);
  if (ec) return false;
  const auto y = asio::ip::make_address(b, ec);
  return !ec && x == y;  // "::1" and "0:0:0:0:0:0:0:1"
}

bool in_network(const std::string& cidr, const asio::ip::address& address) {
  boost::system::error_code ec;
  if (address.is_v4()) {
    const auto network = asio::ip::make_network_v4(cidr, ec);
    return !ec && asio::ip::network_v4(address.to_v4(), network.prefix_length()).canonical() ==
                      network.canonical();
  }
  const auto network = asio::ip::make_network_v6(cidr, ec);
  return !ec && asio::ip::network_v6(address.to_v6(), network.prefix_length()).canonical() ==
                    network.canonical();
}

// The usual rules of NO_PROXY. Source: golang.org/x/net/http/httpproxy, documentation of Config.
bool matches_loosely(const std::string& text, const Url& url) {
  if (text == "*") return true;
  boost::system::error_code ec;
  const auto address = asio::ip::make_address(url.host, ec);
  const bool is_address = !ec;
  if (text.find('/') != std::string::npos)
    return is_address && in_network(core::ascii_lower(text), address);

  const Entry entry = split(text);
  if (!entry.port.empty() && entry.port != std::to_string(url.port)) return false;
  if (is_address) return same_host(entry.host, url.host);
  std::string_view domain = entry.host;
  if (domain.starts_with("*.")) domain.remove_prefix(1);
  if (domain.empty()) return false;
  if (domain.front() == '.') return url.host.ends_with(domain);  // subdomains only
  return url.host == domain || (url.host.size() > domain.size() && url.host.ends_with(domain) &&
                                url.host[url.host.size() - domain.size() - 1] == '.');
}

bool matches_exactly(const std::string& text, const Url& url) {
  const Entry entry = split(text);
  return (entry.port.empty() || entry.port == std::to_string(url.port)) &&
         same_host(entry.host, url.host);
}

bool is_local(const std::string& host) {
  if (host == "localhost" || host == "169.254.169.254" || host == "169.254.170.2" ||
      host == "100.100.100.200") {
    return true;
  }
  boost::system::error_code ec;
  const auto address = asio::ip::make_address(host, ec);
  return !ec && address.is_loopback();
}

}  // namespace

bool bypasses_proxy(const ProxyOptions& options, const Url& url) {
  if (is_local(url.host)) return true;
  for (const std::string& entry : options.no_proxy) {
    if (entry.empty()) continue;
    if (options.nonexact_match ? matches_loosely(entry, url) : matches_exactly(entry, url)) {
      return true;
    }
  }
  return false;
}

}  // namespace remora::net
