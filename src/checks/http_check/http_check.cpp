#include "remora/checks/http_check/http_check.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "checks/http/instance_name.hpp"
#include "checks/http/option_lists.hpp"
#include "checks/http/page_text.hpp"
#include "checks/python_regex.hpp"
#include "remora/core/ascii.hpp"
#include "remora/core/scrub.hpp"
#include "remora/model/value_reader.hpp"
#include "remora/net/written_url.hpp"

namespace remora::checks {
namespace http_check {
namespace {

using model::CheckStatus;

constexpr std::string_view kDefaultStatus = R"((1|2|3)\d\d)";
constexpr std::size_t kMaxBodyBytes = 8u << 20;
// A body nobody looks at is not kept: a large download is no failure, the timeout bounds it.
constexpr std::size_t kMaxDiscardedBytes = 1u << 30;
constexpr std::size_t kMaxMessageBytes = 2500;
constexpr std::int64_t kDay = 24 * 3600;

constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kAliases = {
    {{"client_cert", "tls_cert"},
     {"client_key", "tls_private_key"},
     {"ca_certs", "tls_ca_cert"},
     {"check_hostname", "tls_validate_hostname"}}};

struct Options {
  Options(PythonRegex status) : status(std::move(status)) {}
  std::string url, name, method = "GET", body, status_text;
  PythonRegex status;
  std::optional<PythonRegex> content;
  std::string content_text;
  bool reverse = false, include_content = false, response_time = true;
  bool certificate = true, from_response = false, without_validation = false;
  bool verify_is_off = false;  ///< tls_verify is there, and false
  std::int64_t warning_seconds = 14 * kDay, critical_seconds = 7 * kDay;
  std::string server_name;
  bool has_url_tag = false;
};

// What one run found out about the URL.
struct Verdict {
  CheckStatus status = CheckStatus::ok;
  std::string message;
};

class HttpCheck final : public IntegrationCheck {
 public:
  HttpCheck(Options options, CheckHttpOptions request_options, CheckHttpOptions probe_options,
            const CheckServices& services)
      : options_(std::move(options)),
        request_options_(std::make_shared<const CheckHttpOptions>(std::move(request_options))),
        probe_options_(std::make_shared<const CheckHttpOptions>(std::move(probe_options))),
        http_(services.http),
        clock_(services.clock) {
    const std::string instance = "instance:" + normalized_name(options_.name);
    const std::string url = core::scrub_tag("url:" + options_.url);
    tags_ = {url, instance};
    check_tags_ = {instance};
    if (!options_.has_url_tag) check_tags_.insert(check_tags_.begin(), url);
  }

  asio::awaitable<Result<void>> run(InstanceSender& sender) override {
    const core::SteadyTime start = clock_.now();
    CheckHttpRequest request;
    request.url = options_.url;
    request.method = options_.method;
    request.body = options_.body;
    const bool wants_body = options_.content || options_.include_content;
    request.max_body_bytes = wants_body ? kMaxBodyBytes : kMaxDiscardedBytes;
    request.body_use = wants_body ? BodyUse::reported : BodyUse::unused;
    auto answer = co_await http_.send(request_options_, std::move(request));
    // A run that is ended says nothing about the server.
    if (!answer && answer.error().code() == Errc::cancelled) co_return answer.error();
    const auto elapsed =
        std::chrono::duration_cast<std::chrono::milliseconds>(clock_.now() - start).count();
    Verdict verdict;
    if (answer) {
      if (options_.response_time) {
        const double seconds = std::chrono::duration<double>(answer->to_head).count();
        sender.gauge("network.http.response_time", seconds, tags_);
      }
      if (wants_body) {
        std::string remark;
        answer->body = page_text(std::move(answer->body), content_type(*answer), remark);
        if (!remark.empty()) sender.warning(std::move(remark));
      }
      verdict = judge(*answer);
    } else {
      verdict.status = CheckStatus::critical;
      verdict.message =
          answer.error().message() + ". Connection failed after " + std::to_string(elapsed) + " ms";
    }
    const bool up = verdict.status == CheckStatus::ok;
    sender.gauge("network.http.can_connect", up ? 1 : 0, tags_);
    sender.gauge("network.http.cant_connect", up ? 0 : 1, tags_);
    sender.service_check("http.can_connect", verdict.status, check_tags_, verdict.message);

    if (!options_.certificate || !core::ascii_lower(options_.url).starts_with("https://")) {
      co_return Result<void>();
    }
    if (options_.verify_is_off && !options_.without_validation) {
      sender.service_check("http.ssl_cert", CheckStatus::unknown, check_tags_,
                           "the certificate is not looked at while tls_verify is false; set "
                           "tls_retrieve_non_validated_cert to true");
      co_return Result<void>();
    }
    std::optional<std::chrono::sys_seconds> end;
    std::string why = "the server shows no certificate";
    if (options_.from_response) {
      if (answer) end = answer->certificate_end;
      if (!answer) why = answer.error().message();
    } else {
      auto probed =
          co_await http_.certificate_end(probe_options_, options_.url, options_.server_name);
      if (!probed && probed.error().code() == Errc::cancelled) co_return probed.error();
      if (probed) end = *probed;
      if (!probed) why = probed.error().message();
    }
    report_certificate(sender, end, why);
    co_return Result<void>();
  }

