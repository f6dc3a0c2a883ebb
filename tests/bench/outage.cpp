// A simulated day without intake at 1,000 series per flush: memory, loss, and the catch-up.
//
// The serializer, the compression and the forwarder are the product's; clock and network are not.
#include <unistd.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdio>
#include <random>

#include "bench/bench_options.hpp"
#include "bench/process_usage.hpp"
#include "fakes/fake_clock.hpp"
#include "remora/core/log.hpp"
#include "remora/forwarder/intake.hpp"
#include "remora/serializer/series_encoder.hpp"

using namespace remora;
using namespace remora::bench;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

constexpr int kSeries = 1'000;
constexpr milliseconds kRoundTrip{100};

/// Refuses, or accepts after a round trip of simulated time.
class SimulatedIntake final : public net::HttpClient {
 public:
  explicit SimulatedIntake(core::Clock& clock) : clock_(clock) {}
  asio::awaitable<Result<net::HttpResponse>> send(net::HttpRequest request) override {
    ++requests;
    const std::shared_ptr<const std::string> body = request.body;
    if (down) co_return fail(Errc::network, "connection refused");
    const bool arrived = co_await clock_.sleep_until(clock_.now() + kRoundTrip);
    if (!arrived) co_return fail(Errc::cancelled, "cancelled");
    bytes += body->size();
    co_return net::HttpResponse(202, "{}");
  }
  bool down = true;
  std::uint64_t requests = 0, bytes = 0;

 private:
  core::Clock& clock_;
};

std::vector<model::Series> series_of_a_flush() {
  std::vector<model::Series> all;
  for (int i = 0; i < kSeries; ++i) {
    const std::string n = std::to_string(i % 50);
    model::Series series;
    series.metric = "container.metric_" + std::to_string(i / 50);
    series.tags = model::make_tags({"ecs_cluster_name:demo", "task_family:shop", "task_version:3",
                                    "ecs_container_name:service-" + n, "image_name:shop/" + n,
                                    "container_id:0123456789abcdef0123456789abcdef-" + n,
                                    "region:us-west-2", "availability_zone:us-west-2b"});
    series.origin = model::kOriginContainerCheck;
    series.points.push_back({});
    all.push_back(std::move(series));
  }
  return all;
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = Options::parse(argc, argv);
  const int simulated = options.seconds > 0 ? options.seconds : 24 * 3600;
  core::LogOptions silent;
  silent.level = core::Level::off;
  core::start_logging(silent);
  asio::io_context io;
  fakes::FakeClock clock;
  SimulatedIntake intake(clock);
  telemetry::HealthRegistry registry(clock);
  telemetry::Counters counters;
  forwarder::IntakeOptions forwarder_options;
  forwarder::Domain domain;
  domain.url = *net::parse_url("https://intake.example");
  domain.api_keys = {"0123456789abcdef0123456789abcdef"};
  forwarder_options.domains = {domain};
  forwarder_options.agent_version = "7.72.1";
  forwarder_options.jitter_seed = 7;
  forwarder::Intake forwarder(intake, clock, counters.forwarder,
                              registry.add("forwarder", seconds(60)), forwarder_options);
  serializer::SeriesSerializer serializer(
      *serializer::parse_compression("zstd"), 1, {}, counters.serializer,
      [&](model::Payload payload) { forwarder.submit(std::move(payload)); });
  asio::cancellation_signal stop;
  asio::co_spawn(io, forwarder.run(), asio::bind_cancellation_slot(stop.slot(), asio::detached));
  const auto poll = [&] {
    io.restart();
    io.poll();
  };
  const auto pass = [&](std::chrono::nanoseconds time) {
    const auto end = clock.now() + time;
    while (clock.now() < end) {
      const auto next =
          std::min(std::max(clock.next(), clock.now() + std::chrono::nanoseconds(1)), end);
      clock.advance(next - clock.now());
      poll();
    }
  };
  poll();

  auto series = series_of_a_flush();
  std::mt19937_64 random(7);
  std::size_t peak = 0;
  const auto flush = [&] {
    const std::int64_t now = core::unix_seconds(clock.wall());
    for (model::Series& one : series) {
      one.points[0].timestamp = now;
      one.points[0].value = static_cast<double>(random() % 1'000'000'000) / 7;
    }
    for (const model::Series& one : series) serializer.add(one);
    serializer.finish();
    poll();
    peak = std::max(peak, forwarder.queued_bytes());
  };
  const double rss_before = memory_of(getpid()).rss_mib;
  const double cpu_before = cpu_seconds_of(getpid());
  double rss_peak = 0;
  int flushes = 0;
  for (int second = 0; second < simulated; second += 15, ++flushes) {
    flush();
    pass(seconds(15));
    if (flushes % 100 == 0) rss_peak = std::max(rss_peak, memory_of(getpid()).rss_mib);
  }
  rss_peak = std::max(rss_peak, memory_of(getpid()).rss_mib);
  const double cpu = cpu_seconds_of(getpid()) - cpu_before;
  const std::uint64_t probes = intake.requests;
  const std::uint64_t submitted = counters.forwarder.submitted.value;
  const std::uint64_t dropped = counters.forwarder.dropped_queue_full.value;

  // The intake is back. Nothing new is produced, so what is waited for is the backlog.
  intake.down = false;
  const auto back = clock.now();
  const std::uint64_t kept = submitted - dropped;
  core::SteadyTime first_sent{};
  while (counters.forwarder.sent.value < kept && clock.now() - back < std::chrono::hours(1)) {
    pass(milliseconds(100));
    if (first_sent == core::SteadyTime{} && counters.forwarder.sent.value > 0) {
      first_sent = clock.now();
    }
  }
  const double waited = std::chrono::duration<double>(first_sent - back).count();
  const double catch_up = std::chrono::duration<double>(clock.now() - first_sent).count();
  const std::uint64_t sent = counters.forwarder.sent.value;
  const double covered = static_cast<double>(kept) * 15 / 3600;

  std::printf("outage of %.1f h, %d series per flush, %d flushes\n", simulated / 3600.0, kSeries,
              flushes);
  std::printf("queue at its peak     %8.1f MiB (bound 15.0)\n",
              static_cast<double>(peak) / 1048576);
  std::printf("memory of the program %8.1f MiB at the peak, %.1f before\n", rss_peak, rss_before);
  std::printf("payloads              %8lu made, %lu kept: the newest %.1f h; %lu lost, counted\n",
              submitted, kept, covered, dropped);
  std::printf("tries while down      %8lu\n", probes);
  std::printf("catch-up              %8.1f s after the intake is back until the first payload\n",
              waited);
  std::printf(
      "                      %8.1f s from there until all %lu are sent (round trip %ld ms)\n",
      catch_up, sent, static_cast<long>(kRoundTrip.count()));
  std::printf("CPU                   %8.2f s for the whole outage\n", cpu);
  Json result;
  result["simulated_seconds"] = simulated;
  result["series_per_flush"] = kSeries;
  result["queue_peak_bytes"] = peak;
  result["rss_before_mib"] = rss_before;
  result["rss_peak_mib"] = rss_peak;
  result["payloads"] = submitted;
  result["kept"] = kept;
  result["kept_hours"] = covered;
  result["lost"] = dropped;
  result["tries_while_down"] = probes;
  result["first_payload_after_seconds"] = waited;
  result["catch_up_seconds"] = catch_up;
  result["cpu_seconds"] = cpu;
  options.write(result);
  stop.emit(asio::cancellation_type::terminal);
  poll();
  return sent == kept && counters.forwarder.dropped_items.value >= dropped ? 0 : 1;
}
