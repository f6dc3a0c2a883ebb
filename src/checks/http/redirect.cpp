#include "checks/http/redirect.hpp"

#include <algorithm>
#include <boost/asio/ip/network_v4.hpp>
#include <vector>

namespace remora::checks {
namespace {

namespace ip = boost::asio::ip;

bool is_metadata_v4(const ip::address_v4& address) {
  const std::uint32_t bits = address.to_uint();
  return (bits >> 16) == 0xa9fe ||  // 169.254.0.0/16
         bits == 0x646464c8;        // 100.100.100.200
}

// fd00:ec2::254 of EC2, fd00:ec2::23 of EKS.
bool is_metadata_v6(const ip::address_v6::bytes_type& b) {
  return b[0] == 0xfd && b[1] == 0x00 && b[2] == 0x0e && b[3] == 0xc2;
}

ip::address_v4 tail(const ip::address_v6::bytes_type& b) {
  return ip::address_v4(ip::address_v4::bytes_type{{b[12], b[13], b[14], b[15]}});
}

bool starts_with(const ip::address_v6::bytes_type& b, std::initializer_list<unsigned char> head) {
  return std::equal(head.begin(), head.end(), b.begin());
}

// Takes "." and ".." out of a path, RFC 3986 section 5.2.4.
std::string without_dots(std::string_view path) {
  std::vector<std::string_view> parts;
  bool directory = false;
  for (std::size_t at = 1; at <= path.size();) {
    const std::size_t end = std::min(path.find('/', at), path.size());
    const std::string_view part = path.substr(at, end - at);
    directory = part == "." || part == "..";
    if (part == "..") {
      if (!parts.empty()) parts.pop_back();
    } else if (part != ".") {
      parts.push_back(part);
    }
    at = end + 1;
  }
  std::string out;
  for (const std::string_view part : parts) out += '/' + std::string(part);
  if (directory || out.empty()) out += '/';
  return out;
}

// What servers write into Location although it must be escaped.
std::string escaped(std::string_view text) {
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto u = static_cast<unsigned char>(c);
    if (u <= 0x20 || u >= 0x7f) {
      out += {'%', kHex[u >> 4], kHex[u & 15]};
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace

bool is_metadata_address(const ip::address& address) {
  if (address.is_v4()) return is_metadata_v4(address.to_v4());
  const auto b = address.to_v6().to_bytes();
  const bool mapped = starts_with(b, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff});
  const bool compatible = starts_with(b, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
  const bool nat64 = starts_with(b, {0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0});
  if (mapped || compatible || nat64) return is_metadata_v4(tail(b));
  if (starts_with(b, {0x20, 0x02})) {  // 6to4
    return is_metadata_v4(ip::address_v4(ip::address_v4::bytes_type{{b[2], b[3], b[4], b[5]}}));
  }
  return is_metadata_v6(b);
}

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

Result<net::Url> redirect_target(const net::Url& base, std::string_view location) {
  std::string text = escaped(location);
  const std::size_t colon = text.find(':');
  const bool absolute =
      colon != std::string::npos && colon > 0 && colon < text.find_first_of("/?#");
  if (text.starts_with("//")) {
    text.insert(0, base.scheme + ":");
  } else if (!absolute) {
    text.resize(std::min(text.find('#'), text.size()));
    std::string path = base.target.substr(0, base.target.find('?'));
    if (text.starts_with('?')) {
      path += text;
    } else if (!text.empty()) {
      const std::size_t query = std::min(text.find('?'), text.size());
      const std::string own = text.substr(0, query);
      path = own.starts_with('/') ? own : path.substr(0, path.rfind('/') + 1) + own;
      path = without_dots(path) + text.substr(query);
    }
    text = base.origin() + path;
  }
  auto url = net::parse_url(text);
  if (!url) return fail(Errc::malformed_payload, "the redirect's " + url.error().message());
  boost::system::error_code ec;
  const auto address = ip::make_address(url->host, ec);
  if (!ec && is_metadata_address(address)) {
    return fail(Errc::unauthorized,
                "the server redirects to the metadata address " + url->host + ": refused");
  }
  return url;
}

std::string redirected_method(const std::string& method, int status) {
  if (method == "HEAD" || status == 307 || status == 308) return method;
  if (status == 303 || status == 302 || method == "POST") return "GET";
  return method;
}

bool keeps_credentials(const net::Url& from, const net::Url& to) {
  if (from.host != to.host) return false;
  if (from.scheme == to.scheme && from.port == to.port) return true;
  return from.scheme == "http" && from.port == 80 && to.scheme == "https" && to.port == 443;
}

}  // namespace remora::checks
