#include "remora/net/url.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

#include "remora/core/ascii.hpp"

namespace remora::net {
namespace {

constexpr std::size_t kMaxUrlBytes = 8 * 1024;
constexpr std::size_t kMaxHostBytes = 253;  // RFC 1035, without the final dot

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_host_char(char c) {
  return is_digit(c) || (core::ascii_lower(c) >= 'a' && core::ascii_lower(c) <= 'z') || c == '-' ||
         c == '.' || c == '_';
}

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  const char l = core::ascii_lower(c);
  return l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

// False when an escape is broken or stands for a control character.
bool percent_decode(std::string_view text, std::string& out) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      if (i + 2 >= text.size()) return false;
      const int high = hex_value(text[i + 1]);
      const int low = hex_value(text[i + 2]);
      if (high < 0 || low < 0) return false;
      c = static_cast<char>(high * 16 + low);
      i += 2;
    }
    const auto u = static_cast<unsigned char>(c);
    if (u < 0x20 || u == 0x7f) return false;
    out += c;
  }
  return true;
}

Error bad(std::string_view what) { return fail(Errc::invalid_config, "URL " + std::string(what)); }

}  // namespace

std::string Url::authority() const {
  std::string out = host.find(':') == std::string::npos ? host : '[' + host + ']';
  const std::uint16_t own = scheme == "https" ? 443 : 80;
  if (port != own) out += ':' + std::to_string(port);
  return out;
}

std::string Url::origin() const { return scheme + "://" + authority(); }

Url Url::join(std::string_view path) const {
  Url out = *this;
  out.target.resize(std::min(out.target.size(), out.target.find('?')));
  while (!out.target.empty() && out.target.back() == '/') out.target.pop_back();
  while (!path.empty() && path.front() == '/') path.remove_prefix(1);
  out.target += '/';
  out.target += path;
  return out;
}

// No message repeats a part of the text: an unescaped '/' or '@' in a password moves pieces of it
// into what looks like host, port or path.
Result<Url> parse_url(std::string_view text) {
  text = trim(text);
  if (text.empty()) return bad("is empty");
  if (text.size() > kMaxUrlBytes) return bad("is longer than 8 KiB");
  for (const char c : text) {
    const auto u = static_cast<unsigned char>(c);
    if (u <= 0x20 || u == 0x7f) return bad("holds blanks or control characters");
  }

  const auto colon = text.find("://");
  if (colon == std::string_view::npos) return bad("has no scheme: write http://… or https://…");
  Url url;
  url.scheme = core::ascii_lower(text.substr(0, colon));
  if (url.scheme != "http" && url.scheme != "https") return bad("scheme is not http or https");
  text.remove_prefix(colon + 3);
  text = text.substr(0, text.find('#'));

  const auto authority_end = std::min(text.find_first_of("/?"), text.size());
  std::string_view authority = text.substr(0, authority_end);
  url.target = std::string(text.substr(authority_end));
  if (url.target.empty() || url.target.front() != '/') url.target.insert(0, 1, '/');

  if (const auto at = authority.rfind('@'); at != std::string_view::npos) {
    if (!percent_decode(authority.substr(0, at), url.userinfo)) {
      return bad("has a broken %-escape in its user or password");
    }
    authority.remove_prefix(at + 1);
  }

  std::string_view port;
  if (!authority.empty() && authority.front() == '[') {
    const auto close = authority.find(']');
    if (close == std::string_view::npos) return bad("has a '[' without ']'");
    url.host = core::ascii_lower(authority.substr(1, close - 1));
    in6_addr address{};
    if (inet_pton(AF_INET6, url.host.c_str(), &address) != 1) {
      return bad("host in brackets is not an IPv6 address");
    }
    authority.remove_prefix(close + 1);
    if (!authority.empty()) {
      if (authority.front() != ':') return bad("has text between ']' and the port");
      port = authority.substr(1);
    }
  } else {
    const auto host_end = std::min(authority.find(':'), authority.size());
    url.host = core::ascii_lower(authority.substr(0, host_end));
    if (url.host.empty()) return bad("host is empty");
    if (url.host.size() > kMaxHostBytes) return bad("host is longer than 253 characters");
    if (!std::all_of(url.host.begin(), url.host.end(), is_host_char)) {
      return bad("host holds characters other than letters, digits, '.', '-' and '_'");
    }
    if (host_end < authority.size()) port = authority.substr(host_end + 1);
  }

  // "host:" without digits means the scheme's own port (RFC 3986 section 3.2.3).
  url.port = url.scheme == "https" ? 443 : 80;
  if (!port.empty()) {
    unsigned value = 0;
    const auto [end, ec] = std::from_chars(port.data(), port.data() + port.size(), value);
    if (ec != std::errc() || end != port.data() + port.size() || value < 1 || value > 65535) {
      return bad("port is not a number from 1 to 65535");
    }
    url.port = static_cast<std::uint16_t>(value);
  }
  return url;
}

}  // namespace remora::net