 private:
  static std::string content_type(const CheckHttpResponse& answer) {
    for (const auto& [name, value] : answer.headers) {
      if (name == "content-type") return value;
    }
    return {};
  }

  Verdict judge(const CheckHttpResponse& answer) const {
    const std::string code = std::to_string(answer.status);
    if (!options_.status.found_in(code)) {
      const bool usual = options_.status_text == kDefaultStatus;
      return down("Incorrect HTTP return code for url " + options_.url + ". Expected " +
                      (usual ? "1xx or 2xx or 3xx" : options_.status_text) + ", got " + code + ".",
                  answer);
    }
    if (!options_.content) return {};
    if (answer.body_error) {
      return down("Content \"" + options_.content_text +
                      "\" cannot be looked for: " + answer.body_error->message(),
                  answer);
    }
    const bool found = options_.content->found_in(answer.body);
    if (found == !options_.reverse) return {};
    return down("Content \"" + options_.content_text +
                    (found ? "\" found in response with the reverse_content_match"
                           : "\" not found in response."),
                answer);
  }

  Verdict down(std::string message, const CheckHttpResponse& answer) const {
    if (options_.include_content) message += "\nContent: " + answer.body;
    message = core::excerpt(message, kMaxMessageBytes);  // the server may repeat the request
    return {CheckStatus::critical, std::move(message)};
  }

  void report_certificate(InstanceSender& sender, std::optional<std::chrono::sys_seconds> end,
                          const std::string& why) const {
    if (!end) {
      const bool expired = why.find("expired") != std::string::npos;
      if (expired) {
        sender.gauge("http.ssl.days_left", 0, tags_);
        sender.gauge("http.ssl.seconds_left", 0, tags_);
      }
      sender.service_check("http.ssl_cert", expired ? CheckStatus::critical : CheckStatus::unknown,
                           check_tags_, why);
      return;
    }
    // In doubles: the difference of far dates in nanoseconds does not fit in 64 bits.
    using Seconds = std::chrono::duration<double>;
    const double seconds = std::floor(
        (Seconds(end->time_since_epoch()) - Seconds(clock_.wall().time_since_epoch())).count());
    const double days = std::floor(seconds / kDay);
    sender.gauge("http.ssl.days_left", days, tags_);
    sender.gauge("http.ssl.seconds_left", seconds, tags_);
    CheckStatus status = CheckStatus::ok;
    std::string message;
    if (seconds < static_cast<double>(options_.critical_seconds)) {
      status = CheckStatus::critical;
    } else if (seconds < static_cast<double>(options_.warning_seconds)) {
      status = CheckStatus::warning;
    }
    if (status != CheckStatus::ok) {
      message =
          "the certificate ends in " + std::to_string(static_cast<std::int64_t>(days)) + " days";
    }
    sender.service_check("http.ssl_cert", status, check_tags_, message);
  }

