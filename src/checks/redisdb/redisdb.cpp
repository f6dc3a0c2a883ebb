#include "remora/checks/redisdb/redisdb.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>

#include "checks/redisdb/answer_metrics.hpp"
#include "checks/redisdb/connection.hpp"
#include "checks/redisdb/info_text.hpp"
#include "checks/redisdb/key_lengths.hpp"
#include "checks/redisdb/metric_table.hpp"
#include "checks/redisdb/options.hpp"
#include "checks/redisdb/run_scope.hpp"
#include "checks/redisdb/slow_log.hpp"

namespace remora::checks {
namespace redisdb {
namespace {

using model::CheckStatus;

// Half up to two decimals.
double latency_ms(core::SteadyTime from, core::SteadyTime to) {
  const double ms = std::chrono::duration<double, std::milli>(to - from).count();
  return std::floor(ms * 100 + 0.5) / 100;
}

// No initializer list: GCC 12 cannot compile one inside a co_await expression.
template <class... Words>
std::string command(const Words&... words) {
  std::string request;
  append_command(request, {std::string_view(words)...});
  return request;
}

// PING, INFO, PING.
struct Probe {
  std::string info;
  double info_ms = 0, ping_ms = 0;
};

/// Closes the connection unless the run came to an end it may be kept after: also when the run is
/// cancelled, with half an answer on the wire.
class KeepOrClose {
 public:
  explicit KeepOrClose(Connection& connection) : connection_(connection) {}
  ~KeepOrClose() {
    if (!keep_) connection_.close();
  }
  KeepOrClose(const KeepOrClose&) = delete;
  KeepOrClose& operator=(const KeepOrClose&) = delete;
  void keep() { keep_ = true; }

 private:
  Connection& connection_;
  bool keep_ = false;
};

class RedisCheck final : public IntegrationCheck {
 public:
  RedisCheck(Options options, const CheckServices& services)
      : options_(std::move(options)),
        clock_(services.clock),
        connection_(services.executor, options_) {
    if (options_.unix_socket_path.empty()) {
      base_tags_ = {"redis_host:" + options_.host, "redis_port:" + std::to_string(options_.port)};
    } else {
      base_tags_ = {"redis_host:" + options_.unix_socket_path, "redis_port:unix_socket"};
    }
  }

  asio::awaitable<Result<void>> run(InstanceSender& sender) override {
    KeepOrClose connection(connection_);
    RunScope scope{connection_, options_, sender, base_tags_};
    auto done = co_await steps(scope);
    if (!done) co_return fail(done.error(), options_.address());
    if (!options_.disable_connection_cache) connection.keep();
    co_return done;
  }

 private:
  asio::awaitable<Result<void>> steps(RunScope& scope) {
    auto probed = co_await probe();
    auto info = probed ? InfoText::parse(probed->info) : Result<InfoText>(probed.error());
    if (info && info->lines().empty()) {
      info = fail(Errc::malformed_payload, "INFO: the answer holds no fields");
    }
    if (!info) {
      scope.sender.service_check("can_connect", CheckStatus::critical, base_tags_,
                                 options_.address() + ": " + info.error().message());
      co_return info.error();
    }
    scope.sender.service_check("can_connect", CheckStatus::ok, base_tags_, "");
    if (const auto role = info->find("role"); role && !role->empty()) {
      scope.tags.push_back(tag("redis_role", *role));
    }
    scope.sender.gauge("info.latency_ms", probed->info_ms, scope.tags);
    scope.sender.gauge("ping.latency_ms", probed->ping_ms, scope.tags);
    if (const auto version = info->find("redis_version")) {
      scope.sender.metadata("version", printable(*version));
    }
    auto done = co_await submit_max_clients(scope);
    const std::vector<std::uint32_t> databases = submit_info(scope.sender, *info, scope.tags);
    if (done && options_.collect_client_metrics) done = co_await submit_clients(scope);
    if (done && !options_.keys.empty()) done = co_await submit_key_lengths(scope, databases);
    submit_replication(scope.sender, *info, scope.tags);
    if (done && options_.command_stats) done = co_await submit_command_stats(scope);
    if (done) done = co_await submit_slow_log(scope);
    co_return done;
  }

  // A connection and an answer to PING. One that was kept may have died since: then a new one.
  asio::awaitable<Result<void>> first_ping() {
    if (connection_.is_idle()) {
      auto answer = co_await connection_.ask(command("PING"));
      if (answer) co_return checked("PING", *answer);
      if (answer.error().code() != Errc::network) co_return fail(answer.error(), "PING");
    }
    auto opened = co_await connection_.open();
    if (!opened) co_return opened;
    auto answer = co_await connection_.ask(command("PING"));
    if (!answer) co_return fail(answer.error(), "PING");
    co_return checked("PING", *answer);
  }

  asio::awaitable<Result<Probe>> probe() {
    auto ready = co_await first_ping();
    if (!ready) co_return ready.error();
    Probe probe;
    const auto start = clock_.now();
    auto info = co_await connection_.ask(command("INFO"));
    const auto middle = clock_.now();
    probe.info_ms = latency_ms(start, middle);
    if (!info) co_return fail(info.error(), "INFO");
    if (const auto ok = checked("INFO", *info); !ok) co_return ok.error();
    probe.info = info->root().text();
    auto ping = co_await connection_.ask(command("PING"));
    probe.ping_ms = latency_ms(middle, clock_.now());
    if (!ping) co_return fail(ping.error(), "PING");
    if (const auto ok = checked("PING", *ping); !ok) co_return ok.error();
    co_return probe;
  }

