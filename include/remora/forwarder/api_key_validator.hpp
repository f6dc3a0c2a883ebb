// Asks the intake whether the API keys are valid: at start and every hour.
//
// The key travels in the header DD-Api-Key, never in the URL, which proxies log. 200 = valid, 403 =
// invalid, anything else = unknown. An invalid key degrades health; it never makes the container
// unhealthy (docs/health.md says why). Network errors change nothing. The key of 32 zeros is a fake
// one, for tests and intakes without accounts: nobody is asked about it.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "remora/core/async.hpp"
#include "remora/core/clock.hpp"
#include "remora/forwarder/intake.hpp"
#include "remora/net/http_client.hpp"
#include "remora/telemetry/health.hpp"
#include "remora/telemetry/status.hpp"

namespace remora::forwarder {

struct ApiKeyValidatorOptions {
  std::vector<Domain> domains;
  std::string agent_version;
  std::chrono::minutes interval{60};
  std::chrono::milliseconds budget{10'000};  ///< all keys of one pass together
};

class ApiKeyValidator final : public telemetry::StatusSource {
 public:
  ApiKeyValidator(net::HttpClient& http, core::Clock& clock, telemetry::HealthComponent& health,
                  ApiKeyValidatorOptions options);
  ~ApiKeyValidator() override;
  asio::awaitable<void> run();
  /// "API key ending with xxxxx": "API Key valid" | "API Key invalid" | "Unable to validate API
  /// Key" | "Fake API Key that skips validation".
  [[nodiscard]] telemetry::StatusNode status() const override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace remora::forwarder
