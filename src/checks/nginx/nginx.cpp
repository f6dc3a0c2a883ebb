#include "remora/checks/nginx/nginx.hpp"

#include <array>
#include <memory>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "checks/http/option_lists.hpp"
#include "checks/http/page_text.hpp"
#include "checks/nginx/metric_table.hpp"
#include "checks/nginx/status_json.hpp"
#include "checks/nginx/stub_status.hpp"
#include "remora/core/ascii.hpp"
#include "remora/model/value_reader.hpp"
#include "remora/net/written_url.hpp"

namespace remora::checks {
namespace nginx {
namespace {

using model::CheckStatus;

constexpr std::size_t kMaxPageBytes = 8u << 20;
constexpr std::string_view kNamespace = "nginx";

// Of the API of NGINX Plus, with the version that brought it.
struct Endpoint {
  int version;
  std::string_view path;
  std::string_view nest;  ///< objects its answer is put in; empty = none
  bool stream = false;
};
constexpr auto kEndpoints = std::to_array<Endpoint>({
    {1, "nginx", "", false},
    {1, "http/requests", "requests", false},
    {1, "http/server_zones", "server_zones", false},
    {1, "http/upstreams", "upstreams", false},
    {1, "http/caches", "caches", false},
    {1, "processes", "processes", false},
    {1, "connections", "connections", false},
    {1, "ssl", "ssl", false},
    {1, "slabs", "slabs", false},
    {5, "http/location_zones", "location_zones", false},
    {5, "resolvers", "resolvers", false},
    {6, "http/limit_reqs", "limit_reqs", false},
    {6, "http/limit_conns", "limit_conns", false},
    {1, "stream/server_zones", "stream.server_zones", true},
    {1, "stream/upstreams", "stream.upstreams", true},
    {3, "stream/zone_sync", "stream.zone_sync", true},
    {6, "stream/limit_conns", "stream.limit_conns", true},
});

struct Options {
  std::string url, host, port = "80";
  bool plus = false, plus_stream = true, only_enabled = false, vts = false;
  std::int64_t plus_version = 2;
};

class NginxCheck final : public IntegrationCheck {
 public:
  NginxCheck(Options options, CheckHttpOptions http_options, CheckHttp& http)
      : options_(std::move(options)),
        http_options_(std::make_shared<const CheckHttpOptions>(std::move(http_options))),
        http_(http),
        base_tags_{"nginx_host:" + options_.host, "port:" + options_.port},
        check_tags_{"host:" + options_.host, "port:" + options_.port} {}

  asio::awaitable<Result<void>> run(InstanceSender& sender) override {
    std::string url = options_.url;
    if (options_.plus) url += '/' + std::to_string(options_.plus_version);
    auto answer = co_await get(url);
    // A run that is ended says nothing about the server.
    if (!answer && answer.error().code() == Errc::cancelled) co_return answer.error();
    if (!answer) {
      sender.service_check("can_connect", CheckStatus::critical, check_tags_,
                           answer.error().message());
      co_return answer.error();
    }
    sender.service_check("can_connect", CheckStatus::ok, check_tags_, "");
    if (options_.plus) {
      auto done = co_await run_plus(sender, url, std::move(answer->body));
      co_return done;
    }
    submit_version(sender, *answer);
    std::string_view type;
    for (const auto& [name, value] : answer->headers) {
      if (name == "content-type") type = value;
    }
    std::string remark;
    answer->body = page_text(std::move(answer->body), type, remark);
    if (!remark.empty()) sender.warning(std::move(remark));
    if (options_.vts || type.starts_with("application/json")) {
      co_return submit_json(sender, answer->body, "");
    }
    const auto status = parse_stub_status(answer->body);
    if (!status) co_return fail(status.error(), options_.url);
    submit_stub(sender, *status);
    if (const std::string missing = missing_parts(*status); !missing.empty()) {
      sender.warning("the status page lacks " + missing + ": metrics are missing");
    }
    co_return Result<void>();
  }

 private:
  asio::awaitable<Result<CheckHttpResponse>> get(std::string url) {
    CheckHttpRequest request;
    request.url = std::move(url);
    request.max_body_bytes = kMaxPageBytes;
    request.body_use = BodyUse::reported;
    auto answer = co_await http_.send(http_options_, std::move(request));
    if (answer && answer->status >= 400) {
      co_return fail(Errc::http_status, shown_url() + ": status " + std::to_string(answer->status));
    }
    if (answer && answer->body_error) co_return fail(*answer->body_error, shown_url());
    co_return answer;
  }

  // Without user and password.
  std::string shown_url() const {
    const auto parsed = net::parse_written_url(options_.url);
    if (!parsed) return options_.host;
    return parsed->origin() + parsed->target.substr(0, parsed->target.find('?'));
  }

