#include "remora/forwarder/api_key_validator.hpp"

#include <algorithm>
#include <random>
#include <utility>

#include "forwarder/key_refusal.hpp"
#include "forwarder/redact.hpp"
#include "remora/core/log.hpp"
#include "remora/forwarder/hosts.hpp"

namespace remora::forwarder {
namespace {

const core::Logger kLog("forwarder");

// A deployment starts many tasks in the same second; they must not all ask in it, neither now nor
// an hour later.
constexpr std::chrono::milliseconds kFirstSpread{2'000};
constexpr double kIntervalSpread = 0.1;

enum class KeyState : std::uint8_t { unknown, valid, invalid, fake };

// The key of tests and of intakes without accounts: no site knows it, and none is asked.
// Source: DataDog/datadog-agent comp/forwarder/defaultforwarder/forwarder_health.go
bool is_fake(std::string_view key) {
  return key.size() == 32 && key.find_first_not_of('0') == std::string_view::npos;
}

std::string_view text_of(KeyState state) {
  switch (state) {
    case KeyState::valid:
      return "API Key valid";
    case KeyState::invalid:
      return "API Key invalid";
    case KeyState::fake:
      return "Fake API Key that skips validation";
    case KeyState::unknown:
      break;
  }
  return "Unable to validate API Key";
}

}  // namespace

struct ApiKeyValidator::Impl {
  struct Key {
    net::Url base;
    std::string key;
    KeyState state = KeyState::unknown;
  };

  Impl(net::HttpClient& http, core::Clock& clock, telemetry::HealthComponent& health,
       ApiKeyValidatorOptions given)
      : http(http), clock(clock), health(health), options(std::move(given)) {
    for (const Domain& domain : options.domains) {
      for (const std::string& key : domain.api_keys) {
        Key& added = keys.emplace_back();
        added.base = validation_base(domain.url);
        added.key = key;
        if (is_fake(key)) added.state = KeyState::fake;
        secrets.push_back(key);
      }
    }
  }

  // Fractions of the window in which this task asks.
  double fraction() { return std::uniform_real_distribution<double>(0, 1)(random); }

  asio::awaitable<void> check_all() {
    const auto budget = options.budget / static_cast<std::int64_t>(keys.size());
    for (Key& key : keys) {
      if (key.state == KeyState::fake) continue;
      net::HttpRequest request;
      request.method = "GET";
      // In a header: proxies and servers on the way write URLs to their logs.
      request.url = key.base.join("/api/v1/validate");
      request.headers.emplace_back("DD-Api-Key", key.key);
      request.headers.emplace_back("User-Agent", "datadog-agent/" + options.agent_version);
      request.timeout = budget;
      const auto response = co_await http.send(std::move(request));
      note(key, response);
    }
    report();
  }

  void note(Key& key, const Result<net::HttpResponse>& response) {
    const KeyState before = key.state;
    if (!response) {
      // The network says nothing about the key: what was known stays.
      kLog.debug("API key could not be checked",
                 {{"endpoint", key.base.origin()},
                  {"error", redact(response.error().message(), secrets)}});
      return;
    }
    if (response->status == 200) {
      key.state = KeyState::valid;
    } else if (response->status == 403) {
      key.state = KeyState::invalid;
    } else {
      kLog.debug("API key could not be checked",
                 {{"endpoint", key.base.origin()}, {"status", response->status}});
      return;
    }
    if (key.state == before) return;
    if (key.state == KeyState::invalid) {
      kLog.error(key_refusal(key.key, key.base.host));
    } else {
      kLog.info("API key is valid",
                {{"key_ends_with", key_tail(key.key)}, {"endpoint", key.base.origin()}});
    }
  }

  void report() {
    const auto invalid = std::find_if(
        keys.begin(), keys.end(), [](const Key& key) { return key.state == KeyState::invalid; });
    if (invalid != keys.end()) {
      health.degrade(key_refusal(invalid->key, invalid->base.host));
    } else {
      health.recover();
    }
  }

  net::HttpClient& http;
  core::Clock& clock;
  telemetry::HealthComponent& health;
  const ApiKeyValidatorOptions options;
  std::vector<Key> keys;
  std::vector<std::string> secrets;
  std::minstd_rand random{std::random_device{}()};
};

ApiKeyValidator::ApiKeyValidator(net::HttpClient& http, core::Clock& clock,
                                 telemetry::HealthComponent& health, ApiKeyValidatorOptions options)
    : impl_(std::make_unique<Impl>(http, clock, health, std::move(options))) {}
ApiKeyValidator::~ApiKeyValidator() = default;

asio::awaitable<void> ApiKeyValidator::run() {
  Impl& self = *impl_;
  auto wait = std::chrono::duration_cast<std::chrono::milliseconds>(kFirstSpread * self.fraction());
  for (;;) {
    self.health.beat();
    if (!co_await self.clock.sleep_until(self.clock.now() + wait)) co_return;
    if (!self.keys.empty()) co_await self.check_all();
    const double spread = 1 + kIntervalSpread * (2 * self.fraction() - 1);
    wait = std::chrono::duration_cast<std::chrono::milliseconds>(self.options.interval * spread);
  }
}

telemetry::StatusNode ApiKeyValidator::status() const {
  telemetry::StatusNode node;
  node.title = "API Keys status";
  for (const Impl::Key& key : impl_->keys) {
    node.add("API key ending with " + std::string(key_tail(key.key)), text_of(key.state));
  }
  return node;
}

}  // namespace remora::forwarder
