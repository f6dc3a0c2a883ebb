#include "remora/checks/openmetrics/openmetrics.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <utility>
#include <vector>

#include "checks/http/option_lists.hpp"
#include "checks/openmetrics/options.hpp"
#include "checks/openmetrics/scrape.hpp"
#include "remora/core/ascii.hpp"
#include "remora/core/scrub.hpp"
#include "remora/model/value_reader.hpp"
#include "remora/net/written_url.hpp"

namespace remora::checks {
namespace openmetrics {
namespace {

using model::CheckStatus;
using model::Value;

// Of the decoded page. Nothing of it is kept, so the limit is one of time.
constexpr std::size_t kMaxPageBytes = 256u << 20;
constexpr std::string_view kKubernetesToken = "/var/run/secrets/kubernetes.io/serviceaccount/token";

/// What both engines want besides their mapper.
struct Endpoint {
  std::string url;           ///< to ask
  std::string shown;         ///< for people: without credentials and query
  std::string prefix;        ///< "<namespace>." or empty
  std::string health_check;  ///< name of the service check; empty: none is sent
  bool legacy = false;
  bool ignore_connection_errors = false;
  bool telemetry = false;
};

double seconds_of(core::WallTime time) {
  return std::chrono::duration<double>(time.time_since_epoch()).count();
}

class OpenmetricsCheck final : public IntegrationCheck {
 public:
  OpenmetricsCheck(Endpoint endpoint, CheckHttpOptions http_options,
                   std::unique_ptr<MetricMapper> mapper, const CheckServices& services)
      : endpoint_(std::move(endpoint)),
        http_options_(std::make_shared<const CheckHttpOptions>(std::move(http_options))),
        mapper_(std::move(mapper)),
        http_(services.http),
        clock_(services.clock),
        agent_start_(services.agent_start) {}

  asio::awaitable<Result<void>> run(InstanceSender& sender) override {
    Scrape scrape(*mapper_, sender,
                  ScrapeStart{seconds_of(clock_.wall()), seconds_of(agent_start_)});
    CheckHttpRequest request;
    request.url = endpoint_.url;
    request.max_body_bytes = kMaxPageBytes;
    request.on_head = [&scrape](int status, const net::Headers& headers) {
      scrape.head(status, headers);
    };
    request.on_body = [&scrape](std::string_view piece) { return scrape.body(piece); };
    auto answer = co_await http_.send(http_options_, std::move(request));
    // A run that is ended says nothing about the server.
    if (!answer && answer.error().code() == Errc::cancelled) co_return answer.error();

    Result<void> done;
    if (scrape.status() >= 400) {
      done = fail(Errc::http_status, "status " + std::to_string(scrape.status()));
    } else if (!answer && !scrape.reached_limit()) {
      done = answer.error();
    }
    submit_health(sender, scrape.status(), done);
    if (endpoint_.telemetry && scrape.status() > 0 && scrape.status() < 400) {
      submit_size(sender, scrape.page_bytes());
    }
    scrape.finish(static_cast<bool>(done));
    if (done) co_return done;
    if (endpoint_.ignore_connection_errors && is_connection_error(done.error().code())) {
      sender.warning("OpenMetrics endpoint " + endpoint_.shown +
                     " is not accessible: " + done.error().message());
      co_return Result<void>();
    }
    co_return fail(done.error(), "There was an error scraping endpoint " + endpoint_.shown);
  }

 private:
  static bool is_connection_error(Errc code) {
    return code == Errc::network || code == Errc::tls || code == Errc::timeout;
  }

  // As with the Agent the head of the answer decides: a page that breaks off later fails the run.
  void submit_health(InstanceSender& sender, int status, const Result<void>& done) const {
    if (endpoint_.health_check.empty()) return;
    const bool healthy = status > 0 && status < 400;
    sender.service_check(endpoint_.health_check, healthy ? CheckStatus::ok : CheckStatus::critical,
                         mapper_->check_tags(),
                         healthy ? std::string_view() : done.error().message());
  }

