// The scrubber of everything that leaves the process as text. Every pass writes its result once and
// looks back only as far as a name is long.
#include "remora/core/scrub.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "remora/core/ascii.hpp"
#include "remora/core/known_secrets.hpp"
#include "remora/core/utf8.hpp"

namespace remora::core {
namespace {

constexpr std::size_t kKeyDigits = 32;  // an API key is 32 hex digits
constexpr std::size_t kShownDigits = 5;
constexpr std::size_t kLongestName = 64;
constexpr std::string_view kHidden = "********";

bool is_hex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_word(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/// What a pass writes: the text with pieces replaced, copied only when there is one.
class Rewriter {
 public:
  explicit Rewriter(std::string& text) : text_(text) {}
  void replace(std::size_t begin, std::size_t end, std::string_view by) {
    out_.append(text_, copied_, begin - copied_).append(by);
    copied_ = end;
  }
  void finish() {
    if (copied_ > 0) text_ = out_.append(text_, copied_);
  }

 private:
  std::string& text_;
  std::string out_;
  std::size_t copied_ = 0;
};

/// ECS task ids have the form of a key. They are shown where their surroundings say what they are:
/// in a task ARN ("arn:aws:ecs:…:task/cluster/<id>") and in a Fargate container id ("<id>-1234…").
bool is_fargate_id(std::string_view text, std::size_t end) {
  std::size_t digits = end;
  if (digits >= text.size() || text[digits] != '-') return false;
  ++digits;
  while (digits < text.size() && digits - end < 9 && is_digit(text[digits])) ++digits;
  return digits - end >= 9;  // '-' and at least eight digits
}

void hide_keys(std::string& text) {
  std::size_t path = 0;  // where the run of words, ':', '/' and '-' began that we are in
  bool of_task = false;  // it is an ARN, and ":task/" was in it
  for (std::size_t i = 0; i < text.size();) {
    const char c = text[i];
    if (!is_word(c)) {
      if (c != ':' && c != '/' && c != '-') {
        path = i + 1;
        of_task = false;
      } else if (c == '/' && i >= path + 5 && text.compare(i - 5, 5, ":task") == 0) {
        of_task = text.compare(path, 4, "arn:") == 0;
      }
      ++i;
      continue;
    }
    std::size_t end = i;
    bool hex = true;
    for (; end < text.size() && is_word(text[end]); ++end) hex = hex && is_hex(text[end]);
    const bool in_arn = of_task && text[i - 1] == '/';
    if (hex && end - i == kKeyDigits && !in_arn && !is_fargate_id(text, end)) {
      std::fill_n(text.begin() + static_cast<std::ptrdiff_t>(i), kKeyDigits - kShownDigits, '*');
    }
    i = end;
  }
}

/// scheme://user:password@host keeps the user; a user without password is hidden, it may be a
/// token.
void hide_userinfo(std::string& text) {
  Rewriter out(text);
  for (std::size_t at = 0; (at = text.find("://", at)) != std::string::npos;) {
    at += 3;
    const std::size_t end = std::min(text.find_first_of("/?# \t\r\n\"'<>", at), text.size());
    const std::string_view authority = std::string_view(text).substr(at, end - at);
    const std::size_t host = authority.rfind('@');
    if (host == std::string_view::npos || host == 0) continue;
    const std::size_t colon = authority.substr(0, host).find(':');
    const std::size_t begin = colon == std::string_view::npos ? 0 : colon + 1;
    if (begin < host) out.replace(at + begin, at + host, kHidden);
    at = end;
  }
  out.finish();
}

constexpr auto kSecretEnds = std::to_array<std::string_view>(
    {"api_key",         "apikey",        "api-key",    "app_key",     "appkey",      "app-key",
     "application_key", "token",         "password",   "passwd",      "passphrase",  "pwd",
     "secret",          "authorization", "cookie",     "private_key", "private-key", "access_key",
     "access-key",      "secret_key",    "secret-key", "auth_key",    "auth-key",    "credentials",
     "signature",       "x-auth"});
/// Too common as ends of names, or as words of a text; secret where they are the whole name of a
/// query parameter or of a header.
constexpr auto kSecretWords = std::to_array<std::string_view>(
    {"sig", "key", "auth", "pass", "jwt", "sas", "x-amz-credential", "access_token"});

bool same_word(std::string_view a, std::string_view lower) {
  return a.size() == lower.size() && std::equal(a.begin(), a.end(), lower.begin(),
                                                [](char x, char y) { return ascii_lower(x) == y; });
}

bool ends_with_secret_name(std::string_view text) {
  return std::any_of(kSecretEnds.begin(), kSecretEnds.end(), [text](std::string_view name) {
    return text.size() >= name.size() && same_word(text.substr(text.size() - name.size()), name);
  });
}

bool is_name_of_query(char c) { return is_word(c) || c == '-' || c == '.'; }

/// The name that ends at `end` when it is one of a query parameter; else empty.
std::string_view query_name(std::string_view text, std::size_t end) {
  std::size_t begin = end;
  while (begin > 0 && end - begin < kLongestName && is_name_of_query(text[begin - 1])) --begin;
  const bool in_query = begin > 0 && (text[begin - 1] == '?' || text[begin - 1] == '&');
  return in_query ? text.substr(begin, end - begin) : std::string_view();
}

constexpr std::string_view kEndOfQueryValue = " \t\r\n&#\"'<>";

std::string percent_decoded(std::string_view text) {
  const auto digit = [](char c) {
    return static_cast<unsigned>(is_digit(c) ? c - '0' : ascii_lower(c) - 'a' + 10);
  };
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && is_hex(text[i + 1]) && is_hex(text[i + 2])) {
      out += static_cast<char>(digit(text[i + 1]) << 4 | digit(text[i + 2]));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

/// ?token=value&sig=value
void hide_query_values(std::string& text) {
  Rewriter out(text);
  for (std::size_t at = 0; (at = text.find('=', at)) != std::string::npos; ++at) {
    const std::string_view name = query_name(text, at);
    if (name.empty() || !is_secret_name(name)) continue;
    const std::size_t begin = at + 1;
    const std::size_t end = std::min(text.find_first_of(kEndOfQueryValue, begin), text.size());
    if (end == begin || text[begin] == '*') continue;
    out.replace(begin, end, kHidden);
    at = end - 1;
  }
  out.finish();
}

/// name=value, name: value and "name": "value" for names that end in one of kSecretEnds. The value
/// of the colon form reaches to the end of the line, so a password with blanks is hidden whole.
void hide_values(std::string& text) {
  Rewriter out(text);
  for (std::size_t at = 0; (at = text.find_first_of("=:", at)) != std::string::npos; ++at) {
    std::size_t name_end = at;
    if (name_end > 0 && (text[name_end - 1] == '"' || text[name_end - 1] == '\'')) --name_end;
    const std::size_t name_begin = name_end - std::min(name_end, kLongestName);
    if (!ends_with_secret_name(std::string_view(text).substr(name_begin, name_end - name_begin))) {
      continue;
    }
    std::size_t begin = at + 1;
    while (begin < text.size() && (text[begin] == ' ' || text[begin] == '\t')) ++begin;
    if (begin >= text.size() || text[begin] == '\n' || text[begin] == '*') continue;
    std::size_t end;
    if (text[begin] == '"' || text[begin] == '\'') {
      const char quote = text[begin++];
      end = begin;
      while (end < text.size() && text[end] != quote && text[end] != '\n') {
        end += text[end] == '\\' && end + 1 < text.size() ? 2 : 1;
      }
      end = std::min(end, text.size());
    } else {
      end = text.find_first_of(text[at] == '=' ? " \t\r\n&\"',;}" : "\r\n", begin);
    }
    if (end == std::string::npos) end = text.size();
    if (end == begin) continue;
    out.replace(begin, end, kHidden);
    at = end - 1;
  }
  out.finish();
}

/// The string literal that begins at `at` (its quote), without the quotes; `end` is behind it.
std::string_view literal(std::string_view text, std::size_t at, std::size_t& end) {
  std::size_t i = at + 1;
  while (i < text.size() && text[i] != '"') i += text[i] == '\\' ? 2 : 1;
  i = std::min(i, text.size());
  end = std::min(i + 1, text.size());
  return text.substr(at + 1, i - at - 1);
}

/// Without the escapes of ASCII characters; "\u" is left as it is, no secret is written with it.
std::string unescaped(std::string_view literal) {
  std::string out;
  for (std::size_t i = 0; i < literal.size(); ++i) {
    if (literal[i] != '\\' || i + 1 == literal.size() || literal[i + 1] == 'u') {
      out += literal[i];
      continue;
    }
    const char c = literal[++i];
    out += c == 'n'   ? '\n'
           : c == 't' ? '\t'
           : c == 'r' ? '\r'
           : c == 'b' ? '\b'
           : c == 'f' ? '\f'
                      : c;
  }
  return out;
}

/// A backslash stays alone only in front of the "u" that `unescaped` left.
std::string escaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\n' || c == '\t' || c == '\r' || c == '\b' || c == '\f') {
      out += '\\';
      out += c == '\n' ? 'n' : c == '\t' ? 't' : c == '\r' ? 'r' : c == '\b' ? 'b' : 'f';
      continue;
    }
    const bool of_unicode = c == '\\' && i + 5 < text.size() && text[i + 1] == 'u' &&
                            std::all_of(text.begin() + static_cast<std::ptrdiff_t>(i) + 2,
                                        text.begin() + static_cast<std::ptrdiff_t>(i) + 6, is_hex);
    if (c == '"' || (c == '\\' && !of_unicode)) out += '\\';
    out += c;
  }
  return out;
}

char next_mark(std::string_view text, std::size_t at) {
  while (at < text.size() && (text[at] == ' ' || text[at] == '\n' || text[at] == '\t')) ++at;
  return at < text.size() ? text[at] : '\0';
}

}  // namespace

