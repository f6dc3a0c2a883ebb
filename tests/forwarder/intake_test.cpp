#include "remora/forwarder/intake.hpp"

#include <gmock/gmock.h>

#include "forwarder/harness.hpp"

namespace remora::forwarder {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::UnorderedElementsAre;

using ForwarderTest = ForwarderHarness;

TEST_F(ForwarderTest, SendsAtOnceWithTheHeadersOfTheIntake) {
  options.domains = {domain("https://intake.example/base")};
  answer(202);
  start();
  submit(payload("body"));
  ASSERT_EQ(http.requests.size(), 1u);
  const net::HttpRequest& r = http.requests[0];
  EXPECT_EQ(r.method, "POST");
  EXPECT_EQ(r.url.origin() + r.url.target, "https://intake.example/base/api/v2/series");
  EXPECT_EQ(r.timeout, seconds(20));
  const net::Headers expected = {
      {"DD-Api-Key", kKey},           {"Content-Type", "application/x-protobuf"},
      {"Content-Encoding", "zstd"},   {"DD-Agent-Payload", "5.0.0"},
      {"DD-Agent-Version", "7.72.1"}, {"User-Agent", "datadog-agent/7.72.1"}};
  EXPECT_EQ(r.headers, expected);
  EXPECT_EQ(counters.submitted.value, 1u);
  EXPECT_EQ(counters.sent.value, 1u);
  EXPECT_EQ(counters.sent_bytes.value, 4u);
  EXPECT_EQ(counters.by_status[202].value, 1u);
  EXPECT_EQ(forwarder->queued_bytes(), 0u);
}

TEST_F(ForwarderTest, LeavesOutHeadersThatDoNotApply) {
  options.allow_arbitrary_tags = true;
  answer(202);
  start();
  model::Payload p = payload("[]", "/api/v1/check_run");
  p.content_type = "application/json";
  p.content_encoding = "";
  submit(std::move(p));
  const net::Headers expected = {{"DD-Api-Key", kKey},
                                 {"Content-Type", "application/json"},
                                 {"DD-Agent-Version", "7.72.1"},
                                 {"User-Agent", "datadog-agent/7.72.1"},
                                 {"Allow-Arbitrary-Tag-Value", "true"}};
  ASSERT_EQ(http.requests.size(), 1u);
  EXPECT_EQ(http.requests[0].headers, expected);
}

TEST_F(ForwarderTest, EveryKeyOfEveryDomainGetsTheSameBody) {
  options.domains = {domain("https://one.example", {kKey, kOtherKey}),
                     domain("https://two.example", {kOtherKey})};
  answer(202);
  start();
  const model::Payload p = payload("body");
  submit(p);
  std::vector<std::string> targets;
  for (const auto& r : http.requests) {
    targets.push_back(r.url.host + " " + r.headers[0].second.substr(27));
    EXPECT_EQ(r.body.get(), p.body.get());
  }
  EXPECT_THAT(targets,
              UnorderedElementsAre("one.example bcdef", "one.example 43210", "two.example 43210"));
  EXPECT_EQ(counters.sent.value, 3u);
}

enum class Fate { sent, dropped, retried };

struct Outcome {
  const char* name;
  int status;  // 0 = `error`
  Errc error;
  Fate fate;
};

class Outcomes : public ForwarderHarness, public testing::WithParamInterface<Outcome> {};

TEST_P(Outcomes, ArriveOnceAreDroppedOrComeAgain) {
  const Outcome& outcome = GetParam();
  if (outcome.status != 0) {
    http.reply(outcome.status, "because");
  } else {
    http.reply(fail(outcome.error, "something"));
  }
  answer(202);
  start();
  submit(payload("first", "/api/v2/series", 3));
  EXPECT_EQ(http.requests.size(), 1u);

  EXPECT_EQ(counters.dropped_rejected.value, outcome.fate == Fate::dropped ? 1u : 0u);
  EXPECT_EQ(counters.dropped_items.value, outcome.fate == Fate::dropped ? 3u : 0u);
  EXPECT_EQ(counters.retried.value, outcome.fate == Fate::retried ? 1u : 0u);
  EXPECT_EQ(counters.sent.value, outcome.fate == Fate::sent ? 1u : 0u);
  EXPECT_EQ(counters.errors.total(), outcome.fate == Fate::sent ? 0u : 1u);
  EXPECT_EQ(degraded().empty(), outcome.fate == Fate::sent);

  // Whether the breaker counted a failure shows in the next payload: held back, or sent at once.
  submit(payload("second"));
  EXPECT_EQ(http.requests.size(), outcome.fate == Fate::retried ? 1u : 2u);

  pass(minutes(5));
  const auto all = bodies();
  EXPECT_EQ(std::count(all.begin(), all.end(), "first"), outcome.fate == Fate::retried ? 2 : 1);
  EXPECT_EQ(std::count(all.begin(), all.end(), "second"), 1);
  EXPECT_EQ(counters.sent.value, outcome.fate == Fate::dropped ? 1u : 2u);
  EXPECT_EQ(degraded(), "");
  EXPECT_EQ(forwarder->queued_bytes(), 0u);
}

INSTANTIATE_TEST_SUITE_P(
    Answers, Outcomes,
    testing::Values(
        Outcome{"Accepted", 202, {}, Fate::sent}, Outcome{"Ok", 200, {}, Fate::sent},
        Outcome{"NoContent", 204, {}, Fate::sent},
        Outcome{"SwitchingProtocols", 101, {}, Fate::retried},
        Outcome{"MovedPermanently", 301, {}, Fate::retried},
        Outcome{"Redirect", 302, {}, Fate::retried}, Outcome{"NotModified", 304, {}, Fate::retried},
        Outcome{"TemporaryRedirect", 307, {}, Fate::retried},
        Outcome{"PermanentRedirect", 308, {}, Fate::retried},
        Outcome{"BadRequest", 400, {}, Fate::dropped},
        Outcome{"Unauthorized", 401, {}, Fate::retried},
        Outcome{"Forbidden", 403, {}, Fate::dropped}, Outcome{"NotFound", 404, {}, Fate::retried},
        Outcome{"RequestTimeout", 408, {}, Fate::retried},
        Outcome{"TooLarge", 413, {}, Fate::dropped}, Outcome{"Teapot", 418, {}, Fate::retried},
        Outcome{"TooMany", 429, {}, Fate::retried}, Outcome{"ServerError", 500, {}, Fate::retried},
        Outcome{"Unavailable", 503, {}, Fate::retried},
        Outcome{"StatusOutOfRange", 999, {}, Fate::retried},
        Outcome{"Network", 0, Errc::network, Fate::retried},
        Outcome{"Timeout", 0, Errc::timeout, Fate::retried},
        Outcome{"Tls", 0, Errc::tls, Fate::retried},
        Outcome{"NotHttp", 0, Errc::malformed_payload, Fate::retried},
        Outcome{"Cancelled", 0, Errc::cancelled, Fate::retried},
        Outcome{"BadUrl", 0, Errc::invalid_config, Fate::dropped}),
    [](const auto& outcome) { return outcome.param.name; });

TEST_F(ForwarderTest, ARedirectIsRefusedWithTheUrlToWrite) {
  options.domains = {domain("http://lb.example"), domain("http://second.example")};
  options.domains[1].setting = "DD_ADDITIONAL_ENDPOINTS";
  http.otherwise = [](const net::HttpRequest& r) -> fakes::FakeHttpClient::Answer {
    net::HttpResponse response(301, "");
    response.headers.emplace_back("location", "https://" + r.url.host + r.url.target);
    return response;
  };
  testing::internal::CaptureStderr();
  start();
  submit(payload("body"));
  const std::string log = testing::internal::GetCapturedStderr();
  for (const std::string& text : {log, degraded()}) {
    EXPECT_THAT(text, HasSubstr("status 301 on /api/v2/series: redirected, which is not followed; "
                                "set DD_DD_URL to https://lb.example"));
    EXPECT_THAT(text, HasSubstr("set DD_ADDITIONAL_ENDPOINTS to https://second.example"));
  }
  EXPECT_EQ(counters.sent.value, 0u);
  EXPECT_GT(forwarder->queued_bytes(), 0u);  // kept: the balancer may be mended
  const telemetry::StatusNode node = forwarder->status();
  EXPECT_EQ(node.children[3].fields[1].first, "301");
  EXPECT_THAT(std::get<std::string>(node.children[4].fields[0].second),
              HasSubstr("set DD_DD_URL to https://lb.example"));
  stop();
  begin_drain(seconds(1));
  pass(seconds(1));
  ASSERT_TRUE(report);
  EXPECT_EQ(report->lost_payloads, 2u);
  EXPECT_THAT(report->problem, HasSubstr("set DD_DD_URL to https://lb.example"));
}

TEST_F(ForwarderTest, ADeliveredPayloadIsNeverSentAgain) {
  answer(202);
  start();
  submit(payload("body"));
  pass(hours(1));
  EXPECT_EQ(http.requests.size(), 1u);
}

TEST_F(ForwarderTest, AfterAFailureOneProbeLeavesAndTheNewestIsIt) {
  start();
  submit(payload("old"));
  EXPECT_THAT(bodies(), ElementsAre("old"));
  submit(payload("new"));
  EXPECT_EQ(http.requests.size(), 1u);  // blocked
  pass(milliseconds(1'999));
  EXPECT_EQ(http.requests.size(), 1u);
  pass(milliseconds(2'001));
  EXPECT_THAT(bodies(), ElementsAre("old", "new"));
  answer(202);
  pass(seconds(8));
  EXPECT_EQ(http.requests.size(), 4u);
  EXPECT_EQ(bodies()[2], "new");
  EXPECT_EQ(bodies()[3], "old");
  EXPECT_EQ(counters.sent.value, 2u);
}

TEST_F(ForwarderTest, APathThatFailsHoldsOnlyItselfBack) {
  http.otherwise = [](const net::HttpRequest& r) -> fakes::FakeHttpClient::Answer {
    return net::HttpResponse(r.url.target == "/api/v2/series" ? 503 : 202, "");
  };
  start();
  submit(payload("s1"));
  submit(payload("c1", "/api/v1/check_run"));
  submit(payload("s2"));
  submit(payload("c2", "/api/v1/check_run"));
  EXPECT_THAT(bodies(), ElementsAre("s1", "c1", "c2"));
  EXPECT_THAT(degraded(), HasSubstr("status 503 on /api/v2/series"));
}

TEST_F(ForwarderTest, ADomainThatFailsHoldsOnlyItselfBack) {
  options.domains = {domain("https://up.example"), domain("https://down.example")};
  http.otherwise = [](const net::HttpRequest& r) -> fakes::FakeHttpClient::Answer {
    if (r.url.host == "down.example") return fail(Errc::network, "refused");
    return net::HttpResponse(202, "");
  };
  start();
  for (int i = 0; i < 5; ++i) submit(payload("p"));
  EXPECT_EQ(counters.sent.value, 5u);
  EXPECT_THAT(degraded(), HasSubstr("https://down.example: network: refused"));
  EXPECT_THAT(degraded(), HasSubstr("5 payloads"));
  EXPECT_THAT(degraded(), Not(HasSubstr("up.example")));
}

TEST_F(ForwarderTest, KeepsToTheNumberOfConcurrentRequestsPerDomain) {
  options.max_concurrent_requests = 3;
  options.domains = {domain("https://one.example"), domain("https://two.example")};
  http.hold(true);
  answer(202);
  start();
  for (int i = 0; i < 10; ++i) submit(payload("p"));
  EXPECT_EQ(http.requests.size(), 6u);
  http.release();
  poll();
  EXPECT_EQ(counters.sent.value, 20u);
}

TEST_F(ForwarderTest, HealthSaysWhatFailsSinceWhenAndRecovers) {
  http.otherwise = [](const net::HttpRequest&) -> fakes::FakeHttpClient::Answer {
    return net::HttpResponse(503, "");
  };
  clock.set_wall(core::WallTime(seconds(1'700'000'000)));
  start();
  submit(payload(std::string(744, 'x')));
  EXPECT_EQ(degraded(),
            "https://intake.example: status 503 on /api/v2/series, since 2023-11-14 22:13:20 UTC "
            "(0 min), 1 payloads with 1000 bytes wait");
  pass(minutes(12) + seconds(5));  // the line is refreshed every 5 s
  EXPECT_THAT(degraded(), HasSubstr("since 2023-11-14 22:13:20 UTC (12 min)"));
  answer(202);
  pass(seconds(64));
  EXPECT_EQ(degraded(), "");
  EXPECT_TRUE(registry.report().ok());
}

TEST_F(ForwarderTest, ABeatComesEvenWhenNothingHappens) {
  start();
  for (int i = 0; i < 20; ++i) {
    pass(seconds(30));
    EXPECT_TRUE(registry.report().ok());
  }
}

TEST_F(ForwarderTest, AWrongKeyIsExplainedAndNeverPrinted) {
  options.domains = {domain("https://7-72-1-app.agent.datadoghq.com", {kKey, kOtherKey})};
  http.otherwise = [](const net::HttpRequest& r) -> fakes::FakeHttpClient::Answer {
    if (r.headers[0].second == kKey) return net::HttpResponse(403, "bad key " + kKey);
    return net::HttpResponse(202, "");
  };
  testing::internal::CaptureStderr();
  start();
  submit(payload("body"));
  submit(payload("body"));
  const std::string log = testing::internal::GetCapturedStderr();
  // The success of the other key says nothing about this one.
  EXPECT_THAT(degraded(), HasSubstr("the API key ending in bcdef is not accepted by "
                                    "7-72-1-app.agent.datadoghq.com: check DD_API_KEY, and that "
                                    "DD_SITE is the site of that key (datadoghq.com, us3."));
  EXPECT_THAT(log, HasSubstr("API key ending in bcdef"));
  EXPECT_THAT(log, HasSubstr("response=\"bad key *****bcdef\""));
  EXPECT_EQ(log.find("| ERROR |"), log.rfind("| ERROR |"));  // once, not once per payload
  EXPECT_THAT(log + degraded(), Not(HasSubstr(kKey)));
  EXPECT_EQ(counters.dropped_rejected.value, 2u);
}

TEST_F(ForwarderTest, ARejectionIsLoggedWithWhatPeopleNeed) {
  answer(413, "Payload too big\n" + std::string(500, 'x'));
  testing::internal::CaptureStderr();
  start();
  submit(payload("12345", "/api/v2/series", 9));
  submit(payload("12345", "/api/v2/series", 9));
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_THAT(log, HasSubstr("payload rejected and dropped endpoint=https://intake.example "
                             "path=/api/v2/series status=413 bytes=5"));
  EXPECT_THAT(log, HasSubstr("items=9 response=\"Payload too big " + std::string(184, 'x') + '"'));
  EXPECT_EQ(log.find("rejected and dropped"), log.rfind("rejected and dropped"));
  EXPECT_EQ(counters.dropped_items.value, 18u);
}

TEST_F(ForwarderTest, StatusShowsCountersErrorsAndTheEndsOfKeys) {
  http.reply(503);
  answer(202);
  start();
  submit(payload("body"));
  pass(minutes(1));
  const telemetry::StatusNode node = forwarder->status();
  EXPECT_EQ(node.title, "Forwarder");
  std::vector<std::string> titles;
  for (const auto& child : node.children) titles.push_back(child.title);
  EXPECT_THAT(titles, ElementsAre("Transactions", "Transaction Successes", "Transaction Errors",
                                  "HTTP Errors", "Endpoints"));
  for (const std::size_t total : {1u, 2u, 3u}) {  // no block is ever empty
    EXPECT_EQ(node.children[total].fields[0].first, "Total");
    EXPECT_EQ(std::get<std::uint64_t>(node.children[total].fields[0].second), 1u) << total;
  }
  EXPECT_EQ(node.children[1].fields[1].first, "/api/v2/series");
  EXPECT_EQ(std::get<std::uint64_t>(node.children[1].fields[1].second), 1u);
  EXPECT_EQ(node.children[2].fields[1].first, "http_status");
  EXPECT_EQ(node.children[3].fields[1].first, "503");
  EXPECT_EQ(node.children[4].fields[0].first, "https://intake.example");
  EXPECT_EQ(std::get<std::string>(node.children[4].fields[0].second),
            "API keys ending with: bcdef");
}

// -- Stopping ------------------------------------------------------------------------------------

TEST_F(ForwarderTest, DrainSendsWhatIsQueuedAlthoughTheBreakerIsClosed) {
  start();
  for (int i = 0; i < 30; ++i) submit(payload("p" + std::to_string(i)));
  EXPECT_EQ(http.requests.size(), 1u);
  answer(202);
  stop();
  begin_drain(seconds(2));
  ASSERT_TRUE(report);
  EXPECT_EQ(report->sent, 30u);
  EXPECT_EQ(report->lost_payloads, 0u);
  EXPECT_EQ(counters.sent.value, 30u);
  EXPECT_EQ(bodies()[1], "p29");
}

TEST_F(ForwarderTest, DrainWaitsForWhatIsInFlight) {
  http.hold(true);
  answer(202);
  start();
  submit(payload("body"));
  stop();
  begin_drain(seconds(2));
  EXPECT_FALSE(report);
  http.release();
  poll();
  ASSERT_TRUE(report);
  EXPECT_EQ(report->sent, 1u);
  EXPECT_EQ(http.requests.size(), 1u);
}

TEST_F(ForwarderTest, DrainReportsWhatTheDeadlineCutOff) {
  options.max_concurrent_requests = 1;
  http.hold(true);
  start();
  submit(payload("a", "/api/v2/series", 10));
  submit(payload("b", "/api/v2/series", 5));
  stop();
  begin_drain(seconds(2));
  pass(seconds(2));
  ASSERT_TRUE(report);
  EXPECT_EQ(report->sent, 0u);
  EXPECT_EQ(report->lost_payloads, 2u);
  EXPECT_EQ(report->lost_items, 15u);
  EXPECT_EQ(counters.dropped_at_stop.value, 2u);
  EXPECT_EQ(counters.dropped_items.value, 15u);
  EXPECT_EQ(counters.retried.value, 0u);  // we cancelled it, the intake did not fail
  EXPECT_EQ(forwarder->queued_bytes(), 0u);
}

TEST_F(ForwarderTest, AnAnswerThatArrivesWithTheCancellationCounts) {
  http.hold(true);
  answer(202);
  start();
  submit(payload("body"));
  stop();
  begin_drain(seconds(2));
  pass(seconds(2));  // the fake answers 202 when its wait is cut off
  ASSERT_TRUE(report);
  EXPECT_EQ(report->sent, 1u);
  EXPECT_EQ(report->lost_payloads, 0u);
}

TEST_F(ForwarderTest, DrainUsesItsTimeForAnIntakeThatComesBack) {
  start();
  for (int i = 0; i < 399; ++i) submit(payload("p"));
  pass(minutes(10));  // the breaker is at its limit of 64 s
  stop();
  begin_drain(seconds(10));
  pass(seconds(2));
  EXPECT_FALSE(report);
  answer(202);
  pass(milliseconds(500));
  ASSERT_TRUE(report) << "everything leaves with the first success";
  EXPECT_EQ(report->sent, 399u);
  EXPECT_EQ(report->lost_payloads, 0u);
  EXPECT_EQ(report->problem, "");
}

TEST_F(ForwarderTest, DrainAsksAnIntakeThatStaysAwayNowAndThen) {
  start();
  for (int i = 0; i < 50; ++i) submit(payload("p"));
  stop();
  const auto before = http.requests.size();
  begin_drain(seconds(10));
  pass(milliseconds(9'000));
  EXPECT_FALSE(report);
  pass(seconds(1));
  ASSERT_TRUE(report);
  EXPECT_EQ(report->lost_payloads, 50u);
  // One by one after the first round, about twice a second.
  EXPECT_GE(http.requests.size() - before, 19u);
  EXPECT_LE(http.requests.size() - before, options.max_concurrent_requests + 20);
}

TEST_F(ForwarderTest, RequestsOfADrainGetAPartOfWhatIsLeft) {
  start();
  submit(payload("p"));
  stop();
  begin_drain(seconds(10));
  EXPECT_EQ(http.requests.back().timeout, seconds(5));
  pass(seconds(6));
  EXPECT_EQ(http.requests.back().timeout, seconds(2));
  pass(milliseconds(3'500));
  EXPECT_EQ(http.requests.back().timeout, milliseconds(500));  // never past the deadline
}

TEST_F(ForwarderTest, ARequestThatHungBeforeTheStopLeavesTimeForAnotherTry) {
  http.hold(true);
  start();
  submit(payload("p", "/api/v2/series", 3));
  http.otherwise = [](const net::HttpRequest&) -> fakes::FakeHttpClient::Answer {
    return fail(Errc::cancelled, "cancelled");
  };
  stop();
  begin_drain(seconds(10));
  pass(milliseconds(4'999));
  EXPECT_EQ(http.requests.size(), 1u);
  http.hold(false);
  answer(202);
  http.reply(fail(Errc::cancelled, "cancelled"));  // the answer of the one that is cut off
  pass(milliseconds(1));
  ASSERT_TRUE(report);
  EXPECT_EQ(http.requests.size(), 2u);
  EXPECT_EQ(http.requests.back().timeout, milliseconds(2'500));
  EXPECT_EQ(report->sent, 1u);
  EXPECT_EQ(counters.retried.value, 0u);  // we cut it off, the intake did not fail
}

TEST_F(ForwarderTest, TheReportKnowsWhatWasRefusedBefore) {
  answer(403);
  start();
  submit(payload("p", "/api/v2/series", 7));
  stop();
  begin_drain(seconds(1));
  ASSERT_TRUE(report);
  EXPECT_EQ(report->lost_payloads, 0u);
  EXPECT_EQ(report->refused_payloads, 1u);
  EXPECT_EQ(report->dropped_items, 7u);
  EXPECT_THAT(report->problem, HasSubstr("the API key ending in bcdef is not accepted by"));
}

TEST_F(ForwarderTest, WhatComesAfterTheDrainIsCountedAsLost) {
  answer(202);
  start();
  stop();
  begin_drain(seconds(1));
  submit(payload("late", "/api/v2/series", 4));
  EXPECT_EQ(counters.dropped_at_stop.value, 1u);
  EXPECT_EQ(counters.dropped_items.value, 4u);
  EXPECT_TRUE(http.requests.empty());
}

}  // namespace
}  // namespace remora::forwarder
