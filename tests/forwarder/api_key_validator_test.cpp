#include "remora/forwarder/api_key_validator.hpp"

#include <gmock/gmock.h>

#include <set>

#include "forwarder/harness.hpp"

namespace remora::forwarder {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class Validator : public ForwarderHarness {
 protected:
  Validator() { given.agent_version = "7.72.1"; }

  void begin(std::vector<Domain> domains) {
    given.domains = std::move(domains);
    validator = std::make_unique<ApiKeyValidator>(http, clock, health, given);
    asio::co_spawn(io, validator->run(),
                   asio::bind_cancellation_slot(stop_signal.slot(), [](std::exception_ptr) {}));
    poll();
  }
  /// Plays time until the next request; returns how long that took.
  std::chrono::nanoseconds next_check() {
    const auto asked = http.requests.size();
    const auto before = clock.now();
    while (http.requests.size() == asked && clock.now() - before < std::chrono::hours(2)) {
      clock.advance(clock.next() - clock.now());
      poll();
    }
    return clock.now() - before;
  }
  [[nodiscard]] std::vector<std::string> states() const {
    std::vector<std::string> all;
    for (const auto& [name, value] : validator->status().fields) {
      all.push_back(name + ": " + std::get<std::string>(value));
    }
    return all;
  }

  ApiKeyValidatorOptions given;
  std::unique_ptr<ApiKeyValidator> validator;
};

TEST_F(Validator, AsksTheApiHostRightAfterTheStart) {
  answer(200, R"({"valid":true})");
  begin({domain("https://7-72-1-app.agent.us3.datadoghq.com", {kKey, kOtherKey})});
  pass(seconds(2));
  EXPECT_THAT(http.urls(), ElementsAre("https://api.us3.datadoghq.com/api/v1/validate",
                                       "https://api.us3.datadoghq.com/api/v1/validate"));
  EXPECT_EQ(http.requests[0].method, "GET");
  EXPECT_EQ(http.requests[0].timeout, seconds(5));  // 10 s for both keys together
  EXPECT_EQ(http.requests[0].headers,
            (net::Headers{{"DD-Api-Key", kKey}, {"User-Agent", "datadog-agent/7.72.1"}}));
  EXPECT_EQ(http.requests[1].headers[0].second, kOtherKey);
  EXPECT_THAT(states(), ElementsAre("API key ending with bcdef: API Key valid",
                                    "API key ending with 43210: API Key valid"));
  EXPECT_EQ(degraded(), "");
}

TEST_F(Validator, TheUrlNeverHoldsAKey) {
  const std::string odd = "a b&c=d with a long tail";
  begin({domain("http://localhost:1/base", {odd, kKey})});
  pass(seconds(2));
  EXPECT_THAT(http.urls(), ElementsAre("http://localhost:1/base/api/v1/validate",
                                       "http://localhost:1/base/api/v1/validate"));
  EXPECT_EQ(http.requests[0].headers[0].second, odd);
}

TEST_F(Validator, AnInvalidKeyDegradesAndIsNeverPrinted) {
  answer(403, "no " + kKey);
  testing::internal::CaptureStderr();
  begin({domain("https://app.datadoghq.eu")});
  pass(seconds(2));
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_THAT(states(), ElementsAre("API key ending with bcdef: API Key invalid"));
  EXPECT_THAT(degraded(), HasSubstr("the API key ending in bcdef is not accepted by "
                                    "api.datadoghq.eu: check DD_API_KEY, and that DD_SITE"));
  EXPECT_THAT(log, HasSubstr("API key ending in bcdef"));
  EXPECT_THAT(log + degraded(), Not(HasSubstr(kKey)));
  EXPECT_TRUE(registry.report().ok());  // never unhealthy
}

TEST_F(Validator, NetworkErrorsAndOtherStatusesChangeNothing) {
  http.reply(403);
  http.reply(fail(Errc::timeout, "no answer"));
  http.reply(500);
  answer(200);
  begin({domain("https://app.datadoghq.com")});
  next_check();
  EXPECT_NE(degraded(), "");
  for (int i = 0; i < 2; ++i) {
    next_check();
    EXPECT_NE(degraded(), "");
    EXPECT_THAT(states(), ElementsAre(HasSubstr("API Key invalid")));
  }
  next_check();
  EXPECT_EQ(degraded(), "");
  EXPECT_THAT(states(), ElementsAre(HasSubstr("API Key valid")));
}

TEST_F(Validator, NobodyIsAskedAboutTheFakeKey) {
  answer(403);
  const std::string fake(32, '0');
  begin({domain("https://app.datadoghq.eu", {fake})});
  pass(std::chrono::hours(2));
  EXPECT_THAT(http.urls(), ElementsAre());
  EXPECT_THAT(states(),
              ElementsAre("API key ending with 00000: Fake API Key that skips validation"));
  EXPECT_EQ(degraded(), "");
}

TEST_F(Validator, AFakeKeyIs32ZerosAndDoesNotHideItsNeighbours) {
  answer(200);
  const std::string fake(32, '0');
  begin({domain("http://localhost:1", {fake, fake + "0", fake.substr(1), kKey})});
  pass(seconds(2));
  std::vector<std::string> asked;
  for (const auto& request : http.requests) asked.push_back(request.headers[0].second);
  EXPECT_THAT(asked, ElementsAre(fake + "0", fake.substr(1), kKey));
}

TEST_F(Validator, WithoutAnyAnswerTheStateIsUnknownAndHealthIsFine) {
  begin({domain("https://app.datadoghq.com")});
  pass(seconds(2));
  EXPECT_THAT(states(), ElementsAre(HasSubstr("Unable to validate API Key")));
  EXPECT_EQ(degraded(), "");
}

TEST_F(Validator, AsksAgainAboutHourlyNeverInStep) {
  answer(200);
  std::set<std::chrono::nanoseconds> waits;
  begin({domain("https://app.datadoghq.com")});
  EXPECT_LE(next_check(), seconds(2));
  for (int i = 0; i < 20; ++i) {
    const auto waited = next_check();
    EXPECT_GE(waited, minutes(54));
    EXPECT_LE(waited, minutes(66));
    waits.insert(waited);
  }
  EXPECT_EQ(waits.size(), 20u);  // jitter: no two waits are equal
}

}  // namespace
}  // namespace remora::forwarder