  void submit_stub(InstanceSender& sender, const StubStatus& status) const {
    const auto send = [&](SubmitKind kind, std::string_view name, std::optional<double> value) {
      if (value) submit(sender, kind, name, *value, base_tags_);
    };
    send(SubmitKind::gauge, "net.connections", status.active);
    send(SubmitKind::rate, "net.conn_opened_per_s", status.accepts);
    if (status.accepts && status.handled) {
      send(SubmitKind::rate, "net.conn_dropped_per_s", *status.accepts - *status.handled);
    }
    send(SubmitKind::rate, "net.request_per_s", status.requests);
    send(SubmitKind::gauge, "net.reading", status.reading);
    send(SubmitKind::gauge, "net.writing", status.writing);
    send(SubmitKind::gauge, "net.waiting", status.waiting);
  }

  static void submit(InstanceSender& sender, SubmitKind kind, std::string_view name, double value,
                     const std::vector<std::string>& tags) {
    Submission submission;
    submission.kind = kind;
    submission.name = name;
    submission.value = value;
    submission.tags = tags;
    sender.submit(submission);
  }

  static void submit_version(InstanceSender& sender, const CheckHttpResponse& answer) {
    for (const auto& [name, value] : answer.headers) {
      if (name != "server") continue;
      const std::size_t slash = value.find('/');
      if (slash == std::string::npos) return;  // server_tokens off
      const std::string version = value.substr(slash + 1, value.find(' ', slash) - slash - 1);
      if (!version.empty() && version.size() <= 64) sender.metadata("version", version);
      return;
    }
  }

  Result<void> submit_json(InstanceSender& sender, std::string_view body, std::string_view nest) {
    std::optional<double> accepted, handled;
    std::vector<std::string> tags;
    auto done = flatten(body, nest, [&](const FlatValue& found) {
      tags = base_tags_;
      tags.insert(tags.end(), found.tags.begin(), found.tags.end());
      if (!options_.vts) return submit_one(sender, found.name, found.value, tags);
      if (found.name == "connections.accepted") accepted = found.value;
      if (found.name == "connections.handled") handled = found.value;
      if (found.name == "connections.requests") {
        submit(sender, SubmitKind::rate, "net.request_per_s", found.value, tags);
      }
      const std::string_view name = vts_name(found.name);
      if (!name.empty()) submit_one(sender, name, found.value, tags);
    });
    if (accepted) {
      submit(sender, SubmitKind::rate, "net.conn_opened_per_s", *accepted, base_tags_);
    }
    if (accepted && handled) {
      submit(sender, SubmitKind::rate, "net.conn_dropped_per_s", *accepted - *handled, base_tags_);
    }
    if (!done) return fail(done.error(), shown_url());
    return done;
  }

  static void submit_one(InstanceSender& sender, std::string_view name, double value,
                         const std::vector<std::string>& tags) {
    const Kind kind = kind_of(name);
    if (kind != Kind::count) submit(sender, SubmitKind::gauge, name, value, tags);
    if (kind == Kind::count) submit(sender, SubmitKind::monotonic_count, name, value, tags);
    if (kind == Kind::gauge_and_count) {
      const std::string count = std::string(name) + "_count";
      submit(sender, SubmitKind::monotonic_count, count, value, tags);
    }
    if (has_histogram(name)) {
      const std::string histogram = std::string(name) + "_histogram";
      submit(sender, SubmitKind::histogram, histogram, value, tags);
    }
  }

  // Paths the server says it has. Empty result: all are asked.
  asio::awaitable<Result<std::set<std::string>>> enabled_paths(std::string root,
                                                               std::string root_body) {
    std::set<std::string> out;
    auto top = text_list(root_body);
    if (!top) co_return top.error();
    for (const std::string& name : *top) {
      if (name != "http" && name != "stream") {
        out.insert(name);
        continue;
      }
      if (name == "stream" && !options_.plus_stream) continue;
      auto answer = co_await get(root + '/' + name);
      if (!answer) continue;  // nothing of it is asked then
      const auto below = text_list(answer->body);
      if (!below) continue;
      for (const std::string& leaf : *below) out.insert(name + '/' + leaf);
    }
    co_return out;
  }

