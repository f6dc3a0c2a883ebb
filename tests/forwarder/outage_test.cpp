// An intake that is away for an hour: memory stays at its bound, the newest data comes first.
#include <algorithm>

#include "fakes/allocation_counter.hpp"
#include "forwarder/harness.hpp"
#include "forwarder/transaction_queue.hpp"

namespace remora::forwarder {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::size_t kBody = 3'000;
constexpr std::size_t kRoom = 100;  // payloads that fit
constexpr std::size_t kMaxBytes = kRoom * (kBody + kBookkeepingBytes);

std::string numbered(int number) {
  std::string body = std::to_string(number) + ' ';
  body.resize(kBody, 'x');
  return body;
}
int number_of(const std::string& body) { return std::stoi(body); }

class Outage : public ForwarderHarness {
 protected:
  Outage() { options.retry_queue_max_bytes = kMaxBytes; }
  void hour_of_flushes() {
    for (int flush = 0; flush < 240; ++flush) {
      submit(payload(numbered(flush), "/api/v2/series", 20));
      peak = std::max(peak, forwarder->queued_bytes());
      pass(seconds(15));
      peak = std::max(peak, forwarder->queued_bytes());
    }
  }
  std::size_t peak = 0;
};

TEST_F(Outage, KeepsMemoryFlatAndCountsWhatItDrops) {
  start();
  hour_of_flushes();
  EXPECT_EQ(peak, kMaxBytes);
  EXPECT_EQ(forwarder->queued_bytes(), kMaxBytes);
  EXPECT_EQ(counters.submitted.value, 240u);
  EXPECT_EQ(counters.dropped_queue_full.value, 240u - kRoom);
  EXPECT_EQ(counters.dropped_items.value, 20 * (240u - kRoom));
  EXPECT_EQ(counters.sent.value, 0u);
  // 64 s between probes once the breaker is at its limit, not one try per payload.
  EXPECT_LT(http.requests.size(), 70u);
}

TEST_F(Outage, AfterItTheNewestArriveFirstAndAllThatWereKeptArriveOnce) {
  start();
  hour_of_flushes();
  const auto before = static_cast<std::ptrdiff_t>(http.requests.size());
  answer(202);
  pass(minutes(5));
  std::vector<int> arrived;
  for (auto r = http.requests.begin() + before; r != http.requests.end(); ++r) {
    arrived.push_back(number_of(*r->body));
  }
  ASSERT_EQ(arrived.size(), kRoom);
  std::vector<int> expected;
  for (int number = 239; number >= 240 - static_cast<int>(kRoom); --number) {
    expected.push_back(number);
  }
  EXPECT_EQ(arrived, expected);
  EXPECT_EQ(counters.sent.value, kRoom);
  EXPECT_EQ(counters.submitted.value, counters.sent.value + counters.dropped_queue_full.value);
  EXPECT_EQ(forwarder->queued_bytes(), 0u);
  EXPECT_EQ(degraded(), "");
}

TEST_F(Outage, ANewPayloadOvertakesTheBacklog) {
  options.max_concurrent_requests = 1;
  start();
  for (int i = 0; i < 10; ++i) submit(payload(numbered(i)));
  answer(202);
  pass(seconds(4));  // the probe (9) opened the breaker, everything has left
  EXPECT_EQ(counters.sent.value, 10u);
  refuse();
  submit(payload(numbered(10)));
  submit(payload(numbered(11)));
  answer(202);
  submit(payload(numbered(12)));
  const auto before = http.requests.size();
  pass(seconds(64));
  ASSERT_EQ(http.requests.size(), before + 3);
  EXPECT_EQ(number_of(*http.requests[before].body), 12);
  EXPECT_EQ(number_of(*http.requests[before + 2].body), 10);
}

TEST_F(Outage, APayloadLargerThanTheBoundIsTriedAllTheSame) {
  answer(202);
  start();
  submit(payload(std::string(2 * kMaxBytes, 'x')));
  EXPECT_EQ(counters.sent.value, 1u);
}

TEST_F(Outage, RequestsInFlightCountTowardsTheBound) {
  http.hold(true);
  start();
  for (int i = 0; i < 150; ++i) {
    submit(payload(numbered(i)));
    ASSERT_LE(forwarder->queued_bytes(), kMaxBytes);
  }
  EXPECT_EQ(http.requests.size(), 10u);
  EXPECT_EQ(counters.dropped_queue_full.value, 50u);
}

TEST_F(Outage, PeakMemoryOfTheRetryQueueAndRequestsInFlight) {
  constexpr std::size_t kLarge = 100'000, kQueue = 15'728'640;
  options.retry_queue_max_bytes = kQueue;
  http.hold(true);
  start();
  const fakes::PeakMemory memory;
  for (int i = 0; i < 400; ++i) {
    submit(payload(std::string(kLarge, 'x')));
    ASSERT_LE(forwarder->queued_bytes(), kQueue);
  }
  EXPECT_EQ(http.requests.size(), 10u);  // in flight: the rest waits in the queue
  EXPECT_GT(counters.dropped_queue_full.value, 200u);
  EXPECT_LT(memory.peak(), static_cast<std::int64_t>(kQueue + (2u << 20)));
}

}  // namespace
}  // namespace remora::forwarder
