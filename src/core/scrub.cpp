// The scrubber of everything that leaves the process as text.
#include "remora/core/scrub.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "remora/core/ascii.hpp"
#include "remora/core/known_secrets.hpp"

namespace remora::core {
namespace {

constexpr std::size_t kKeyDigits = 32;  // an API key is 32 hex digits
constexpr std::size_t kShownDigits = 5;
constexpr std::string_view kHidden = "********";

bool is_hex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_word(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/// ECS task ids have the form of a key. They are shown where their surroundings say what they are:
/// in a task ARN ("arn:aws:ecs:…:task/cluster/<id>") and in a Fargate container id ("<id>-1234…").
bool is_task_id(std::string_view text, std::size_t begin, std::size_t end) {
  std::size_t digits = end;
  if (digits < text.size() && text[digits] == '-') {
    ++digits;
    while (digits < text.size() && is_digit(text[digits])) ++digits;
    if (digits - end >= 9) return true;  // '-' and at least eight digits
  }
  if (begin == 0 || text[begin - 1] != '/') return false;
  std::size_t start = begin;
  while (start > 0 && (is_word(text[start - 1]) || text[start - 1] == ':' ||
                       text[start - 1] == '/' || text[start - 1] == '-')) {
    --start;
  }
  const std::string_view before = text.substr(start, begin - start);
  return before.starts_with("arn:") && before.find(":task/") != std::string_view::npos;
}

void hide_keys(std::string& text) {
  for (std::size_t i = 0; i < text.size();) {
    if (!is_word(text[i])) {
      ++i;
      continue;
    }
    std::size_t end = i;
    bool hex = true;
    for (; end < text.size() && is_word(text[end]); ++end) hex = hex && is_hex(text[end]);
    if (hex && end - i == kKeyDigits && !is_task_id(text, i, end)) {
      std::fill_n(text.begin() + static_cast<std::ptrdiff_t>(i), kKeyDigits - kShownDigits, '*');
    }
    i = end;
  }
}

/// scheme://user:password@host
void hide_url_passwords(std::string& text) {
  for (std::size_t at = 0; (at = text.find("://", at)) != std::string::npos;) {
    at += 3;
    const std::size_t end = text.find_first_of("/?# \t\r\n\"'<>", at);
    const std::size_t host = text.substr(at, end == std::string::npos ? end : end - at).rfind('@');
    if (host == std::string::npos) continue;
    const std::size_t colon = text.find(':', at);
    if (colon == std::string::npos || colon >= at + host) continue;
    text.replace(colon + 1, at + host - colon - 1, kHidden);
  }
}

constexpr auto kSecretNames = std::to_array<std::string_view>(
    {"api_key", "apikey", "api-key", "app_key", "appkey", "application_key", "token", "password",
     "passwd", "pwd", "secret"});

bool ends_with_secret_name(std::string_view text) {
  return std::any_of(kSecretNames.begin(), kSecretNames.end(), [text](std::string_view name) {
    return text.size() >= name.size() &&
           std::equal(name.begin(), name.end(),
                      text.end() - static_cast<std::ptrdiff_t>(name.size()),
                      [](char a, char b) { return a == core::ascii_lower(b); });
  });
}

/// name=value, name: value and "name": "value" for names that end in one of kSecretNames. The value
/// of the colon form reaches to the end of the line, so a password with blanks is hidden whole.
void hide_values(std::string& text) {
  for (std::size_t at = 0; (at = text.find_first_of("=:", at)) != std::string::npos; ++at) {
    std::size_t name_end = at;
    if (name_end > 0 && (text[name_end - 1] == '"' || text[name_end - 1] == '\'')) --name_end;
    if (!ends_with_secret_name(std::string_view(text).substr(0, name_end))) continue;
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
    text.replace(begin, end - begin, kHidden);
    at = begin + kHidden.size() - 1;
  }
}

}  // namespace

std::string scrub(std::string text) {
  hide_known_secrets(text);
  hide_keys(text);
  hide_url_passwords(text);
  hide_values(text);
  return text;
}

}  // namespace remora::core