  asio::awaitable<Result<void>> run_plus(InstanceSender& sender, std::string root,
                                         std::string root_body) {
    std::set<std::string> enabled;
    if (options_.only_enabled) {
      auto found = co_await enabled_paths(root, std::move(root_body));
      if (!found) co_return fail(found.error(), shown_url());
      enabled = std::move(*found);
    }
    for (std::size_t i = 0; i < kEndpoints.size(); ++i) {
      const Endpoint& endpoint = kEndpoints[i];
      if (endpoint.version > options_.plus_version) continue;
      if (endpoint.stream && !options_.plus_stream) continue;
      const std::string path(endpoint.path);
      if (options_.only_enabled && !enabled.contains(path)) continue;
      // An endpoint that fails is one the server was built or configured without.
      auto answer = co_await get(root + '/' + path);
      if (!answer && answer.error().code() == Errc::cancelled) co_return answer.error();
      if (!answer) continue;
      const auto done = submit_json(sender, answer->body, endpoint.nest);
      if (!done) sender.warning(path + ": " + done.error().message());
      if (path == "nginx") {
        const std::string version = text_member(answer->body, "version");
        if (!version.empty() && version.size() <= 64) sender.metadata("version", version);
      }
    }
    co_return Result<void>();
  }

  Options options_;
  std::shared_ptr<const CheckHttpOptions> http_options_;
  CheckHttp& http_;
  std::vector<std::string> base_tags_, check_tags_;
};

Result<std::unique_ptr<IntegrationCheck>> create(const InstanceConfig& config,
                                                 const CheckServices& services) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 2> kAliases = {
      {{"ssl_validation", "tls_verify"}, {"user", "username"}}};
  auto http_options = read_http_options(config.instance, config.init_config, kAliases);
  if (!http_options) return http_options.error();
  http_options->files = config.files;

  model::ValueReader reader(config.instance);
  Options options;
  options.url = reader.text("nginx_status_url");
  options.plus = reader.boolean("use_plus_api", false);
  options.plus_stream = reader.boolean("use_plus_api_stream", true);
  options.plus_version = reader.integer("plus_api_version", 2);
  options.only_enabled = reader.boolean("only_query_enabled_endpoints", false);
  options.vts = reader.boolean("use_vts", false);
  if (!reader.problems().empty()) return fail(Errc::invalid_config, reader.problems().front());
  if (options.url.empty()) return fail(Errc::invalid_config, "nginx_status_url: is missing");
  if (options.plus_version < 1 || options.plus_version > 100) {
    return fail(Errc::invalid_config, "plus_api_version: is not a number from 1 to 100");
  }
  if (options.plus) {
    while (options.url.ends_with('/')) options.url.pop_back();
  }
  if (core::ascii_lower(options.url).starts_with("unix://")) {
    options.host = "localhost";
  } else {
    const auto url = net::parse_written_url(options.url);
    if (!url) return fail(Errc::invalid_config, "nginx_status_url: " + url.error().message());
    options.host = url->host;
    // The Agent says 80 for https too, unless the URL says more.
    const bool own = url->scheme == "https" && url->port == 443;
    options.port = own ? "80" : std::to_string(url->port);
    if (own && options.url.find(":443") != std::string::npos) options.port = "443";
  }
  return std::unique_ptr<IntegrationCheck>(
      std::make_unique<NginxCheck>(std::move(options), std::move(*http_options), services.http));
}

constexpr auto kServiceChecks = std::to_array<ServiceCheckInfo>({
    {"nginx.can_connect", "critical when the status page does not answer, or with 400 and above"},
});

constexpr auto kOptions = with_http_options(std::to_array<OptionInfo>({
    {"nginx_status_url", "", "the stub_status page, the root of the Plus API, or VTS' JSON page"},
    {"use_plus_api", "false", "the API of NGINX Plus"},
    {"use_plus_api_stream", "true", "its stream endpoints too"},
    {"plus_api_version", "2", "its version, a part of the path"},
    {"only_query_enabled_endpoints", "false", "ask first which endpoints there are"},
    {"use_vts", "false", "the JSON page of the virtual host traffic status module"},
    {"disable_generic_tags", "false",
     "only nginx_host and the like, without host, env, service, version, cluster"},
    {"tls_verify", "true", "false: any certificate will do"},
    {"ssl_validation", "", "older name of tls_verify"},
    {"user", "", "older name of username"},
}));

}  // namespace
}  // namespace nginx

const IntegrationInfo kNginx{
    .name = "nginx",
    .title = "NGINX",
    .name_space = nginx::kNamespace,
    .metrics = nginx::metric_table(),
    .service_checks = nginx::kServiceChecks,
    .options = nginx::kOptions,
    .declined_options = kDeclinedHttpOptions,
    .ad_identifiers = {},
    .auto_instance = "",
    .label_example =
        R"({"nginx":{"instances":[{"nginx_status_url":"http://%%host%%:80/nginx_status"}]}})",
    .origin_service = 117,  // DataDog/datadog-agent pkg/serializer origin_mapping.go
    .both_tag_forms = true,
    .create = nginx::create};

}  // namespace remora::checks
