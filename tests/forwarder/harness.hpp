// A forwarder on a fake clock and a fake intake, driven step by step.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fakes/fake_clock.hpp"
#include "fakes/fake_http_client.hpp"
#include "remora/forwarder/intake.hpp"

namespace remora::forwarder {

inline const std::string kKey = "0123456789abcdef0123456789abcdef";
inline const std::string kOtherKey = "fedcba9876543210fedcba9876543210";

inline model::Payload payload(std::string body, std::string_view path = "/api/v2/series",
                              std::size_t items = 1) {
  model::Payload p;
  p.path = path;
  p.content_type = "application/x-protobuf";
  p.content_encoding = "zstd";
  p.body = std::make_shared<const std::string>(std::move(body));
  p.items = items;
  return p;
}

inline Domain domain(const std::string& url, std::vector<std::string> keys = {kKey}) {
  Domain d;
  d.url = *net::parse_url(url);
  d.api_keys = std::move(keys);
  return d;
}

class ForwarderHarness : public testing::Test {
 protected:
  ForwarderHarness() {
    options.domains = {domain("https://intake.example")};
    options.agent_version = "7.72.1";
    options.jitter_seed = 7;
  }
  ~ForwarderHarness() override {
    stop();
    http.release();
    poll();
  }

  void start() {
    forwarder = std::make_unique<Intake>(http, clock, counters, health, options);
    asio::co_spawn(io, forwarder->run(),
                   asio::bind_cancellation_slot(stop_signal.slot(), [](std::exception_ptr e) {
                     EXPECT_FALSE(e) << "run() ended with an exception";
                   }));
    poll();
  }
  void stop() {
    stop_signal.emit(asio::cancellation_type::terminal);
    poll();
  }
  void poll() {
    io.restart();
    io.poll();
  }
  void submit(model::Payload p) {
    forwarder->submit(std::move(p));
    poll();
  }
  /// Plays time from one wake-up to the next.
  void pass(std::chrono::nanoseconds time) {
    const auto end = clock.now() + time;
    while (clock.now() < end) {
      const auto soon = std::max(clock.next(), clock.now() + std::chrono::nanoseconds(1));
      const auto next = clock.sleepers() == 0 ? end : std::min(soon, end);
      clock.advance(next - clock.now());
      poll();
    }
  }
  void begin_drain(std::chrono::milliseconds limit) {
    report.reset();
    asio::co_spawn(io, forwarder->drain(clock.now() + limit),
                   [this](std::exception_ptr e, DrainReport r) {
                     EXPECT_FALSE(e);
                     report = r;
                   });
    poll();
  }
  void answer(int status, std::string body = {}) {
    http.otherwise = [status, body](const net::HttpRequest&) -> fakes::FakeHttpClient::Answer {
      return net::HttpResponse(status, body);
    };
  }
  void refuse() {
    http.otherwise = [](const net::HttpRequest&) -> fakes::FakeHttpClient::Answer {
      return fail(Errc::network, "connection refused");
    };
  }
  /// Bodies in the order they arrived.
  [[nodiscard]] std::vector<std::string> bodies() const {
    std::vector<std::string> all;
    for (const auto& r : http.requests) all.push_back(*r.body);
    return all;
  }
  [[nodiscard]] std::string degraded() const {
    const auto all = registry.report().degraded;
    return all.empty() ? "" : all.front().reason;
  }

  asio::io_context io;
  fakes::FakeHttpClient http;
  fakes::FakeClock clock;
  telemetry::HealthRegistry registry{clock};
  telemetry::HealthComponent& health = registry.add("forwarder", std::chrono::seconds(60));
  telemetry::ForwarderCounters counters;
  IntakeOptions options;
  std::unique_ptr<Intake> forwarder;
  asio::cancellation_signal stop_signal;
  std::optional<DrainReport> report;
};

}  // namespace remora::forwarder