bool is_secret_name(std::string_view name) {
  return ends_with_secret_name(name) ||
         std::any_of(kSecretWords.begin(), kSecretWords.end(),
                     [name](std::string_view word) { return same_word(name, word); });
}

std::string scrub(std::string text) {
  hide_known_secrets(text);
  hide_keys(text);
  hide_userinfo(text);
  hide_query_values(text);
  hide_values(text);
  return text;
}

std::string scrub_tag(std::string tag) {
  hide_known_secrets(tag);
  hide_userinfo(tag);
  hide_query_values(tag);
  return tag;
}

std::string scrub_json(std::string document) {
  // Nearly always there is nothing to hide, and looking is cheaper than taking it apart.
  if (scrub(document) == document) return document;
  std::string out;
  out.reserve(document.size());
  const std::string_view text = document;
  bool secret = false;  // the next value has a secret name
  for (std::size_t i = 0; i < text.size();) {
    if (text[i] != '"') {
      if (text[i] == ',' || text[i] == '}' || text[i] == '\n') secret = false;
      out += text[i++];
      continue;
    }
    std::size_t end = 0;
    const std::string_view raw = literal(text, i, end);
    const bool is_name = next_mark(text, end) == ':';
    const std::string plain = unescaped(raw);
    std::string shown = secret && !is_name && !plain.empty() ? std::string(kHidden) : scrub(plain);
    out += '"';
    out += shown == plain ? std::string(raw) : escaped(shown);
    out += '"';
    if (is_name) secret = ends_with_secret_name(plain);
    i = end;
  }
  return out;
}

