#include "remora/checks/tcp_check/tcp_check.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <cmath>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "checks/http/instance_name.hpp"
#include "remora/model/value_reader.hpp"
#include "remora/net/deadline.hpp"
#include "remora/net/resolver.hpp"

namespace remora::checks {
namespace tcp_check {
namespace {

using model::CheckStatus;

constexpr std::size_t kMaxAddresses = 64;

struct Options {
  std::string name, host;
  std::uint16_t port = 0;
  std::chrono::milliseconds timeout{10'000};
  bool response_time = false, multiple = false, ipv4_only = false;
  std::optional<std::chrono::seconds> cache;  ///< empty = until a connection fails
};

class TcpCheck final : public IntegrationCheck {
 public:
  TcpCheck(Options options, const CheckServices& services)
      : options_(std::move(options)),
        executor_(services.executor),
        clock_(services.clock),
        resolver_(executor_) {}

  asio::awaitable<Result<void>> run(InstanceSender& sender) override {
    if (stale()) {
      auto found = co_await resolve();
      if (!found) co_return found;
    }
    // A copy: a failure in the loop empties the cache.
    const net::Addresses addresses = addresses_;
    for (std::size_t i = 0; i < addresses.size(); ++i) {
      auto tried = co_await try_one(addresses[i]);
      if (tried.error == asio::error::operation_aborted && !tried.timed_out) {
        co_return fail(Errc::cancelled, "cancelled");
      }
      report(sender, addresses[i], tried);
    }
    co_return Result<void>();
  }

 private:
  struct Attempt {
    Attempt() {}
    boost::system::error_code error;
    bool timed_out = false;
    std::chrono::steady_clock::duration took{};
  };

  bool stale() const {
    if (addresses_.empty()) return true;
    return options_.cache && clock_.now() - resolved_ >= *options_.cache;
  }

  asio::awaitable<Result<void>> resolve() {
    // getaddrinfo has limits of its own, tens of seconds; the scheduler's limit cuts it short.
    auto found = co_await resolver_.resolve(options_.host);
    addresses_.clear();
    if (found) {
      for (const asio::ip::address& address : *found) {
        if (options_.ipv4_only && !address.is_v4()) continue;
        if (std::find(addresses_.begin(), addresses_.end(), address) != addresses_.end()) continue;
        if (addresses_.size() < kMaxAddresses) addresses_.push_back(address);
      }
    }
    if (addresses_.empty()) {
      co_return fail(Errc::network, "URL: " + options_.host + " could not be resolved" +
                                        (found ? "" : ": " + found.error().message()));
    }
    if (!options_.multiple) addresses_.resize(1);
    resolved_ = clock_.now();
    co_return Result<void>();
  }

  asio::awaitable<Attempt> try_one(asio::ip::address address) {
    Attempt attempt;
    const auto socket = std::make_shared<asio::ip::tcp::socket>(executor_);
    net::Deadline deadline(executor_, options_.timeout, [socket] {
      boost::system::error_code ignored;
      socket->close(ignored);
    });
    const asio::ip::tcp::endpoint endpoint(address, options_.port);
    const core::SteadyTime start = clock_.now();
    const auto [ec] = co_await socket->async_connect(endpoint, no_throw);
    attempt.took = clock_.now() - start;
    attempt.error = ec;
    attempt.timed_out = deadline.passed();
    co_return attempt;
  }

  void report(InstanceSender& sender, const asio::ip::address& address, const Attempt& attempt) {
    const std::string ip = "address:" + address.to_string();
    const std::string port = std::to_string(options_.port);
    const std::vector<std::string> tags = {"target_host:" + options_.host, "port:" + port,
                                           "instance:" + normalized_name(options_.name), ip};
    const bool up = !attempt.error && !attempt.timed_out;
    std::string message;
    if (!up) {
      const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(attempt.took).count();
      message = (attempt.timed_out ? std::string("timed out") : attempt.error.message()) +
                ". Connection failed after " + std::to_string(ms) + " ms";
      addresses_.clear();
    }
    if (up && options_.response_time) {
      const std::vector<std::string> time_tags = {"url:" + options_.host + ':' + port,
                                                  "instance:" + options_.name, ip};
      sender.gauge("network.tcp.response_time", std::chrono::duration<double>(attempt.took).count(),
                   time_tags);
    }
    sender.gauge("network.tcp.can_connect", up ? 1 : 0, tags);
    sender.service_check("tcp.can_connect", up ? CheckStatus::ok : CheckStatus::critical, tags,
                         message);
  }

