#include "remora/net/written_url.hpp"

#include <algorithm>
#include <string>

#include "remora/core/ascii.hpp"

namespace remora::net {
namespace {

constexpr std::size_t kMaxBytes = 8 * 1024;  // parse_url's own limit
constexpr std::string_view kBlanks = " \t\r\n";

bool is_digit(char c) { return c >= '0' && c <= '9'; }

int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  const char l = core::ascii_lower(c);
  return l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

bool is_unreserved(char c) {
  return is_digit(c) || (core::ascii_lower(c) >= 'a' && core::ascii_lower(c) <= 'z') ||
         std::string_view("-._~").find(c) != std::string_view::npos;
}

void add_escape(std::string& out, char c) {
  constexpr char kHex[] = "0123456789ABCDEF";
  const auto u = static_cast<unsigned char>(c);
  out += {'%', kHex[u >> 4], kHex[u & 15]};
}

// Of a path or a query. Escapes stay when all of them are whole; else each '%' means itself.
std::string escaped(std::string_view part, std::string_view allowed) {
  bool whole = true;
  for (std::size_t i = part.find('%'); i < part.size(); i = part.find('%', i + 1)) {
    whole =
        whole && i + 2 < part.size() && hex_value(part[i + 1]) >= 0 && hex_value(part[i + 2]) >= 0;
  }
  std::string out;
  for (std::size_t i = 0; i < part.size(); ++i) {
    char c = part[i];
    const bool escape = c == '%' && whole;
    if (escape) {
      c = static_cast<char>(hex_value(part[i + 1]) * 16 + hex_value(part[i + 2]));
      i += 2;
    }
    const bool plain = is_unreserved(c) || (!escape && allowed.find(c) != std::string_view::npos);
    if (plain) {
      out += c;
    } else {
      add_escape(out, c);
    }
  }
  return out;
}

bool has_letters_of_other_alphabets(std::string_view host) {
  return std::any_of(host.begin(), host.end(),
                     [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
}

}  // namespace

Result<Url> parse_written_url(std::string_view text) {
  const auto first = std::min(text.find_first_not_of(kBlanks), text.size());
  text.remove_prefix(first);
  text = text.substr(0, text.find_last_not_of(kBlanks) + 1);
  const auto colon = text.find("://");
  if (colon == std::string_view::npos || text.size() > kMaxBytes) return parse_url(text);
  std::string out(text.substr(0, colon + 3));
  text.remove_prefix(out.size());
  text = text.substr(0, text.find('#'));

  const auto authority_end = std::min(text.find_first_of("/?"), text.size());
  const std::string_view authority = text.substr(0, authority_end);
  const auto at = authority.rfind('@');
  const auto user_end = at == std::string_view::npos ? 0 : at;
  for (const char c : authority.substr(0, user_end)) {
    const auto u = static_cast<unsigned char>(c);
    if (u <= 0x20 || u >= 0x7f) {
      add_escape(out, c);
    } else {
      out += c;
    }
  }
  out += authority.substr(user_end);

  text.remove_prefix(authority_end);
  const auto query = std::min(text.find('?'), text.size());
  out += escaped(text.substr(0, query), "/!$&'()*+,;=:@");
  if (query < text.size()) out += '?' + escaped(text.substr(query + 1), "/?!$&'()*+,;=:@");
  auto url = parse_url(out);
  if (!url && has_letters_of_other_alphabets(authority.substr(user_end))) {
    return fail(url.error().code(),
                url.error().message() + "; write an international name as xn--…");
  }
  return url;
}

}  // namespace remora::net