  [[nodiscard]] Result<void> checked(std::string_view what, const RespReply& answer) const {
    const RespValue value = answer.root();
    if (value.is_error()) return refusal(what, value.text(), options_);
    if (value.type() != RespType::text) {
      return fail(Errc::malformed_payload, std::string(what) + ": the answer is not a text");
    }
    return {};
  }

  // The value of one setting. Empty without an error where CONFIG is refused (managed servers).
  asio::awaitable<Result<std::optional<double>>> setting(std::string_view name) {
    auto answer = co_await connection_.ask(command("CONFIG", "GET", name));
    if (!answer) co_return fail(answer.error(), "CONFIG GET");
    std::optional<double> value;
    const auto parts = answer->root().items();
    if (parts.size() == 2 && parts[0].text() == name) value = info_number(parts[1].text());
    co_return value;
  }

  asio::awaitable<Result<void>> submit_max_clients(RunScope& scope) {
    auto clients = co_await setting("maxclients");
    if (!clients) co_return clients.error();
    if (*clients) scope.sender.gauge("net.maxclients", **clients, scope.tags);
    co_return Result<void>();
  }

  asio::awaitable<Result<void>> submit_clients(RunScope& scope) {
    auto answer = co_await connection_.ask(command("CLIENT", "LIST"));
    if (!answer) co_return fail(answer.error(), "CLIENT LIST");
    if (const auto ok = checked("CLIENT LIST", *answer); !ok) {
      scope.sender.warning("`collect_client_metrics`: " + ok.error().message());
      co_return Result<void>();
    }
    submit_client_names(scope.sender, answer->root().text(), scope.tags);
    co_return Result<void>();
  }

  asio::awaitable<Result<void>> submit_command_stats(RunScope& scope) {
    auto answer = co_await connection_.ask(command("INFO", "commandstats"));
    if (!answer) co_return fail(answer.error(), "INFO commandstats");
    if (const auto ok = checked("INFO commandstats", *answer); !ok) {
      scope.sender.warning("`command_stats`: " + ok.error().message());
      co_return Result<void>();
    }
    const auto stats = InfoText::parse(answer->root().text());
    if (!stats) co_return fail(stats.error(), "INFO commandstats");
    submit_command_counts(scope.sender, *stats, scope.tags);
    co_return Result<void>();
  }

  asio::awaitable<Result<void>> submit_slow_log(RunScope& scope) {
    std::int64_t entries = options_.slowlog_max_len;
    if (entries == 0) {
      auto kept = co_await setting("slowlog-max-len");
      if (!kept) co_return kept.error();
      constexpr auto kMost = static_cast<double>(kDefaultSlowLogEntries);
      entries = static_cast<std::int64_t>(std::clamp(kept->value_or(kMost), 0.0, kMost));
    }
    auto answer = co_await connection_.ask(command("SLOWLOG", "GET", std::to_string(entries)));
    if (!answer) {
      const bool large = answer.error().code() == Errc::too_large;
      co_return fail(answer.error(), large ? "SLOWLOG (lower `slowlog-max-len`)" : "SLOWLOG");
    }
    // Where SLOWLOG is refused the answer is no list.
    const auto limit = static_cast<std::size_t>(entries);
    for (const SlowCommand& slow : slow_log_.take_new(answer->root(), limit)) {
      TagTexts tags = base_tags_;
      if (!slow.command.empty()) tags.push_back(tag("command", slow.command));
      scope.sender.histogram("slowlog.micros", slow.micros, tags);
    }
    co_return Result<void>();
  }

  const Options options_;
  core::Clock& clock_;
  Connection connection_;
  TagTexts base_tags_;
  SlowLog slow_log_;
};

Result<std::unique_ptr<IntegrationCheck>> create(const InstanceConfig& config,
                                                 const CheckServices& services) {
  auto options = read_options(config.instance);
  if (!options) return options.error();
  options->tls.files = config.files;
  return std::unique_ptr<IntegrationCheck>(
      std::make_unique<RedisCheck>(*std::move(options), services));
}

constexpr auto kServiceChecks = std::to_array<ServiceCheckInfo>({
    {"redis.can_connect", "critical when the server does not answer PING and INFO"},
    {"redis.replication.master_link_status",
     "of replicas: critical while the link to the primary is not up"},
});

constexpr auto kIdentifiers = std::to_array<std::string_view>({"redis"});

}  // namespace
}  // namespace redisdb

const IntegrationInfo kRedisdb{
    .name = "redisdb",
    .title = "Redis",
    .name_space = redisdb::kNamespace,
    .metrics = redisdb::metric_list(),
    .service_checks = redisdb::kServiceChecks,
    .options = redisdb::option_list(),
    .declined_options = {},
    .ad_identifiers = redisdb::kIdentifiers,
    .auto_instance = R"({"host":"%%host%%","port":6379})",
    .label_example = R"({"redisdb":{"instances":[{"host":"%%host%%","port":6379}]}})",
    .origin_service = 136,
    .create = redisdb::create};

}  // namespace remora::checks