  Options options_;
  std::shared_ptr<const CheckHttpOptions> request_options_, probe_options_;
  CheckHttp& http_;
  core::Clock& clock_;
  std::vector<std::string> tags_, check_tags_;
};

// Zero counts as unset; seconds win over days.
std::int64_t limit(model::ValueReader& reader, const char* seconds, const char* days,
                   std::int64_t fallback_days) {
  if (const std::int64_t value = reader.integer(seconds, 0); value > 0) return value;
  const std::int64_t value = reader.integer(days, 0);
  return std::clamp<std::int64_t>(value > 0 ? value : fallback_days, 1, 100'000) * kDay;
}

bool given(const model::Value& instance, std::string_view key) {
  const model::Value* value = instance.find(key);
  return value != nullptr && !value->is_null();
}

Result<void> read_headers(const InstanceConfig& config, model::ValueReader& reader,
                          const Options& options, CheckHttpOptions& out) {
  if (!reader.boolean("include_default_headers", true) && !given(config.instance, "headers")) {
    // Only what extra_headers say.
    net::Headers extra;
    if (const model::Value* value = reader.value("extra_headers"); value && value->map()) {
      for (const model::MapEntry& entry : value->map()->entries()) {
        extra.emplace_back(entry.key, model::as_text(entry.value).value_or(""));
      }
    }
    out.headers = std::move(extra);
  }
  constexpr std::string_view kWithData[] = {"POST", "PUT", "DELETE", "PATCH", "OPTIONS"};
  const bool data =
      std::find(std::begin(kWithData), std::end(kWithData), options.method) != std::end(kWithData);
  const bool typed = std::any_of(out.headers.begin(), out.headers.end(), [](const auto& header) {
    return core::equals_ignoring_case(header.first, "content-type");
  });
  if (data && !typed) {
    out.headers.emplace_back("Content-Type", "application/x-www-form-urlencoded");
  }
  return {};
}

Result<Options> read_options(model::ValueReader& reader) {
  const std::string status_text =
      reader.text("http_response_status_code", std::string(kDefaultStatus));
  auto status = PythonRegex::compile("^(?:" + status_text + ")");
  if (!status) return fail(status.error(), "http_response_status_code");
  Options out(std::move(*status));
  out.status_text = status_text;
  out.url = reader.text("url");
  out.name = reader.text("name");
  if (out.name.empty()) return fail(Errc::invalid_config, "name: is missing");
  if (out.url.empty()) return fail(Errc::invalid_config, "url: is missing");
  if (!out.url.starts_with("http")) {
    return fail(Errc::invalid_config, "url: does not start with http");
  }
  if (const auto url = net::parse_written_url(out.url); !url) {
    return fail(Errc::invalid_config, "url: " + url.error().message());
  }
  out.method = reader.text("method", "get");
  for (char& c : out.method) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  constexpr std::string_view kMethods[] = {"GET",   "POST",    "PUT", "DELETE",
                                           "PATCH", "OPTIONS", "HEAD"};
  if (std::find(std::begin(kMethods), std::end(kMethods), out.method) == std::end(kMethods)) {
    return fail(Errc::invalid_config,
                "method: is none of get, post, put, delete, patch, options, head");
  }
  if (const model::Value* data = reader.value("data");
      data != nullptr && out.method != "GET" && out.method != "HEAD") {
    out.body = data->map() != nullptr || data->list() != nullptr
                   ? data->json_text()
                   : model::as_text(*data).value_or("");
  }
  out.content_text = reader.text("content_match");
  if (!out.content_text.empty()) {
    auto content = PythonRegex::compile(out.content_text);
    if (!content) return fail(content.error(), "content_match");
    out.content.emplace(std::move(*content));
  }
  out.reverse = reader.boolean("reverse_content_match", false);
  out.include_content = reader.boolean("include_content", false);
  out.response_time = reader.boolean("collect_response_time", true);
  out.certificate = reader.boolean("check_certificate_expiration", true);
  out.from_response = reader.boolean("use_cert_from_response", false);
  out.without_validation = reader.boolean("tls_retrieve_non_validated_cert", false);
  out.verify_is_off = !reader.boolean("tls_verify", true);
  out.warning_seconds = limit(reader, "seconds_warning", "days_warning", 14);
  out.critical_seconds = limit(reader, "seconds_critical", "days_critical", 7);
  out.server_name = reader.text("ssl_server_name");
  for (const std::string& tag : reader.texts("tags")) {
    out.has_url_tag = out.has_url_tag || tag.starts_with("url:");
  }
  if (!reader.problems().empty()) return fail(Errc::invalid_config, reader.problems().front());
  return out;
}

Result<std::unique_ptr<IntegrationCheck>> create(const InstanceConfig& config,
                                                 const CheckServices& services) {
  model::ValueReader reader(config.instance);
  auto options = read_options(reader);
  if (!options) return options.error();
  auto http = read_http_options(config.instance, config.init_config, kAliases);
  if (!http) return http.error();
  http->files = config.files;
  if (http->ca_cert.empty()) {
    if (const model::Value* bundle = config.init_config.find("ca_certs")) {
      http->ca_cert = model::as_text(*bundle).value_or("");
    }
  }
  if (const auto ok = read_headers(config, reader, *options, *http); !ok) return ok.error();

  CheckHttpOptions probe = *http;
  probe.verify = !options->verify_is_off || given(config.instance, "tls_ca_cert");
  // Not verified unless somebody says so; the probe of the certificate is.
  if (!given(config.instance, "tls_verify") && !given(config.instance, "tls_ca_cert") &&
      !given(config.instance, "ca_certs") && !options->from_response) {
    http->verify = given(config.instance, "disable_ssl_validation") &&
                   !reader.boolean("disable_ssl_validation", true);
  }
  return std::unique_ptr<IntegrationCheck>(std::make_unique<HttpCheck>(
      std::move(*options), std::move(*http), std::move(probe), services));
}

constexpr auto kMetrics = std::to_array<MetricInfo>({
    {"http.ssl.days_left", "gauge", "day"},
    {"http.ssl.seconds_left", "gauge", "second"},
    {"network.http.can_connect", "gauge", ""},
    {"network.http.cant_connect", "gauge", ""},
    {"network.http.response_time", "gauge", "second"},
});

constexpr auto kServiceChecks = std::to_array<ServiceCheckInfo>({
    {"http.can_connect", "critical when there is no answer, or its status or content is wrong"},
    {"http.ssl_cert",
     "warning and critical when the certificate ends soon, unknown when it cannot be had"},
});

constexpr auto kOptions = with_http_options(std::to_array<OptionInfo>({
    {"name", "", "required; tag instance"},
    {"url", "", "required; http or https"},
    {"method", "get", "get, post, put, delete, patch, options, head"},
    {"data", "", "body: a text, or an object sent as JSON"},
    {"http_response_status_code", R"((1|2|3)\d\d)", "expression the status has to begin with"},
    {"content_match", "", "expression that has to be in the body"},
    {"reverse_content_match", "false", "it must not be there"},
    {"include_content", "false", "the body in messages, cut to 2500 bytes"},
    {"collect_response_time", "true", "network.http.response_time"},
    {"check_certificate_expiration", "true", "of https URLs"},
    {"use_cert_from_response", "false",
     "the certificate of the request itself, not of a second connection; turns tls_verify on"},
    {"tls_retrieve_non_validated_cert", "false", "look at the certificate with tls_verify false"},
    {"days_warning", "14", "days before the end of the certificate"},
    {"days_critical", "7", "days before the end of the certificate"},
    {"seconds_warning", "", "the same in seconds; wins over days"},
    {"seconds_critical", "", "the same in seconds; wins over days"},
    {"tls_verify", "false",
     "true: the request verifies too, not the look at the certificate alone"},
    {"ssl_server_name", "", "server name of the second connection"},
    {"include_default_headers", "true", "false: extra_headers alone"},
    {"check_hostname", "true", "older name of tls_validate_hostname"},
    {"disable_ssl_validation", "true",
     "older opposite of tls_verify; this check verifies only when told to"},
    {"client_cert", "", "older name of tls_cert"},
    {"client_key", "", "older name of tls_private_key"},
    {"ca_certs", "", "older name of tls_ca_cert; in init_config too"},
}));

}  // namespace
}  // namespace http_check

const IntegrationInfo kHttpCheck{
    .name = "http_check",
    .title = "HTTP check",
    .name_space = "",
    .metrics = http_check::kMetrics,
    .service_checks = http_check::kServiceChecks,
    .options = http_check::kOptions,
    .declined_options = kDeclinedHttpOptions,
    .ad_identifiers = {},
    .auto_instance = "",
    .label_example =
        R"({"http_check":{"instances":[{"name":"web","url":"http://%%host%%:8080/health"}]}})",
    .origin_service = 75,
    .create = http_check::create};

}  // namespace remora::checks
