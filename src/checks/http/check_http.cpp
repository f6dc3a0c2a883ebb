#include "remora/checks/check_http.hpp"

#include <algorithm>
#include <boost/asio/error.hpp>
#include <map>

#include "checks/http/body_decoder.hpp"
#include "checks/http/redirect.hpp"
#include "checks/http/token_file.hpp"
#include "remora/core/ascii.hpp"
#include "remora/net/written_url.hpp"

namespace remora::checks {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr int kMaxRedirects = 5;
constexpr std::size_t kMaxClients = 64;
// Of encoded bytes: what a decoder makes of them has the request's own limit.
constexpr std::size_t kMaxRedirectBody = 1u << 20;

const std::string* find_header(const net::Headers& headers, std::string_view lower) {
  for (const auto& [name, value] : headers) {
    if (core::equals_ignoring_case(name, lower)) return &value;
  }
  return nullptr;
}

void put_header(net::Headers& headers, const std::string& name, const std::string& value) {
  const std::string lower = core::ascii_lower(name);
  std::erase_if(headers, [&](const auto& h) { return core::equals_ignoring_case(h.first, lower); });
  headers.emplace_back(name, value);
}

std::string percent_decoded(std::string_view text) {
  const auto hex = [](char c) {
    const char l = core::ascii_lower(c);
    return l >= '0' && l <= '9' ? l - '0' : l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
  };
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && hex(text[i + 1]) >= 0 && hex(text[i + 2]) >= 0) {
      out += static_cast<char>(hex(text[i + 1]) * 16 + hex(text[i + 2]));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

struct Target {
  net::Url url;
  std::string unix_socket;
};

Result<Target> parse_target(const std::string& text) {
  constexpr std::string_view kUnix = "unix://";
  Target out;
  if (!core::ascii_lower(text.substr(0, kUnix.size())).starts_with(kUnix)) {
    auto url = net::parse_written_url(text);
    if (!url) return url.error();
    out.url = std::move(*url);
    return out;
  }
  const std::string path = percent_decoded(text.substr(kUnix.size()));
  const std::size_t dot = path.find(".sock");
  if (dot == std::string::npos || !path.starts_with('/')) {
    return fail(Errc::invalid_config, "URL unix:// needs the path of a socket ending in .sock");
  }
  out.unix_socket = path.substr(0, dot + 5);
  const std::string rest = path.substr(dot + 5);
  auto url =
      net::parse_written_url("http://localhost" + (rest.starts_with('/') ? rest : '/' + rest));
  if (!url) return url.error();
  out.url = std::move(*url);
  return out;
}

// The client speaks of its own options; operators of checks know other ones.
Error in_words_of_checks(const Error& error) {
  std::string text = error.message();
  for (const auto& [from, to] :
       {std::pair<std::string_view, std::string_view>{"DD_TLS_CERT_FILE", "tls_ca_cert"},
        {"DD_PROXY_HTTPS", "proxy.https"}}) {
    for (std::size_t at; (at = text.find(from)) != std::string::npos;) {
      text.replace(at, from.size(), to);
    }
  }
  return fail(error.code(), std::move(text));
}

void describe(std::string& key, const std::optional<net::Url>& url) {
  key += '\n';
  if (url) key += url->origin() + ' ' + url->userinfo;
}

// What one author may read is no proof that another may.
void describe(std::string& key, const core::FilePolicy& policy) {
  key += policy.confined ? 'c' : '-';
  for (const std::string& folder : policy.folders) key += folder + ':';
  key += '\n';
}

// Two instances with equal keys can share connections and trust.
std::string client_key(const net::ClientOptions& o) {
  std::string key;
  for (const std::string* text :
       {&o.tls.ca_file, &o.tls.ca_directory, &o.tls.client_cert, &o.tls.client_key,
        &o.tls.client_key_password, &o.tls.ciphers, &o.tls.min_version}) {
    key += *text + '\n';
  }
  describe(key, o.tls.ca_policy);
  describe(key, o.tls.client_policy);
  key += o.tls.verify ? 'v' : '-';
  key += o.tls.validate_hostname ? 'h' : '-';
  key += o.idle_connections_per_origin > 0 ? 'k' : '-';
  describe(key, o.proxy.http);
  describe(key, o.proxy.https);
  key += o.proxy.nonexact_match ? "\n*" : "\n-";
  for (const std::string& host : o.proxy.no_proxy) key += '\n' + host;
  return key;
}

}  // namespace

struct CheckHttp::Impl {
  struct Client {
    std::unique_ptr<net::BeastClient> client;
    std::uint64_t last_use = 0;
  };