  void submit_size(InstanceSender& sender, double bytes) const {
    const TagViews tags = endpoint_.legacy ? TagViews() : TagViews(mapper_->check_tags());
    sender.gauge(endpoint_.prefix + "telemetry.payload.size", bytes, tags);
  }

  Endpoint endpoint_;
  std::shared_ptr<const CheckHttpOptions> http_options_;
  std::unique_ptr<MetricMapper> mapper_;
  CheckHttp& http_;
  core::Clock& clock_;
  core::WallTime agent_start_;
};

// The tag of an endpoint goes to the intake: no password in it.
std::string without_credentials(const std::string& url) {
  const std::size_t scheme = url.find("://");
  const std::size_t host = scheme == std::string::npos ? 0 : scheme + 3;
  const std::size_t end = std::min(url.find_first_of("/?#", host), url.size());
  const std::size_t at = std::string_view(url).substr(0, end).rfind('@');
  if (at == std::string::npos || at < host) return url;
  return url.substr(0, host) + url.substr(at + 1);
}

Result<std::string> read_url(const Value& instance, std::string_view option) {
  model::ValueReader reader(instance);
  std::string url = reader.text(option);
  if (!reader.problems().empty()) return fail(Errc::invalid_config, reader.problems().front());
  if (url.empty()) return fail(Errc::invalid_config, "`" + std::string(option) + "` is missing");
  if (core::ascii_lower(url).starts_with("unix://")) return url;
  if (const auto parsed = net::parse_written_url(url); !parsed) {
    return fail(Errc::invalid_config, "`" + std::string(option) + "`: " + parsed.error().message());
  }
  return url;
}

Endpoint endpoint_of(std::string url, const std::string& name_space) {
  Endpoint out;
  out.shown = without_credentials(url);
  out.shown.resize(std::min(out.shown.find_first_of("?#"), out.shown.size()));
  out.url = std::move(url);
  if (!name_space.empty()) out.prefix = name_space + '.';
  return out;
}

bool names_accept(const Value& instance) {
  for (const char* option : {"headers", "extra_headers"}) {
    const Value* headers = instance.find(option);
    if (headers == nullptr || headers->map() == nullptr) continue;
    for (const model::MapEntry& entry : headers->map()->entries()) {
      if (core::equals_ignoring_case(entry.key, "accept")) return true;
    }
  }
  return false;
}

void ask_for(const Value& instance, bool latest_spec, CheckHttpOptions& http) {
  if (names_accept(instance)) return;
  std::erase_if(http.headers, [](const auto& header) {
    return core::equals_ignoring_case(header.first, "accept");
  });
  http.headers.emplace_back("Accept", latest_spec ? "application/openmetrics-text;version=1.0.0,"
                                                    "application/openmetrics-text;version=0.0.1"
                                                  : "text/plain");
}

Result<std::unique_ptr<IntegrationCheck>> create_current(const InstanceConfig& config,
                                                         const CheckServices& services) {
  auto url = read_url(config.instance, "openmetrics_endpoint");
  if (!url) return url.error();
  auto options = read_mapper_options(config.instance);
  if (!options) return options.error();
  options->endpoint = core::scrub_tag(without_credentials(*url));
  auto http = read_http_options(config.instance, config.init_config);
  if (!http) return http.error();
  http->files = config.files;
  ask_for(config.instance, options->use_latest_spec, *http);
  auto mapper = make_mapper(*options);
  if (!mapper) return mapper.error();

  model::ValueReader reader(config.instance);
  Endpoint endpoint = endpoint_of(std::move(*url), options->name_space);
  endpoint.telemetry = options->telemetry;
  endpoint.ignore_connection_errors = reader.boolean("ignore_connection_errors", false);
  if (reader.boolean("enable_health_service_check", true)) {
    endpoint.health_check = endpoint.prefix + "openmetrics.health";
  }
  return std::unique_ptr<IntegrationCheck>(std::make_unique<OpenmetricsCheck>(
      std::move(endpoint), std::move(*http), std::move(*mapper), services));
}

constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kLegacyAliases = {
    {{"ssl_verify", "tls_verify"},
     {"ssl_cert", "tls_cert"},
     {"ssl_private_key", "tls_private_key"},
     {"ssl_ca_cert", "tls_ca_cert"},
     {"prometheus_timeout", "timeout"}}};

bool is_false(const Value& value) {
  return (value.boolean() != nullptr && !*value.boolean()) ||
         (value.text() != nullptr && core::equals_ignoring_case(*value.text(), "false"));
}

/// The instance with `ssl_ca_cert: false`, which turns verification off, in other words.
Value with_plain_tls(const Value& instance) {
  Value out = instance;
  if (out.map() == nullptr) return out;
  if (const Value* bundle = out.find("ssl_ca_cert"); bundle != nullptr && is_false(*bundle)) {
    out.map()->set("ssl_ca_cert", nullptr);
    out.map()->set("ssl_verify", false);
  }
  return out;
}

/// `bearer_token_auth`, `bearer_token_path`.
Result<void> read_bearer_token(const Value& instance, const std::string& url,
                               CheckHttpOptions& http) {
  model::ValueReader reader(instance);
  const Value* wanted = reader.value("bearer_token_auth");
  const std::string path = reader.text("bearer_token_path", kKubernetesToken);
  if (!reader.problems().empty()) return fail(Errc::invalid_config, reader.problems().front());
  if (wanted == nullptr || !http.auth_token_file.empty()) return {};
  const bool tls_only =
      wanted->text() != nullptr && core::equals_ignoring_case(*wanted->text(), "tls_only");
  const bool on =
      tls_only ? core::ascii_lower(url).starts_with("https://") : model::affirmative(*wanted);
  if (!on) return {};
  http.auth_token_file = path;
  http.auth_token_header = "Authorization";
  http.auth_token_value = "Bearer <TOKEN>";
  http.auth_token_placeholder = "<TOKEN>";
  http.auth_token_option = "bearer_token_path";
  return {};
}

Result<std::unique_ptr<IntegrationCheck>> create_legacy(const InstanceConfig& config,
                                                        const CheckServices& services) {
  auto url = read_url(config.instance, "prometheus_url");
  if (!url) return url.error();
  auto options = read_legacy_options(config.instance);
  if (!options) return options.error();
  options->endpoint = core::scrub_tag(without_credentials(*url));
  auto http =
      read_http_options(with_plain_tls(config.instance), config.init_config, kLegacyAliases);
  if (!http) return http.error();
  http->files = config.files;
  if (auto read = read_bearer_token(config.instance, *url, *http); !read) return read.error();
  ask_for(config.instance, false, *http);
  auto mapper = make_legacy_mapper(*options);
  if (!mapper) return mapper.error();

  model::ValueReader reader(config.instance);
  Endpoint endpoint = endpoint_of(std::move(*url), options->name_space);
  endpoint.legacy = true;
  endpoint.telemetry = options->telemetry;
  if (reader.boolean("health_service_check", true)) {
    endpoint.health_check = endpoint.prefix + "prometheus.health";
  }
  return std::unique_ptr<IntegrationCheck>(std::make_unique<OpenmetricsCheck>(
      std::move(endpoint), std::move(*http), std::move(*mapper), services));
}

Result<std::unique_ptr<IntegrationCheck>> create(const InstanceConfig& config,
                                                 const CheckServices& services) {
  const model::ValueReader reader(config.instance);
  const bool legacy = !reader.has("openmetrics_endpoint") && reader.has("prometheus_url");
  return legacy ? create_legacy(config, services) : create_current(config, services);
}

constexpr auto kServiceChecks = std::to_array<ServiceCheckInfo>({
    {"<namespace>.openmetrics.health",
     "the endpoint of openmetrics_endpoint does not answer, or with 400 and above"},
    {"<namespace>.prometheus.health",
     "the endpoint of prometheus_url does not answer, or with 400 and above"},
});

constexpr auto kOptions = with_http_options(std::to_array<OptionInfo>({
    {"openmetrics_endpoint", "", "URL of the page; http, https or unix:///path.sock/path"},
    {"namespace", "", "in front of all names, with a dot; empty: nothing is"},
    {"metrics", "",
     "required; list of names, expressions, {exposed: name}, or {exposed: {name, type, …}}"},
    {"extra_metrics", "", "the same, appended"},
    {"raw_metric_prefix", "", "taken off the exposed names before everything else"},
    {"exclude_metrics", "", "list of names and expressions that are left out"},
    {"exclude_metrics_by_labels", "",
     "{label: true} or {label: [expressions]}: samples with that label, or such a value"},
    {"exclude_labels", "", "list of labels that become no tags"},
    {"include_labels", "", "list of the only labels that become tags"},
    {"rename_labels", "", "{label: key of the tag}"},
    {"tag_by_endpoint", "true", "tag endpoint: with the URL, without credentials"},
    {"ignore_tags", "", "list of expressions: tags of the instance that are not sent"},
    {"hostname_label", "", "label whose value is the host of a sample"},
    {"hostname_format", "", "that host, in place of `<HOSTNAME>`"},
    {"enable_health_service_check", "true", "the service check `<namespace>.openmetrics.health`"},
    {"ignore_connection_errors", "false", "an endpoint that is not there is a warning, no failure"},
    {"collect_histogram_buckets", "true", "false: .sum and .count alone"},
    {"non_cumulative_histogram_buckets", "false",
     "each bucket counts its own range, with the tag lower_bound"},
    {"histogram_buckets_as_distributions", "false", "a distribution in place of .bucket"},
    {"collect_counters_with_distributions", "false", "the same, with .sum and .count"},
    {"use_process_start_time", "false",
     "counters of a process that began after the agent count in full at the first scrape"},
    {"share_labels", "",
     "{family: true} or {family: {labels, match, values}}: its labels on other samples too"},
    {"cache_shared_labels", "true", "keep them from the first scrape; false: collect them anew"},
    {"target_info", "false", "the labels of target_info on everything"},
    {"raw_line_filters", "", "list of expressions: lines dropped before they are read"},
    {"cache_metric_wildcards", "true", "remember what an expression decided for a name"},
    {"use_latest_spec", "false", "ask for OpenMetrics, and read every page as such"},
    {"telemetry", "false",
     "`<namespace>.telemetry.metrics.{input,ignored,processed,blacklist}.count` and "
     "`<namespace>.telemetry.payload.size`"},
    {"prometheus_url", "", "URL of the page, for the older engine: the options from here on"},
    {"prometheus_metrics_prefix", "", "as raw_metric_prefix"},
    {"type_overrides", "", "{exposed name: type}; `*` stands for anything"},
    {"ignore_metrics", "", "list of names that are left out; `*` stands for anything"},
    {"ignore_metrics_by_labels", "", "{label: [values]}, or `[\"*\"]` for any value"},
    {"labels_mapper", "", "as rename_labels"},
    {"label_joins", "",
     "{family: {labels_to_match, labels_to_get}}: its labels on samples that agree"},
    {"label_to_hostname", "", "as hostname_label"},
    {"label_to_hostname_suffix", "", "behind that host"},
    {"health_service_check", "true", "the service check `<namespace>.prometheus.health`"},
    {"send_histograms_buckets", "true", "false: .sum and .count alone"},
    {"non_cumulative_buckets", "false", "each bucket counts its own range"},
    {"send_distribution_buckets", "false", "a distribution in place of buckets, .sum and .count"},
    {"send_monotonic_counter", "true", "false: counters are gauges"},
    {"send_monotonic_with_gauge", "false", "gauges of counters also as a count, with .total"},
    {"send_distribution_counts_as_monotonic", "false", ".count of histograms and summaries"},
    {"send_distribution_sums_as_monotonic", "false", ".sum of histograms and summaries"},
    {"metadata_metric_name", "", "family whose labels say the version and the like"},
    {"metadata_label_map", "", "{fact: label} of that family"},
    {"bearer_token_auth", "false", "true, or tls_only for https alone: a token from a file"},
    {"bearer_token_path", kKubernetesToken, "that file, read at every request"},
    {"prometheus_timeout", "", "older name of timeout, of this engine"},
    {"ssl_verify", "", "older name of tls_verify, of this engine"},
    {"ssl_cert", "", "older name of tls_cert, of this engine"},
    {"ssl_private_key", "", "older name of tls_private_key, of this engine"},
    {"ssl_ca_cert", "", "older name of tls_ca_cert, of this engine; false: no verification"},
    {"tls_verify", "true", "false: any certificate will do"},
}));

constexpr auto kDeclined = with_declined_http_options(std::to_array<std::string_view>({
    "collect_histograms_as_distributions",  // sketches without the tags of the bounds
}));

}  // namespace
}  // namespace openmetrics

const IntegrationInfo kOpenmetrics{
    .name = "openmetrics",
    .title = "Prometheus and OpenMetrics pages",
    .name_space = "",  // of the instance, and part of the names already
    .metrics = {},
    .service_checks = openmetrics::kServiceChecks,
    .options = openmetrics::kOptions,
    .declined_options = openmetrics::kDeclined,
    .ad_identifiers = {},
    .auto_instance = "",
    .label_example =
        R"({"openmetrics":{"instances":[{"openmetrics_endpoint":"http://%%host%%:8080/metrics",)"
        R"("namespace":"my_app","metrics":[".*"]}]}})",
    .notes =
        "Two engines: an instance with `openmetrics_endpoint` uses the first, one with "
        "`prometheus_url` the older second.\n\n"
        "| Exposed | `openmetrics_endpoint` | `prometheus_url` |\n"
        "| --- | --- | --- |\n"
        "| counter `hits_total` | named **without** `_total`: `metrics: [hits]` sends the "
        "monotonic count `hits.count` | named **with** `_total`: sends the monotonic count "
        "`hits_total` |\n"
        "| gauge `temp` | gauge `temp` | gauge `temp` |\n"
        "| histogram `took` | monotonic counts `took.bucket` with the tag `upper_bound`, "
        "`took.sum`, `took.count`; or a distribution `took` | gauges `took.sum` and `took.count`, "
        "buckets as `took.count` with the tag `upper_bound`, `none` for all; or a distribution "
        "`took` |\n"
        "| summary `took` | gauge `took.quantile` with the tag `quantile`, monotonic counts "
        "`took.sum`, `took.count` | gauges `took.quantile`, `took.sum`, `took.count` |\n"
        "| without a TYPE | only where `metrics` gives it a `type` | only where `type_overrides` "
        "does |\n\n"
        "An entry of `metrics` with any character but letters, digits, `_` and `:` is an "
        "expression, searched in the exposed name (`.*` is everything); for `prometheus_url` `*` "
        "stands for anything. A `type` is one of native, native_dynamic, counter, gauge, "
        "histogram, summary, rate, counter_gauge, time_elapsed, temporal_percent (with `scale`), "
        "service_check (with `status_map`) and metadata (with `label`). A counter shows from the "
        "second "
        "scrape on.\n\n"
        "Samples need not stand right below their TYPE line, a counter may be declared with or "
        "without `_total`, and the buckets of a histogram may have its plain name.\n\n"
        "Where nothing of the page matches `metrics`, a warning says so, with examples of what the "
        "page has and the nearest name; entries that match nothing while others do, and what is "
        "left "
        "out because it has no type, are a note: in `agent status`, in `agent check` and once in "
        "the "
        "log.\n\n"
        "Lines that cannot be read are passed over and named in a warning. Read are 256 MiB of a "
        "page, 200000 families and 2000000 samples at most.",
    .max_returned_metrics = 2000,
    .origin_service = 119,
    .ignore_tags = true,
    .create = openmetrics::create};

}  // namespace remora::checks
