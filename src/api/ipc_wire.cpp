#include "api/ipc_wire.hpp"

#include <algorithm>
#include <charconv>

namespace remora::api {
namespace {

constexpr std::string_view kMagic = "REMORA1 ";
constexpr std::size_t kHexChars = 64;  // 32 bytes: a nonce or a proof

bool is_token(std::string_view text) {
  return text.size() == kHexChars && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

template <class T>
bool parse_number(std::string_view text, T& value) {
  const char* end = text.data() + text.size();
  const auto [stop, ec] = std::from_chars(text.data(), end, value);
  return ec == std::errc() && stop == end && !text.empty() && text.front() != '-';
}

}  // namespace

Line take_line(std::string_view received) {
  const auto end = received.find('\n');
  const std::string_view text = received.substr(0, end);
  const bool printable =
      std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
  if (!printable || text.size() > kMaxLineBytes) return {LineState::invalid, {}};
  if (end == std::string_view::npos) return {};
  if (end + 1 != received.size()) return {LineState::invalid, {}};
  return {LineState::complete, text};
}

std::optional<std::string_view> parse_hello(std::string_view line) {
  if (!line.starts_with(kMagic)) return std::nullopt;
  line.remove_prefix(kMagic.size());
  if (!is_token(line)) return std::nullopt;
  return line;
}

std::optional<Greeting> parse_greeting(std::string_view line) {
  if (line.size() != 2 * kHexChars + 1 || line[kHexChars] != ' ') return std::nullopt;
  const Greeting greeting{line.substr(0, kHexChars), line.substr(kHexChars + 1)};
  if (!is_token(greeting.nonce) || !is_token(greeting.proof)) return std::nullopt;
  return greeting;
}

std::optional<Request> parse_request(std::string_view line) {
  if (line.size() < kHexChars + 2 || line[kHexChars] != ' ') return std::nullopt;
  const Request request{line.substr(0, kHexChars), line.substr(kHexChars + 1)};
  if (!is_token(request.proof)) return std::nullopt;
  return request;
}

std::optional<ReplyHead> parse_reply_head(std::string_view line) {
  if (line.size() < 5 || line[3] != ' ') return std::nullopt;
  ReplyHead head;
  if (!parse_number(line.substr(0, 3), head.status) || head.status < 100) return std::nullopt;
  if (!parse_number(line.substr(4), head.length) || head.length > kMaxReplyBytes) {
    return std::nullopt;
  }
  return head;
}

}  // namespace remora::api