  asio::any_io_executor executor;
  net::ClientOptions defaults;
  std::map<std::string, std::shared_ptr<Client>> clients;
  std::uint64_t uses = 0;

  net::ClientOptions client_options(const CheckHttpOptions& options) const {
    net::ClientOptions out = defaults;
    out.idle_connections_per_origin = options.persist_connections ? 2 : 0;
    out.tls_handshake_timeout = std::max(defaults.tls_handshake_timeout, options.timeout);
    const bool own_proxy = options.proxy.http || options.proxy.https;
    if (options.skip_proxy || (!own_proxy && !options.use_agent_proxy)) {
      out.proxy = net::ProxyOptions();
    } else if (own_proxy) {
      out.proxy = options.proxy;
    }
    out.tls.verify = options.verify;
    if (!options.ca_cert.empty()) {
      out.tls.ca_file = options.ca_cert;  // a bundle or a folder
      out.tls.ca_directory.clear();
      out.tls.ca_policy = options.files;
    } else if (!options.verify) {
      out.tls.ca_file.clear();
      out.tls.ca_directory.clear();
    }
    out.tls.client_policy = options.files;
    out.tls.client_cert = options.client_cert;
    out.tls.client_key = options.client_key;
    out.tls.client_key_password = options.client_key_password;
    out.tls.ciphers = options.ciphers;
    out.tls.validate_hostname = options.validate_hostname;
    return out;
  }

  // The caller's pointer keeps a client alive that is let go meanwhile.
  asio::awaitable<Result<std::shared_ptr<Client>>> client_for(
      std::shared_ptr<const CheckHttpOptions> options) {
    net::ClientOptions wanted = client_options(*options);
    const std::string key = client_key(wanted);
    if (!clients.contains(key)) {
      auto made = co_await net::BeastClient::create_on_loop(std::move(wanted));
      if (!made) co_return in_words_of_checks(made.error());
      // Another instance may have made one meanwhile.
      std::shared_ptr<Client>& slot = clients[key];
      if (!slot) slot = std::make_shared<Client>();
      if (!slot->client) slot->client = std::move(*made);
    }
    const std::shared_ptr<Client> found = clients[key];
    found->last_use = ++uses;
    if (clients.size() > kMaxClients) {
      clients.erase(std::min_element(clients.begin(), clients.end(), [](auto& a, auto& b) {
        return a.second->last_use < b.second->last_use;
      }));
    }
    co_return found;
  }
};

CheckHttp::CheckHttp(asio::any_io_executor executor, net::ClientOptions defaults)
    : impl_(std::make_unique<Impl>()) {
  impl_->executor = std::move(executor);
  impl_->defaults = std::move(defaults);
}
CheckHttp::~CheckHttp() = default;

namespace {

// What one exchange writes to while it runs.
struct Receiver {
  CheckHttpResponse* response = nullptr;
  std::function<void(int, const net::Headers&)> on_head;
  std::function<bool(std::string_view)> on_body;
  std::size_t max_body_bytes = 0;
  BodyUse body_use = BodyUse::needed;
  bool follow = false;
  SteadyClock::time_point start;
  std::unique_ptr<BodyDecoder> decoder;
  std::optional<Error> error;
  std::size_t passed_over = 0;  ///< of a body that nobody reads