void remember_secrets_of_url(std::string_view text) {
  const auto remember = [](std::string_view secret) {
    remember_secret(secret);
    if (secret.find('%') != std::string_view::npos) remember_secret(percent_decoded(secret));
  };
  for (std::size_t at = 0; (at = text.find("://", at)) != std::string_view::npos;) {
    at += 3;
    const std::size_t end = std::min(text.find_first_of("/?# \t\r\n\"'<>", at), text.size());
    const std::string_view authority = text.substr(at, end - at);
    const std::size_t host = authority.rfind('@');
    if (host == std::string_view::npos) continue;
    const std::string_view userinfo = authority.substr(0, host);
    remember(userinfo.substr(userinfo.find(':') + 1));  // npos + 1: all of it
  }
  for (std::size_t at = 0; (at = text.find('=', at)) != std::string_view::npos; ++at) {
    if (!is_secret_name(query_name(text, at))) continue;
    const std::size_t end = std::min(text.find_first_of(kEndOfQueryValue, at + 1), text.size());
    remember(text.substr(at + 1, end - at - 1));
  }
}

std::string excerpt(std::string_view text, std::size_t max_bytes) {
  // A secret that begins in what is shown ends in what is looked at.
  const std::size_t window = std::min(text.size(), max_bytes + 2 * kLongestSecret);
  std::string out = scrub(std::string(text.substr(0, window)));
  std::size_t keep = std::min(max_bytes, out.size());
  if (window < text.size()) {
    // The end of the window may be half a secret, which came closer where others were hidden.
    keep = std::min(keep, out.size() - std::min(out.size(), kLongestSecret));
  }
  out.resize(utf8_prefix(out, keep).size());
  return out;
}

}  // namespace remora::core
