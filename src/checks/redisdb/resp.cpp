#include "checks/redisdb/resp.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>

#include "remora/core/printable.hpp"
#include "remora/core/scrub.hpp"
#include "remora/core/utf8.hpp"

namespace remora::checks::redisdb {
namespace {

constexpr std::string_view kEndOfLine = "\r\n";

std::optional<std::int64_t> whole_number(std::string_view text) {
  std::int64_t number = 0;
  if (text.starts_with('+')) text.remove_prefix(1);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

Error malformed(std::string_view what, std::string_view seen) {
  return fail(Errc::malformed_payload, "this is not the protocol of Redis: " + std::string(what) +
                                           " \"" + core::printable(core::excerpt(seen, 24)) + '"');
}

Error too_large(std::string what) { return fail(Errc::too_large, "the answer has " + what); }

}  // namespace

std::string_view RespValue::text() const {
  if (type() != RespType::text && type() != RespType::error) return {};
  return {bytes_ + node().begin, static_cast<std::size_t>(node().number)};
}

std::int64_t RespValue::integer() const { return type() == RespType::integer ? node().number : 0; }

std::vector<RespValue> RespValue::items() const {
  std::vector<RespValue> all;
  if (type() != RespType::array) return all;
  all.reserve(static_cast<std::size_t>(node().number));
  for (std::size_t i = index_ + 1; i < node().next; i = nodes_[i].next) {
    all.emplace_back(bytes_, nodes_, i);
  }
  return all;
}

Error RespParser::too_many_bytes() const {
  return too_large("more than " + std::to_string(limits_.bytes) + " bytes");
}

Result<bool> RespParser::parse(std::string_view buffer) {
  for (;;) {
    if (!nodes_.empty() && open_.empty()) return true;
    const auto read = value(buffer);
    if (!read) return read.error();
    if (!*read) {
      if (buffer.size() > bytes_left_) return too_many_bytes();
      return false;
    }
  }
}

RespReply RespParser::take(std::string& buffer) {
  std::string bytes;
  if (at_ == buffer.size()) {
    bytes.swap(buffer);
  } else {
    bytes = buffer.substr(0, at_);
    buffer.erase(0, at_);
  }
  bytes_left_ -= std::min(bytes_left_, bytes.size());
  RespReply reply(std::move(bytes), std::exchange(nodes_, {}));
  at_ = scanned_ = 0;
  return reply;
}

// One value, or the head of an array. False = incomplete; nothing has changed then.
Result<bool> RespParser::value(std::string_view buffer) {
  if (at_ >= buffer.size()) return false;
  const char type = buffer[at_];
  if (std::string_view("+-:$*").find(type) == std::string_view::npos) {
    return malformed("a value starts with", buffer.substr(at_));
  }
  scanned_ = std::max(scanned_, at_);
  const std::size_t end = buffer.find('\n', scanned_);
  if (std::min(end, buffer.size()) - at_ > limits_.line_bytes) {
    return too_large("a line of more than " + std::to_string(limits_.line_bytes) + " bytes");
  }
  if (end == std::string_view::npos) {
    scanned_ = buffer.size();
    return false;
  }
  if (end < at_ + 2 || buffer[end - 1] != '\r') {
    return malformed("a line ends without a carriage return,", buffer.substr(at_));
  }
  if (elements_left_ == 0) {
    return too_large("more than " + std::to_string(limits_.elements) + " values");
  }
  const std::string_view line = buffer.substr(at_ + 1, end - at_ - 2);
  if (type == '+' || type == '-') {
    add(type == '+' ? RespType::text : RespType::error, at_ + 1,
        static_cast<std::int64_t>(line.size()));
    at_ = end + 1;
    close_arrays();
    return true;
  }
  const auto number = whole_number(line);
  if (!number) return malformed("a number reads", line);
  if (type == '$') return bulk(buffer, end + 1, *number);
  at_ = end + 1;
  if (type == '*') return array(*number);
  add(RespType::integer, at_, *number);
  close_arrays();
  return true;
}

Result<bool> RespParser::bulk(std::string_view buffer, std::size_t body, std::int64_t length) {
  if (length < -1) return malformed("a text has the length", std::to_string(length));
  if (length == -1) {
    at_ = body;
    add(RespType::null, at_, 0);
    close_arrays();
    return true;
  }
  const auto size = static_cast<std::uint64_t>(length);
  if (size > bytes_left_ || body + size > bytes_left_) return too_many_bytes();
  if (buffer.size() < body + size + 2) {
    scanned_ = at_;  // the head is short: reading it again costs less than remembering it
    return false;
  }
  if (buffer.substr(body + size, 2) != kEndOfLine) {
    return malformed("behind a text stands", buffer.substr(body + size));
  }
  add(RespType::text, body, length);
  at_ = body + size + 2;
  close_arrays();
  return true;
}

Result<bool> RespParser::array(std::int64_t count) {
  if (count < -1) return malformed("a list has the length", std::to_string(count));
  if (count == -1) {
    add(RespType::null, at_, 0);
    close_arrays();
    return true;
  }
  if (static_cast<std::uint64_t>(count) > elements_left_) {
    return too_large("more than " + std::to_string(limits_.elements) + " values");
  }
  if (open_.size() == limits_.depth) {
    return too_large("lists more than " + std::to_string(limits_.depth) + " levels deep");
  }
  add(RespType::array, at_, count);
  if (count == 0) {
    close_arrays();
  } else {
    open_.push_back({static_cast<std::uint32_t>(nodes_.size() - 1), count});
  }
  return true;
}

void RespParser::add(RespType type, std::size_t begin, std::int64_t number) {
  --elements_left_;
  const auto next = static_cast<std::uint32_t>(nodes_.size() + 1);
  nodes_.push_back({type, static_cast<std::uint32_t>(begin), next, number});
}

// A value is complete: perhaps the arrays around it are as well.
void RespParser::close_arrays() {
  while (!open_.empty()) {
    if (--open_.back().missing > 0) return;
    nodes_[open_.back().node].next = static_cast<std::uint32_t>(nodes_.size());
    open_.pop_back();
  }
}

void append_command(std::string& out, std::span<const std::string_view> words) {
  out += '*' + std::to_string(words.size());
  for (const std::string_view word : words) {
    out += kEndOfLine;
    out += '$' + std::to_string(word.size());
    out += kEndOfLine;
    out += word;
  }
  out += kEndOfLine;
}

std::string printable(std::string_view text) {
  std::string line = core::printable(core::excerpt(text, 200));
  line.resize(core::utf8_prefix(line, 200).size());
  while (line.ends_with(' ')) line.pop_back();
  return line;
}

}  // namespace remora::checks::redisdb
