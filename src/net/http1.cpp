#include "net/http1.hpp"

#include <algorithm>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/status.hpp>
#include <boost/beast/http/string_body.hpp>
#include <optional>

#include "remora/core/ascii.hpp"

namespace remora::net {
namespace {

namespace http = boost::beast::http;
using boost::system::error_code;

Headers copy_headers(const http::fields& fields) {
  Headers out;
  for (const auto& field : fields) {
    const auto name = field.name_string();
    out.emplace_back(core::ascii_lower(std::string_view(name.data(), name.size())),
                     std::string(field.value()));
  }
  return out;
}

std::size_t count_headers(const http::fields& fields) {
  return static_cast<std::size_t>(std::distance(fields.begin(), fields.end()));
}

Error parse_error(const error_code& ec) {
  if (ec == http::error::header_limit) {
    return fail(Errc::too_large, "HTTP headers exceed 32 KiB or 64 in number");
  }
  if (ec == http::error::body_limit || ec == http::error::buffer_overflow) {
    return fail(Errc::too_large, "HTTP body exceeds its limit");
  }
  return fail(Errc::malformed_payload, "not valid HTTP/1.1: " + ec.message());
}

// Feeds `pending` to the parser and drops what it took. True when the message is complete.
template <class Parser>
bool feed(Parser& parser, std::string& pending, error_code& ec) {
  ec = {};
  std::size_t used = 0;
  while (!parser.is_done() && used < pending.size()) {
    // Nothing of a chunked body can end with less, and Beast does not look at the line of the last
    // chunk a second time with less (an assertion of its own).
    constexpr std::size_t kShortestEnd = 5;  // "0", line end, line end
    if (parser.is_header_done() && parser.chunked() && pending.size() - used < kShortestEnd) break;
    const std::size_t n =
        parser.put(boost::asio::const_buffer(pending.data() + used, pending.size() - used), ec);
    used += n;
    if (ec == http::error::need_more) {
      ec = {};
      break;
    }
    if (ec) return false;
    if (n == 0) break;
  }
  pending.erase(0, used);
  // Beast waits for the end of a chunk's line and of the trailer, however long they get.
  if (pending.size() > kMaxHeaderBytes && !parser.is_done()) ec = http::error::header_limit;
  if (parser.is_header_done() && count_headers(parser.get()) > kMaxHeaders) {
    ec = http::error::header_limit;
  }
  return !ec && parser.is_done();
}

}  // namespace

struct RequestReader::Impl {
  using Parser = http::request_parser<http::string_body>;
  std::size_t max_body_bytes;
  int reject_status = 400;
  bool continue_asked = false;
  bool keep_alive = false;
  std::string pending;
  std::optional<Parser> parser;

  void reset() {
    parser.emplace();
    parser->header_limit(static_cast<std::uint32_t>(kMaxHeaderBytes));
    parser->body_limit(max_body_bytes);
    parser->eager(true);
    continue_asked = false;
  }
};

RequestReader::RequestReader(std::size_t max_body_bytes) : impl_(std::make_unique<Impl>()) {
  impl_->max_body_bytes = max_body_bytes;
  impl_->reset();
}
RequestReader::~RequestReader() = default;

Result<bool> RequestReader::put(std::string_view bytes) {
  impl_->pending += bytes;
  error_code ec;
  const bool done = feed(*impl_->parser, impl_->pending, ec);
  if (!ec) return done;
  impl_->reject_status = ec == http::error::header_limit ? 431
                         : ec == http::error::body_limit ? 413
                                                         : 400;
  return parse_error(ec);
}

int RequestReader::reject_status() const { return impl_->reject_status; }

bool RequestReader::started() const { return !impl_->pending.empty() || impl_->parser->got_some(); }

bool RequestReader::wants_continue() {
  if (impl_->continue_asked || !impl_->parser->is_header_done() || impl_->parser->is_done()) {
    return false;
  }
  impl_->continue_asked = true;
  const auto& request = impl_->parser->get();
  return request.version() >= 11 &&
         boost::beast::iequals(request[http::field::expect], "100-continue");
}

bool RequestReader::keep_alive() const { return impl_->keep_alive; }

ServerRequest RequestReader::take() {
  impl_->keep_alive = impl_->parser->keep_alive();
  auto message = impl_->parser->release();
  ServerRequest out;
  out.method = std::string(message.method_string());
  out.target = std::string(message.target());
  out.headers = copy_headers(message);
  out.body = std::move(message.body());
  impl_->reset();
  return out;
}

std::string response_head(const ServerResponse& response, bool keep_alive) {
  const auto reason = http::obsolete_reason(
      http::int_to_status(static_cast<unsigned>(std::clamp(response.status, 0, 999))));
  std::string head = "HTTP/1.1 " + std::to_string(response.status) + ' ';
  head.append(reason.data(), reason.size());
  head += "\r\n";
  if (!response.content_type.empty() && valid_header("content-type", response.content_type)) {
    head += "Content-Type: " + response.content_type + "\r\n";
  }
  head += "Content-Length: " + std::to_string(response.body.size()) + "\r\n";
  if (!keep_alive) head += "Connection: close\r\n";
  head += "\r\n";
  return head;
}

bool valid_header(std::string_view name, std::string_view value) {
  const auto token = [](char c) {
    const auto u = static_cast<unsigned char>(c);
    return u > 0x20 && u < 0x7f &&
           std::string_view("\"(),/:;<=>?@[\\]{}").find(c) == std::string_view::npos;
  };
  const auto text = [](char c) {
    const auto u = static_cast<unsigned char>(c);
    return (u >= 0x20 && u != 0x7f) || c == '\t';
  };
  return !name.empty() && std::all_of(name.begin(), name.end(), token) &&
         std::all_of(value.begin(), value.end(), text);
}

}  // namespace remora::net
