// The policies of logs and traces on a fake endpoint: order under failure, receipts, refusal.
#include <gmock/gmock.h>

#include <boost/asio/co_spawn.hpp>
#include <map>

#include "forwarder/harness.hpp"
#include "forwarder/transaction_queue.hpp"
#include "remora/forwarder/intakes.hpp"

namespace remora::forwarder {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::size_t kBody = 1'000;
constexpr std::size_t kOne = kBody + kBookkeepingBytes;

std::string text(const std::string& name) {
  std::string body = name;
  body.resize(kBody, ' ');
  return body;
}

class PolicyTest : public ForwarderHarness {
 protected:
  PolicyTest() {
    options.policy = kLogsPolicy;
    options.retry_queue_max_bytes = 4 * kOne;
  }
  ~PolicyTest() override {
    stop();
    http.release();
    poll();
    forwarder.reset();  // settles what is left, into `fates`
  }
  /// Submits with a receipt that is remembered under the name.
  bool send(const std::string& name, std::uint32_t stream = 0) {
    model::Payload p = payload(text(name), "/api/v2/logs");
    p.stream = stream;
    const bool taken = forwarder->submit(
        std::move(p), Receipt([this, name](Fate fate) { fates[name].push_back(fate); }));
    poll();
    return taken;
  }
  /// Names in the order they reached the host.
  [[nodiscard]] std::vector<std::string> arrived(const std::string& host = "intake.example") const {
    std::vector<std::string> names;
    for (const auto& r : http.requests) {
      if (r.url.host == host) names.push_back(r.body->substr(0, r.body->find(' ')));
    }
    return names;
  }
  bool wait_for_room(std::size_t bytes, std::chrono::nanoseconds patience,
                     std::optional<bool>& found) {
    asio::co_spawn(io, forwarder->room(bytes, clock.now() + patience),
                   [&found](std::exception_ptr e, bool r) {
                     EXPECT_FALSE(e);
                     found = r;
                   });
    poll();
    return found.has_value();
  }
  std::map<std::string, std::vector<Fate>> fates;
};

TEST_F(PolicyTest, OldestFirstHasOneRequestAtATimePerStream) {
  http.hold(true);
  answer(202);
  start();
  EXPECT_TRUE(send("a1", 1));
  EXPECT_TRUE(send("a2", 1));
  EXPECT_TRUE(send("b1", 2));
  EXPECT_THAT(arrived(), ElementsAre("a1", "b1"));
  http.release();
  poll();
  EXPECT_THAT(arrived(), ElementsAre("a1", "b1", "a2"));
  for (const char* name : {"a1", "a2", "b1"}) {
    EXPECT_THAT(fates[name], ElementsAre(Fate::delivered)) << name;
  }
}

TEST_F(PolicyTest, AFailureKeepsTheOrder) {
  start();
  for (const char* name : {"1", "2", "3"}) EXPECT_TRUE(send(name));
  pass(seconds(10));
  for (const std::string& name : arrived()) EXPECT_EQ(name, "1") << "nothing overtakes it";
  EXPECT_THAT(fates, IsEmpty());
  const auto failed = http.requests.size();
  answer(202);
  pass(minutes(3));
  const auto all = arrived();
  EXPECT_THAT(
      std::vector<std::string>(all.begin() + static_cast<std::ptrdiff_t>(failed), all.end()),
      ElementsAre("1", "2", "3"));
  for (const char* name : {"1", "2", "3"}) EXPECT_THAT(fates[name], ElementsAre(Fate::delivered));
}

TEST_F(PolicyTest, AStreamOnItsWayDoesNotSpinTheLoopWhileItsPathIsBlocked) {
  http.hold(true);
  start();
  EXPECT_TRUE(send("a1", 1));
  EXPECT_TRUE(send("a2", 1));
  http.hold(false);
  EXPECT_TRUE(send("b1", 2));  // fails: the path is blocked, a1 is still on its way
  pass(seconds(30));           // would not come back
  EXPECT_GT(http.requests.size(), 2u);
}

TEST_F(PolicyTest, RefusesWhenFullAndTheSourceKeepsItsPayload) {
  start();
  for (const char* name : {"1", "2", "3", "4"}) EXPECT_TRUE(send(name));
  EXPECT_FALSE(send("5"));
  EXPECT_THAT(fates, IsEmpty()) << "a refusal settles nothing";
  EXPECT_EQ(counters.submitted.value, 4u);
  EXPECT_EQ(counters.dropped_queue_full.value, 0u);
  EXPECT_EQ(forwarder->queued_bytes(), 4 * kOne);
  answer(202);
  pass(minutes(3));
  EXPECT_TRUE(send("5"));
  EXPECT_THAT(fates["5"], ElementsAre(Fate::delivered));
}

TEST_F(PolicyTest, TheOperatorMayHaveTheOldestDropped) {
  options.policy.when_full = WhenFull::drop_oldest;
  start();
  for (const char* name : {"1", "2", "3", "4", "5"}) EXPECT_TRUE(send(name));
  EXPECT_THAT(fates["1"], ElementsAre(Fate::dropped));
  answer(202);
  pass(minutes(3));
  for (const char* name : {"2", "3", "4", "5"})
    EXPECT_THAT(fates[name], ElementsAre(Fate::delivered));
  EXPECT_THAT(fates["1"], ElementsAre(Fate::dropped)) << "once";
}

TEST_F(PolicyTest, TracesAreRefusedFirstAndThenTheOldestGo) {
  options.policy = kTracesPolicy;
  start();
  for (const char* name : {"1", "2", "3", "4"}) EXPECT_TRUE(send(name));
  EXPECT_FALSE(send("5"));
  pass(seconds(9));
  EXPECT_FALSE(send("5"));
  EXPECT_EQ(counters.dropped_queue_full.value, 0u);
  pass(seconds(2));
  EXPECT_TRUE(send("5")) << "an outage: the newest is worth more";
  EXPECT_EQ(counters.dropped_queue_full.value, 1u);
  EXPECT_THAT(fates["1"], ElementsAre(Fate::dropped));
  answer(202);
  pass(minutes(3));
  refuse();
  for (const char* name : {"6", "7", "8", "9"}) EXPECT_TRUE(send(name));
  EXPECT_FALSE(send("10")) << "full anew: refused anew";
}

TEST_F(PolicyTest, ARejectionAndAStopSettleReceiptsOnce) {
  answer(413);
  start();
  EXPECT_TRUE(send("large"));
  EXPECT_THAT(fates["large"], ElementsAre(Fate::rejected));
  refuse();
  EXPECT_TRUE(send("late"));
  EXPECT_TRUE(send("later"));
  stop();
  begin_drain(seconds(1));
  pass(seconds(2));
  ASSERT_TRUE(report);
  EXPECT_THAT(fates["late"], ElementsAre(Fate::dropped));
  EXPECT_THAT(fates["later"], ElementsAre(Fate::dropped));
  EXPECT_TRUE(send("too late"));
  EXPECT_THAT(fates["too late"], ElementsAre(Fate::dropped));
  forwarder.reset();
  for (const auto& [name, all] : fates) EXPECT_EQ(all.size(), 1u) << name;
}

TEST_F(PolicyTest, TheMainEndpointDecidesAndASecondOneHoldsNobodyUp) {
  options.domains = {domain("https://main.example", {kKey, kOtherKey}),
                     domain("https://second.example")};
  options.retry_queue_max_bytes = 8 * kOne;
  http.otherwise = [](const net::HttpRequest& r) -> fakes::FakeHttpClient::Answer {
    if (r.url.host == "second.example") return fail(Errc::network, "refused");
    return net::HttpResponse(r.headers[0].second == kKey ? 202 : 403, "");
  };
  start();
  for (int i = 1; i <= 12; ++i) {
    const std::string name = std::to_string(i);
    EXPECT_TRUE(send(name)) << "the second endpoint is full, not the main one";
    EXPECT_THAT(fates[name], ElementsAre(Fate::delivered));
  }
  EXPECT_EQ(counters.dropped_queue_full.value, 4u);  // of the second one
  EXPECT_THAT(arrived("second.example").front(), "1");
}

TEST_F(PolicyTest, RoomIsFoundWithoutPolling) {
  http.hold(true);
  answer(202);
  start();
  for (const char* name : {"1", "2", "3", "4"}) EXPECT_TRUE(send(name));
  EXPECT_FALSE(forwarder->has_room(kOne));
  std::optional<bool> one, four, never;
  EXPECT_FALSE(wait_for_room(kOne, seconds(60), one));
  EXPECT_FALSE(wait_for_room(4 * kOne, seconds(60), four));
  const auto sleepers = clock.sleepers();
  pass(seconds(4));
  EXPECT_EQ(clock.sleepers(), sleepers);
  EXPECT_FALSE(wait_for_room(kOne, seconds(1), never));
  pass(seconds(1));
  EXPECT_EQ(never, std::optional(false));
  http.release();
  poll();
  EXPECT_EQ(one, std::optional(true));
  EXPECT_EQ(four, std::optional(true));
}

TEST_F(PolicyTest, RoomOfMetricsDoesNotWaitForAnEndpointThatFails) {
  options.policy = kMetricsPolicy;
  start();
  for (const char* name : {"1", "2", "3", "4"}) EXPECT_TRUE(send(name));
  std::optional<bool> found;
  EXPECT_TRUE(wait_for_room(kOne, seconds(60), found));
  EXPECT_EQ(found, std::optional(true));
}

TEST_F(PolicyTest, QueuesDrawFromACommonReserve) {
  options.policy = kLogsPolicy;
  core::ByteBudget reserve("reserve", 0, 3 * kOne);
  options.reserve = &reserve;
  options.retry_queue_max_bytes = 10 * kOne;
  options.retry_queue_floor_bytes = kOne;
  start();
  for (const char* name : {"1", "2", "3", "4"}) EXPECT_TRUE(send(name));
  EXPECT_FALSE(send("5")) << "the reserve is used up";
  EXPECT_EQ(reserve.used(), 3 * kOne);
  answer(202);
  pass(minutes(3));
  EXPECT_EQ(reserve.used(), 0u);
  EXPECT_EQ(forwarder->queued_bytes(), 0u);
  stop();
  forwarder.reset();  // before the reserve
}

TEST_F(PolicyTest, AllIntakesAreDrainedAtOnce) {
  options.policy = kMetricsPolicy;
  start();
  telemetry::HealthComponent& other_health = registry.add("logs", seconds(60));
  telemetry::ForwarderCounters other_counters;
  IntakeOptions other_options = options;
  other_options.domains = {domain("https://logs.example")};
  Intake other(http, clock, other_counters, other_health, other_options);
  http.otherwise = [](const net::HttpRequest& r) -> fakes::FakeHttpClient::Answer {
    if (r.url.host == "logs.example") return fail(Errc::network, "refused");
    return net::HttpResponse(202, "");
  };
  send("metric");
  other.submit(payload("log", "/api/v2/logs", 3));
  stop();
  Intakes intakes;
  intakes.add(other);
  intakes.add(*forwarder);
  EXPECT_EQ(intakes.queued_bytes(), other.queued_bytes());
  send("last metric");
  asio::co_spawn(io, intakes.drain(clock.now() + seconds(4)),
                 [this](std::exception_ptr e, DrainReport r) {
                   EXPECT_FALSE(e);
                   report = r;
                 });
  poll();
  EXPECT_THAT(arrived().back(), "last") << "the one that fails takes nothing from the others";
  EXPECT_FALSE(report);
  pass(seconds(4));
  ASSERT_TRUE(report);
  EXPECT_EQ(report->sent, 1u);
  EXPECT_EQ(report->lost_payloads, 1u);
  EXPECT_EQ(report->lost_items, 3u);
}

}  // namespace
}  // namespace remora::forwarder