  Options options_;
  asio::any_io_executor executor_;
  core::Clock& clock_;
  net::Resolver resolver_;
  net::Addresses addresses_;
  core::SteadyTime resolved_;
};

Result<std::unique_ptr<IntegrationCheck>> create(const InstanceConfig& config,
                                                 const CheckServices& services) {
  model::ValueReader reader(config.instance);
  Options options;
  options.name = reader.text("name");
  options.host = reader.text("host");
  const std::int64_t port = reader.integer("port", 0);
  const double timeout = reader.number("timeout", 10);
  options.response_time = reader.boolean("collect_response_time", false);
  options.multiple = reader.boolean("multiple_ips", false);
  options.ipv4_only = reader.boolean("ipv4_only", false);
  const bool has_cache = reader.has("ip_cache_duration");
  const double cache = reader.number("ip_cache_duration", 0);
  if (!reader.problems().empty()) return fail(Errc::invalid_config, reader.problems().front());
  if (options.name.empty()) return fail(Errc::invalid_config, "name: is missing");
  if (options.host.empty()) return fail(Errc::invalid_config, "host: is missing");
  if (!reader.has("port")) return fail(Errc::invalid_config, "port: is missing");
  if (port < 1 || port > 65535) {
    return fail(Errc::invalid_config, "port: is not a number from 1 to 65535");
  }
  if (!(timeout > 0)) return fail(Errc::invalid_config, "timeout: is not above 0");
  options.port = static_cast<std::uint16_t>(port);
  options.timeout = std::chrono::milliseconds(
      std::max<std::int64_t>(1, std::llround(std::min(timeout, 3600.0) * 1000)));
  if (has_cache) {
    options.cache =
        std::chrono::seconds(static_cast<std::int64_t>(std::clamp(cache, 0.0, 86'400.0 * 365)));
  }
  return std::unique_ptr<IntegrationCheck>(
      std::make_unique<TcpCheck>(std::move(options), services));
}

constexpr auto kMetrics = std::to_array<MetricInfo>({
    {"network.tcp.can_connect", "gauge", ""},
    {"network.tcp.response_time", "gauge", "second"},
});

constexpr auto kServiceChecks = std::to_array<ServiceCheckInfo>({
    {"tcp.can_connect", "critical when the connection is refused or takes too long"},
});

constexpr auto kOptions = std::to_array<OptionInfo>({
    {"name", "", "required; tag instance"},
    {"host", "", "required; a name or an address"},
    {"port", "", "required"},
    {"timeout", "10", "seconds"},
    {"collect_response_time", "false", "network.tcp.response_time"},
    {"ip_cache_duration", "",
     "seconds an address is used for; 0 = one run; unset = until it fails"},
    {"multiple_ips", "false", "all addresses of the name, not the first alone"},
    {"ipv4_only", "false", "no IPv6 addresses"},
});

}  // namespace
}  // namespace tcp_check

const IntegrationInfo kTcpCheck{
    .name = "tcp_check",
    .title = "TCP check",
    .name_space = "",
    .metrics = tcp_check::kMetrics,
    .service_checks = tcp_check::kServiceChecks,
    .options = tcp_check::kOptions,
    .declined_options = {},
    .ad_identifiers = {},
    .auto_instance = "",
    .label_example =
        R"({"tcp_check":{"instances":[{"name":"port","host":"%%host%%","port":8080}]}})",
    .origin_service = 157,
    .create = tcp_check::create};

}  // namespace remora::checks