  void head(const net::HttpResponse& head) {
    response->to_head = SteadyClock::now() - start;
    response->status = head.status;
    response->headers = head.headers;
    if (skips_body()) return;
    if (on_head) on_head(response->status, response->headers);
    if (body_use == BodyUse::unused) return;
    decoder = BodyDecoder::create(head.header("content-encoding"), max_body_bytes,
                                  [this](std::string_view piece) {
                                    if (on_body) return on_body(piece);
                                    response->body += piece;
                                    return true;
                                  });
  }
  bool skips_body() const {
    return follow && is_redirect(response->status) &&
           find_header(response->headers, "location") != nullptr;
  }
  bool piece(std::string_view bytes) {
    if (!decoder) {
      const std::size_t most = skips_body() ? kMaxRedirectBody : sent_limit();
      return (passed_over += bytes.size()) <= most;
    }
    return decoder->put(bytes) || give_up_body();
  }
  /// The body is whole. False when it says that it is not.
  bool finish() { return !decoder || decoder->finish() || give_up_body(); }
  /// Of the body as it comes; a body that grows when it is decoded is counted by the decoder.
  std::size_t sent_limit() const { return std::max(max_body_bytes, kMaxRedirectBody); }

 private:
  // True when the exchange goes on without it.
  bool give_up_body() {
    const Error why = decoder->error();
    decoder.reset();
    if (body_use == BodyUse::reported && why.code() != Errc::too_large) {
      response->body_error = why;
      return true;
    }
    error = why;
    return false;
  }
};

/// Headers that say something of the client only. Any other may be a key ("X-Api-Key", "Api-Token",
/// whatever a server calls it) and was written for the host of the instance.
bool may_leave_its_host(std::string_view header) {
  constexpr std::string_view kOfTheClient[] = {"user-agent", "accept", "accept-encoding",
                                               "accept-language", "content-type"};
  return std::any_of(std::begin(kOfTheClient), std::end(kOfTheClient),
                     [header](auto name) { return core::equals_ignoring_case(header, name); });
}

}  // namespace

asio::awaitable<Result<CheckHttpResponse>> CheckHttp::send(
    std::shared_ptr<const CheckHttpOptions> options, CheckHttpRequest request) {
  const SteadyClock::time_point start = SteadyClock::now();
  auto target = parse_target(request.url);
  if (!target) co_return target.error();
  auto client = co_await impl_->client_for(options);
  if (!client) co_return client.error();

  net::HttpRequest hop;
  hop.method = request.method;
  std::transform(hop.method.begin(), hop.method.end(), hop.method.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  hop.url = target->url;
  hop.unix_socket = target->unix_socket;
  hop.headers = options->headers;
  if (!options->authorization.empty()) {
    put_header(hop.headers, "Authorization", options->authorization);
  }
  for (const auto& [name, value] : request.extra_headers) put_header(hop.headers, name, value);
  if (!options->auth_token_file.empty()) {
    auto token = co_await token_header(options);
    if (!token) co_return token.error();
    put_header(hop.headers, options->auth_token_header, *token);
  }
  if (const std::string* host = find_header(hop.headers, "host")) {
    hop.host_header = *host;
    if (options->use_host_header) hop.tls_name = host->substr(0, host->find(':'));
  }
  if (!request.body.empty()) hop.body = std::make_shared<const std::string>(request.body);

  CheckHttpResponse response;
  for (int redirects = 0;; ++redirects) {
    Receiver receiver;
    receiver.response = &response;
    receiver.on_head = request.on_head;
    receiver.on_body = request.on_body;
    receiver.max_body_bytes = request.max_body_bytes;
    receiver.body_use = request.body_use;
    receiver.follow = options->allow_redirects;
    receiver.start = start;
    response.body.clear();
    response.body_error.reset();
    response.certificate_end.reset();

    const auto left = options->timeout - std::chrono::duration_cast<std::chrono::milliseconds>(
                                             SteadyClock::now() - start);
    if (left.count() <= 0) {
      co_return fail(Errc::timeout, hop.url.origin() + ": no complete answer within " +
                                        std::to_string(options->timeout.count()) +
                                        " ms, redirected");
    }
    net::HttpRequest sent = hop;
    sent.timeout = left;
    sent.max_response_bytes = receiver.sent_limit();
    sent.cut_tls_ends_body = true;
    sent.on_head = [&receiver](const net::HttpResponse& head) { receiver.head(head); };
    sent.on_body = [&receiver](std::string_view piece) { return receiver.piece(piece); };
    sent.on_certificate = [&response](std::chrono::sys_seconds end) {
      response.certificate_end = end;
    };
    if (redirects > 0) {
      sent.may_connect = [](const asio::ip::address& a) { return !is_metadata_address(a); };
    }
    auto answer = co_await (*client)->client->send(std::move(sent));
    if (receiver.error) {
      co_return fail(*receiver.error, hop.url.origin());
    }
    if (!answer) {
      if (answer.error().code() == Errc::unauthorized) {
        co_return fail(
            Errc::unauthorized,
            hop.url.origin() + ": the server redirects to a name of a metadata address: refused");
      }
      co_return in_words_of_checks(answer.error());
    }
    if (!receiver.skips_body()) {
      if (!receiver.finish()) co_return fail(*receiver.error, hop.url.origin());
      response.final_url =
          hop.unix_socket.empty() ? hop.url.origin() + hop.url.target : request.url;
      co_return response;
    }
    if (redirects == kMaxRedirects) {
      co_return fail(Errc::network, target->url.origin() + ": more than " +
                                        std::to_string(kMaxRedirects) + " redirects");
    }
    if (!hop.unix_socket.empty()) {
      co_return fail(Errc::unauthorized, "the server behind a Unix socket redirects: refused");
    }
    auto next = redirect_target(hop.url, *find_header(response.headers, "location"));
    if (!next) co_return fail(next.error(), hop.url.origin());
    hop.method = redirected_method(hop.method, response.status);
    if (response.status != 307 && response.status != 308) {
      hop.body = nullptr;
      std::erase_if(hop.headers, [](const auto& h) {
        return core::equals_ignoring_case(h.first, "content-type");
      });
    }
    if (!keeps_credentials(hop.url, *next)) {
      std::erase_if(hop.headers, [](const auto& h) { return !may_leave_its_host(h.first); });
      hop.host_header.clear();
      hop.tls_name.clear();
    } else if (next->userinfo.empty()) {
      next->userinfo = hop.url.userinfo;
    }
    hop.url = std::move(*next);
  }
}

asio::awaitable<Result<std::chrono::sys_seconds>> CheckHttp::certificate_end(
    std::shared_ptr<const CheckHttpOptions> options, std::string url, std::string server_name) {
  auto parsed = net::parse_written_url(url);
  if (!parsed) co_return parsed.error();
  if (parsed->scheme != "https") {
    co_return fail(Errc::invalid_config, "no certificate without https");
  }
  auto client = co_await impl_->client_for(options);
  if (!client) co_return client.error();
  std::optional<std::chrono::sys_seconds> end;
  net::HttpRequest request;
  request.url = std::move(*parsed);
  request.url.userinfo.clear();
  request.timeout = options->timeout;
  request.tls_name = std::move(server_name);
  request.handshake_only = true;
  request.on_certificate = [&end](std::chrono::sys_seconds when) { end = when; };
  auto answer = co_await (*client)->client->send(std::move(request));
  if (!answer) co_return in_words_of_checks(answer.error());
  if (!end) co_return fail(Errc::tls, "the server shows no certificate");
  co_return *end;
}

}  // namespace remora::checks
