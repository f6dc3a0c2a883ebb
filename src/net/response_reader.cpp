#include "net/response_reader.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "remora/core/ascii.hpp"

namespace remora::net {
namespace {

constexpr int kMaxInterim = 64;
constexpr std::size_t kMaxChunkLine = 4 * 1024;
constexpr std::size_t kReserved = 1u << 20;  // the length is the peer's word only

bool is_blank(char c) { return c == ' ' || c == '\t'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

Error malformed(const std::string& what) {
  return fail(Errc::malformed_payload, "not valid HTTP/1.1: " + what);
}

Error head_too_large() {
  return fail(Errc::too_large,
              "HTTP headers exceed " + std::to_string(ResponseReader::kMaxHeadBytes / 1024) +
                  " KiB or " + std::to_string(ResponseReader::kMaxFields) + " in number");
}

Error body_too_large() { return fail(Errc::too_large, "HTTP body exceeds its limit"); }

struct StatusLine {
  bool persistent = false;
  int status = 0;
};

constexpr std::string_view kProtocol = "http/";

std::optional<StatusLine> parse_status_line(std::string_view line) {
  StatusLine out;
  if (!core::equals_ignoring_case(line.substr(0, kProtocol.size()), kProtocol)) return {};
  line.remove_prefix(kProtocol.size());
  if (line.empty() || !is_digit(line.front()) || line.front() == '0') return {};
  const char major = line.front();
  char minor = '0';
  line.remove_prefix(1);
  if (line.starts_with('.')) {
    line.remove_prefix(1);
    if (line.empty() || !is_digit(line.front())) return {};
    minor = line.front();
    while (!line.empty() && is_digit(line.front())) line.remove_prefix(1);
  }
  out.persistent = major > '1' || minor > '0';
  if (line.empty() || !is_blank(line.front())) return {};
  line = trimmed(line);
  if (line.size() < 3 || !std::all_of(line.begin(), line.begin() + 3, is_digit)) return {};
  if (line.size() > 3 && !is_blank(line[3])) return {};
  for (const char c : line.substr(0, 3)) out.status = out.status * 10 + (c - '0');
  if (out.status < 100) return {};
  return out;
}

// Calls `use` for every member of the lists in the fields `name`.
template <class Use>
void each_member(const Headers& headers, std::string_view name, Use use) {
  for (const auto& [key, value] : headers) {
    if (key != name) continue;
    std::string_view rest = value;
    while (!rest.empty()) {
      const std::size_t comma = std::min(rest.find(','), rest.size());
      const std::string_view member = trimmed(rest.substr(0, comma));
      if (!member.empty()) use(member);
      rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
  }
}

// Any number of digits; what no body can have is the largest number.
std::optional<std::uint64_t> parse_length(std::string_view text) {
  if (text.size() > 1 && text.front() == '+') text.remove_prefix(1);
  if (!std::all_of(text.begin(), text.end(), is_digit)) return {};
  std::uint64_t value = 0;
  for (const char c : text) {
    if (value > UINT64_MAX / 16) return UINT64_MAX;
    value = value * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return value;
}

struct Framing {
  bool chunked = false;
  bool coded = false;  ///< a transfer coding is named, so that no length counts
  bool bad_length = false;
  std::optional<std::uint64_t> length;
};

Framing framing(const Headers& headers) {
  Framing out;
  each_member(headers, "transfer-encoding", [&](std::string_view coding) {
    out.chunked = core::equals_ignoring_case(coding, "chunked");
    out.coded = out.coded || !core::equals_ignoring_case(coding, "identity");
  });
  each_member(headers, "content-length", [&](std::string_view text) {
    const auto length = parse_length(text);
    out.bad_length = out.bad_length || !length || (out.length && *out.length != *length);
    out.length = length;
  });
  return out;
}

}  // namespace

ResponseReader::ResponseReader(bool head_only, std::size_t max_body_bytes)
    : ResponseReader(head_only, max_body_bytes, nullptr, nullptr) {}

ResponseReader::ResponseReader(bool head_only, std::size_t max_body_bytes,
                               std::function<void(const HttpResponse&)> on_head,
                               std::function<bool(std::string_view)> on_body)
    : head_only_(head_only),
      max_body_bytes_(max_body_bytes),
      on_head_(std::move(on_head)),
      on_body_(std::move(on_body)) {}

Result<bool> ResponseReader::put(std::string_view bytes) {
  started_ = started_ || !bytes.empty();
  while (!bytes.empty() && state_ != State::done) {
    if (auto ok = step(bytes); !ok) return ok.error();
  }
  surplus_ = surplus_ || !bytes.empty();
  return state_ == State::done;
}

Result<bool> ResponseReader::put_eof() {
  if (state_ == State::until_close || state_ == State::trailer) state_ = State::done;
  if (state_ == State::done) {
    keep_alive_ = false;
    return true;
  }
  return fail(Errc::network, started_ ? "connection closed in the middle of the answer"
                                      : "connection closed without an answer");
}

HttpResponse ResponseReader::take() { return std::move(response_); }

Result<void> ResponseReader::step(std::string_view& bytes) {
  switch (state_) {
    case State::status_line:
    case State::field:
    case State::trailer: {
      const auto whole = take_line(bytes);
      if (!whole) return whole.error();
      if (state_ == State::status_line) return status_line();
      if (!*whole) return {};
      const bool empty = line_.empty();
      if (state_ == State::field) return empty ? end_of_head() : field_line();
      if (empty) state_ = State::done;
      line_.clear();
      return {};
    }
    case State::counted:
    case State::until_close:
    case State::chunk_data:
      return body_piece(bytes);
    case State::chunk_size:
      return chunk_size(bytes);
    case State::chunk_rest:
      return chunk_rest(bytes);
    case State::chunk_end:
      return chunk_end(bytes);
    case State::done:
      break;
  }
  return {};
}

// Moves what there is of a line to `line_`. True when it is whole; it then has no end any more.
Result<bool> ResponseReader::take_line(std::string_view& bytes) {
  const std::size_t end = bytes.find('\n');
  const bool whole = end != std::string_view::npos;
  const std::string_view piece = bytes.substr(0, end);
  head_bytes_ += piece.size() + (whole ? 1 : 0);
  if (head_bytes_ > kMaxHeadBytes) return head_too_large();
  line_ += piece;
  bytes.remove_prefix(piece.size() + (whole ? 1 : 0));
  if (whole && line_.ends_with('\r')) line_.pop_back();
  if (whole && state_ == State::status_line) line_ += '\n';  // tells it from one that goes on
  return whole;
}

// Judges the line before it is whole, so that a peer that speaks something else is refused at once.
Result<void> ResponseReader::status_line() {
  const bool whole = line_.ends_with('\n');
  const std::size_t first = std::min(line_.find_first_not_of(" \t\r\n"), line_.size());
  line_.erase(0, first);
  if (line_.empty()) return {};
  const std::string_view begin = std::string_view(line_).substr(0, kProtocol.size());
  const bool fits = core::equals_ignoring_case(begin, kProtocol.substr(0, begin.size()));
  if (!fits) return malformed("the answer does not begin with HTTP/");
  if (!whole) return {};
  line_.pop_back();
  const auto parsed = parse_status_line(line_);
  if (!parsed) return malformed("bad status line");
  persistent_version_ = parsed->persistent;
  response_.status = parsed->status;
  response_.headers.clear();
  line_.clear();
  folds_ = false;
  state_ = State::field;
  return {};
}

Result<void> ResponseReader::field_line() {
  const std::string_view line = line_;
  if (is_blank(line.front())) {
    if (folds_) {
      std::string& value = response_.headers.back().second;
      const std::string_view more = trimmed(line);
      if (!value.empty() && !more.empty()) value += ' ';
      value += more;
    }
    line_.clear();
    return {};
  }
  const std::size_t colon = line.find(':');
  const std::string_view name = trimmed(line.substr(0, colon));
  folds_ = colon != std::string_view::npos && !name.empty();
  if (folds_) {
    if (response_.headers.size() == kMaxFields) return head_too_large();
    response_.headers.emplace_back(core::ascii_lower(name),
                                   std::string(trimmed(line.substr(colon + 1))));
  }
  line_.clear();
  return {};
}

Result<void> ResponseReader::end_of_head() {
  const int status = response_.status;
  if (status < 200 && status != 101) {
    if (++interim_ > kMaxInterim) {
      return fail(Errc::malformed_payload, "too many interim HTTP answers");
    }
    state_ = State::status_line;
    return {};
  }
  if (on_head_) on_head_(response_);
  return begin_body();
}

Result<void> ResponseReader::begin_body() {
  bool close = false, keep = false;
  each_member(response_.headers, "connection", [&](std::string_view option) {
    close = close || core::equals_ignoring_case(option, "close");
    keep = keep || core::equals_ignoring_case(option, "keep-alive");
  });
  keep_alive_ = !close && (persistent_version_ || keep) && response_.status != 101;
  const int status = response_.status;
  if (head_only_ || status == 101 || status == 204 || status == 304) {
    state_ = State::done;
    return {};
  }
  const Framing frame = framing(response_.headers);
  if (frame.chunked) {
    // With a length besides, somebody on the way may see another end of this answer.
    keep_alive_ = keep_alive_ && !frame.length;
    state_ = State::chunk_size;
    return {};
  }
  if (!frame.coded && frame.bad_length) return malformed("bad Content-Length");
  if (!frame.coded && frame.length) {
    left_ = *frame.length;
    if (left_ > max_body_bytes_) return body_too_large();
    if (!on_body_) response_.body.reserve(std::min<std::uint64_t>(left_, kReserved));
    state_ = left_ == 0 ? State::done : State::counted;
    return {};
  }
  keep_alive_ = false;
  state_ = State::until_close;
  return {};
}

Result<void> ResponseReader::body_piece(std::string_view& bytes) {
  const bool counted = state_ != State::until_close;
  const std::string_view piece =
      bytes.substr(0, counted ? std::min<std::uint64_t>(left_, bytes.size()) : bytes.size());
  bytes.remove_prefix(piece.size());
  if (piece.size() > max_body_bytes_ - body_bytes_) return body_too_large();
  body_bytes_ += piece.size();
  if (!on_body_) {
    response_.body += piece;
  } else if (!on_body_(piece)) {
    return body_too_large();
  }
  if (!counted) return {};
  left_ -= piece.size();
  if (left_ == 0) state_ = state_ == State::counted ? State::done : State::chunk_end;
  return {};
}

Result<void> ResponseReader::chunk_size(std::string_view& bytes) {
  const char c = bytes.front();
  const char l = core::ascii_lower(c);
  const int digit = is_digit(c) ? c - '0' : l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
  if (digit < 0) {
    const bool ahead = !chunk_digit_ && is_blank(c);
    const bool ends = chunk_digit_ && (is_blank(c) || c == ';' || c == '\r' || c == '\n');
    if (!ahead && !ends) return malformed("bad chunk size");
    if (ends) {
      state_ = State::chunk_rest;
      return {};
    }
  } else {
    if (left_ > (UINT64_MAX >> 4)) return body_too_large();
    left_ = left_ * 16 + static_cast<std::uint64_t>(digit);
    chunk_digit_ = true;
  }
  bytes.remove_prefix(1);
  if (++chunk_line_ > kMaxChunkLine) return malformed("a chunk's line exceeds 4 KiB");
  return {};
}

Result<void> ResponseReader::chunk_rest(std::string_view& bytes) {
  const std::size_t end = bytes.find('\n');
  const std::size_t size = std::min(end, bytes.size());
  chunk_line_ += size;
  if (chunk_line_ > kMaxChunkLine) return malformed("a chunk's line exceeds 4 KiB");
  bytes.remove_prefix(size);
  if (bytes.empty()) return {};
  bytes.remove_prefix(1);
  chunk_line_ = 0;
  chunk_digit_ = false;
  if (left_ > max_body_bytes_ - body_bytes_) return body_too_large();
  state_ = left_ == 0 ? State::trailer : State::chunk_data;
  return {};
}

Result<void> ResponseReader::chunk_end(std::string_view& bytes) {
  const char c = bytes.front();
  bytes.remove_prefix(1);
  if (c == '\n') {
    chunk_line_ = 0;
    state_ = State::chunk_size;
  } else if (c != '\r' || ++chunk_line_ > 1) {
    return malformed("no line end behind a chunk");
  }
  return {};
}

}  // namespace remora::net
