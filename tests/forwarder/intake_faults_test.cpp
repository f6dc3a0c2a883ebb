// The forwarder on the real client against an intake that misbehaves. Only the back-off runs on a
// fake clock, so that no test waits for it.
#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdio>
#include <functional>

#include "fakes/allocation_counter.hpp"
#include "fakes/fake_clock.hpp"
#include "fakes/scripted_server.hpp"
#include "remora/forwarder/intake.hpp"
#include "remora/net/beast_client.hpp"

namespace remora::forwarder {
namespace {

using fakes::Script;
using fakes::ScriptedServer;
using namespace fakes::script;
using std::chrono::milliseconds;
using std::chrono::seconds;

const fakes::TestCa& ca() {
  static const fakes::TestCa ca;
  return ca;
}

class Faults : public testing::Test {
 protected:
  Faults() : bundle_(testing::TempDir() + "forwarder_ca_" + std::to_string(getpid()) + ".pem") {
    ca().write_bundle(bundle_);
    net::ClientOptions client_options;
    client_options.tls.ca_file = bundle_;
    auto client = net::BeastClient::create(io_.get_executor(), std::move(client_options));
    if (!client) throw std::runtime_error(client.error().message());
    client_ = std::move(*client);
    options_.agent_version = "7.72.1";
    options_.jitter_seed = 7;
    options_.timeout = milliseconds(5'000);
  }
  ~Faults() override {
    stop_.emit(asio::cancellation_type::terminal);
    client_->shutdown();
    io_.restart();
    io_.run_for(seconds(1));
    std::remove(bundle_.c_str());
  }

  void start(const std::string& url) {
    Domain domain;
    domain.url = *net::parse_url(url);
    domain.api_keys = {"0123456789abcdef0123456789abcdef"};
    options_.domains = {domain};
    forwarder_ = std::make_unique<Intake>(*client_, clock_, counters_, health_, options_);
    asio::co_spawn(io_, forwarder_->run(),
                   asio::bind_cancellation_slot(stop_.slot(), [](std::exception_ptr) {}));
  }
  void submit(std::string body) {
    model::Payload p;
    p.path = "/api/v2/series";
    p.content_type = "application/x-protobuf";
    p.body = std::make_shared<const std::string>(std::move(body));
    p.items = 1;
    forwarder_->submit(std::move(p));
  }
  /// Runs the loop until `done`; false when that takes longer than any test should.
  bool run_until(const std::function<bool()>& done) {
    const auto limit = std::chrono::steady_clock::now() + seconds(20);
    io_.restart();
    while (!done()) {
      if (std::chrono::steady_clock::now() > limit) return false;
      io_.run_one_for(milliseconds(100));
    }
    return true;
  }
  [[nodiscard]] bool degraded() const { return !registry_.report().degraded.empty(); }

  asio::io_context io_;
  std::string bundle_;
  std::unique_ptr<net::BeastClient> client_;
  fakes::FakeClock clock_;
  telemetry::HealthRegistry registry_{clock_};
  telemetry::HealthComponent& health_ = registry_.add("forwarder", seconds(0));
  telemetry::ForwarderCounters counters_;
  IntakeOptions options_;
  std::unique_ptr<Intake> forwarder_;
  asio::cancellation_signal stop_;
};

Script well() { return {forever({read_request(), answer(202, "{\"errors\":[]}")})}; }
Script well_over_tls() {
  return {tls(ca().issue("127.0.0.1")), forever({read_request(), answer(202)})};
}

struct Fault {
  const char* name;
  std::function<Script()> script;  ///< what the first connection gets
  bool dropped;                    ///< else requeued and delivered later
  Errc error;
  int timeout_ms = 5'000;
  std::size_t body_bytes = 1'000;
  bool https = false;
};

Fault status_fault(const char* name, int status, bool dropped) {
  return Fault{name,
               [status] {
                 return Script{read_request(), answer(status, "no")};
               },
               dropped, Errc::http_status};
}

class EachFault : public Faults, public testing::WithParamInterface<Fault> {};

TEST_P(EachFault, EndsAsTheSpecificationSays) {
  const Fault& fault = GetParam();
  ScriptedServer server({fault.script(), fault.https ? well_over_tls() : well()});
  options_.timeout = milliseconds(fault.timeout_ms);
  start(server.url(fault.https ? "https" : "http"));
  const std::string first(fault.body_bytes, 'f');
  submit(first);

  ASSERT_TRUE(run_until([&] { return counters_.errors.total() == 1; }));
  EXPECT_EQ(counters_.errors.by_code[static_cast<std::size_t>(fault.error)].value, 1u);
  EXPECT_EQ(counters_.dropped_rejected.value, fault.dropped ? 1u : 0u);
  EXPECT_EQ(counters_.dropped_items.value, fault.dropped ? 1u : 0u);
  EXPECT_EQ(counters_.retried.value, fault.dropped ? 0u : 1u);
  EXPECT_TRUE(degraded());

  clock_.advance(seconds(4));  // the first block is at most that long
  submit("second");
  const std::uint64_t expected = fault.dropped ? 1 : 2;
  // A block of one failure ends with the first success.
  ASSERT_TRUE(run_until([&] { return counters_.sent.value == expected; }))
      << "sent " << counters_.sent.value;
  EXPECT_EQ(forwarder_->queued_bytes(), 0u);
  EXPECT_FALSE(degraded());
  // Only what the well-behaved connections read: the first connection played the fault.
  std::size_t times = 0;
  for (const std::string& request : server.requests()) {
    if (request.ends_with("\r\n\r\n" + first)) ++times;
  }
  const bool read_by_fault = fault.error == Errc::http_status;
  EXPECT_EQ(times, (fault.dropped ? 0u : 1u) + (read_by_fault ? 1u : 0u));
  EXPECT_EQ(counters_.by_status[202].value, expected);
}

INSTANTIATE_TEST_SUITE_P(
    Intake, EachFault,
    testing::Values(
        status_fault("Status400", 400, true), status_fault("Status401", 401, false),
        status_fault("Status403", 403, true), status_fault("Status404", 404, false),
        status_fault("Status408", 408, false), status_fault("Status413", 413, true),
        status_fault("Status429", 429, false), status_fault("Status500", 500, false),
        status_fault("Status503", 503, false),
        Fault{"ResetInTheBody",
              [] {
                return Script{read_head(), reset()};
              },
              false, Errc::network, 5'000, 4'000'000},
        Fault{"ClosedWithoutAnswer", [] { return Script{read_head()}; }, false, Errc::network},
        Fault{"Hang",
              [] {
                return Script{read_head(), stall()};
              },
              false, Errc::timeout, 1'000},
        Fault{"HalfAStatusLine",
              [] {
                return Script{read_head(), send("HTTP/1.1 2")};
              },
              false, Errc::network},
        Fault{"HalfABody",
              [] {
                return Script{read_head(),
                              send("HTTP/1.1 202 Accepted\r\nContent-Length: 9\r\n\r\nab")};
              },
              false, Errc::network},
        Fault{"NotHttp",
              [] {
                return Script{read_head(), send("220 mail.example ESMTP\r\n\r\n")};
              },
              false, Errc::malformed_payload},
        Fault{"SlowReader", [] { return Script{stall()}; }, false, Errc::timeout, 2'000, 8'000'000},
        Fault{"UnknownCertificate", [] { return Script{tls(fakes::self_signed("127.0.0.1"))}; },
              false, Errc::tls, 5'000, 1'000, true},
        Fault{"WrongHostName", [] { return Script{tls(ca().issue("other.example"))}; }, false,
              Errc::tls, 5'000, 1'000, true},
        Fault{"ExpiredCertificate",
              [] { return Script{tls(ca().issue("127.0.0.1", fakes::Validity::expired))}; }, false,
              Errc::tls, 5'000, 1'000, true}),
    [](const auto& fault) { return fault.param.name; });

TEST_F(Faults, ARequestCutOffByTheStopIsReportedNotForgotten) {
  ScriptedServer server({{read_head(), stall()}});
  start(server.url());
  submit("body");
  ASSERT_TRUE(run_until([&] { return server.requests().size() == 1; }));
  stop_.emit(asio::cancellation_type::terminal);

  std::optional<DrainReport> report;
  asio::co_spawn(io_, forwarder_->drain(clock_.now() + seconds(2)),
                 [&](std::exception_ptr, DrainReport r) { report = r; });
  io_.restart();
  io_.run_for(milliseconds(50));
  EXPECT_FALSE(report);  // it is waited for
  clock_.advance(seconds(2));
  ASSERT_TRUE(run_until([&] { return report.has_value(); }));
  EXPECT_EQ(report->sent, 0u);
  EXPECT_EQ(report->lost_payloads, 1u);
  EXPECT_EQ(counters_.retried.value, 0u);
}

TEST_F(Faults, AnIntakeThatIsNotThereIsFoundLater) {
  std::string url;
  { url = ScriptedServer({well()}).url(); }  // the port is free again
  start(url);
  submit("body");
  ASSERT_TRUE(run_until([&] { return counters_.retried.value == 1; }));
  EXPECT_EQ(counters_.errors.by_code[static_cast<std::size_t>(Errc::network)].value, 1u);
  EXPECT_TRUE(degraded());
}

// The client of the daemon, as it is: what an intake says in 60 MB is not kept.
TEST_F(Faults, PeakMemoryOfAnAnswerWithoutAnEnd) {
  const std::string block(64 << 10, 'x');
  ScriptedServer server(
      {{read_request(),
        fakes::script::send("HTTP/1.1 202 Accepted\r\nContent-Length: 60000000\r\n\r\n"),
        [&](fakes::Peer& peer) {
          for (int i = 0; i < 900 && peer.send(block); ++i) {
          }
          return false;
        }}});
  start(server.url());
  const fakes::PeakMemory memory;
  submit("x");
  ASSERT_TRUE(run_until([&] { return degraded(); }));
  EXPECT_EQ(counters_.sent.value, 0u);
  EXPECT_EQ(forwarder_->queued_bytes() > 0, true);  // to be tried again
  EXPECT_LT(memory.peak(), 512 << 10);
}

}  // namespace
}  // namespace remora::forwarder
