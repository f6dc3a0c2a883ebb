// The check against servers that do what a script says: what it asks for, what it makes of the
// answer, and of everything that is none.
#include "remora/checks/openmetrics/openmetrics.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <fstream>

#include "checks/http/check_run.hpp"
#include "checks/http/odd_replies.hpp"
#include "fakes/free_port.hpp"
#include "fakes/scripted_server.hpp"
#include "fakes/temporary_directory.hpp"
#include "remora/core/ascii.hpp"

namespace remora::checks {
namespace {

using namespace fakes::script;
using fakes::Script;
using fakes::ScriptedServer;
using fakes::TemporaryDirectory;
using model::CheckStatus;
using model::Map;
using model::Value;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr const char* kText = "Content-Type: text/plain; version=0.0.4\r\n";
constexpr const char* kOpenMetrics =
    "Content-Type: application/openmetrics-text; version=1.0.0; charset=utf-8\r\n";
constexpr const char* kPage =
    "# TYPE hits_total counter\nhits_total{code=\"200\"} 5\n# TYPE temp gauge\ntemp 21.5\n";

Value list(Value::List items) { return Value(std::move(items)); }
Value everything() { return list({".*"}); }

Script page(std::string body, std::string headers = kText) {
  return {read_request(), answer(200, std::move(body), std::move(headers))};
}

class OpenmetricsTest : public CheckRun {
 protected:
  OpenmetricsTest() : CheckRun(kOpenmetrics) {}
  static Map at(const std::string& url, Map more = {}) {
    Map instance{{"openmetrics_endpoint", url}, {"namespace", "app"}, {"metrics", everything()}};
    for (const model::MapEntry& entry : more.entries()) instance.set(entry.key, entry.value);
    return instance;
  }
  static Map legacy_at(const std::string& url, Map more = {}) {
    Map instance{{"prometheus_url", url}, {"namespace", "app"}, {"metrics", list({"*"})}};
    for (const model::MapEntry& entry : more.entries()) instance.set(entry.key, entry.value);
    return instance;
  }
  void expect_run(Map instance) {
    const auto done = run(std::move(instance));
    EXPECT_TRUE(done) << done.error().message();
  }
  std::string golden(const ScriptedServer& server) const {
    return sender_.golden({{"endpoint:" + server.url() + "/metrics", "endpoint:URL"}});
  }
};

TEST_F(OpenmetricsTest, SubmitsThePageAndTheHealthOfItsEndpoint) {
  ScriptedServer server({page(kPage)});
  expect_run(at(server.url() + "/metrics"));
  EXPECT_EQ(golden(server),
            "check app.openmetrics.health ok endpoint:URL\n"
            "gauge app.temp endpoint:URL\n"
            "monotonic_count app.hits.count code:200,endpoint:URL\n");
  EXPECT_EQ(sender_.value("app.hits.count"), 5);
  EXPECT_EQ(sender_.value("app.temp"), 21.5);
  EXPECT_THAT(sender_.warnings, IsEmpty());
  EXPECT_THAT(server.requests().at(0), testing::StartsWith("GET /metrics HTTP/1.1\r\n"));
}

TEST_F(OpenmetricsTest, ThePrometheusUrlHasAnEngineOfItsOwn) {
  ScriptedServer server({page(kPage)});
  expect_run(legacy_at(server.url() + "/metrics", {{"metrics", list({"hits_total", "temp"})}}));
  EXPECT_EQ(golden(server),
            "check app.prometheus.health ok endpoint:URL\n"
            "gauge app.temp\n"
            "monotonic_count app.hits_total code:200\n");
  // With both URLs the newer engine runs.
  Map both = at(server.url() + "/metrics", {{"prometheus_url", "http://127.0.0.1:1/"}});
  expect_run(both);
  EXPECT_EQ(sender_.value("app.hits.count"), 5);
}

TEST_F(OpenmetricsTest, WithoutANamespaceNamesAreThoseOfThePage) {
  for (const Value& none : {Value(""), Value()}) {
    ScriptedServer server({page(kPage)});
    expect_run(at(server.url() + "/metrics", {{"namespace", none}}));
    EXPECT_EQ(golden(server),
              "check openmetrics.health ok endpoint:URL\n"
              "gauge temp endpoint:URL\n"
              "monotonic_count hits.count code:200,endpoint:URL\n");
  }
  ScriptedServer server({page(kPage)});
  expect_run(legacy_at(server.url(), {{"namespace", ""}}));
  EXPECT_NE(sender_.check("prometheus.health"), nullptr);
  EXPECT_EQ(sender_.value("hits_total"), 5);
}

TEST_F(OpenmetricsTest, OptionsWrittenAsTextHaveTheirEffect) {
  ScriptedServer server({page(kPage)});
  expect_run(at(server.url(), {{"tag_by_endpoint", "false"},
                               {"enable_health_service_check", "no"},
                               {"metrics", "temp"},
                               {"telemetry", "true"},
                               {"timeout", "5"}}));
  EXPECT_THAT(sender_.service_checks, IsEmpty());
  EXPECT_EQ(sender_.golden(),
            "count app.telemetry.metrics.blacklist.count\n"
            "count app.telemetry.metrics.ignored.count\n"
            "count app.telemetry.metrics.input.count\n"
            "count app.telemetry.metrics.processed.count\n"
            "gauge app.telemetry.payload.size\n"
            "gauge app.temp\n");
  EXPECT_EQ(sender_.value("app.telemetry.payload.size"), std::string_view(kPage).size());
  ScriptedServer old({page(kPage)});
  expect_run(legacy_at(old.url(), {{"health_service_check", "false"}, {"telemetry", "1"}}));
  EXPECT_THAT(sender_.service_checks, IsEmpty());
  EXPECT_EQ(sender_.value("app.telemetry.payload.size"), std::string_view(kPage).size());
}

TEST_F(OpenmetricsTest, TelemetryCountsAPageOfUnknownLength) {
  ScriptedServer server(
      {{read_request(), fakes::script::send(std::string("HTTP/1.1 200 X\r\n\r\n") + kPage)}});
  expect_run(at(server.url(), {{"telemetry", true}}));
  EXPECT_EQ(sender_.value("app.telemetry.payload.size"), std::string_view(kPage).size());
}

TEST_F(OpenmetricsTest, ReadsAPageBehindAnOddHead) {
  for (const OddReply& reply : odd_replies(kPage, kText)) {
    if (reply.bytes.find(" 204") != std::string::npos) continue;
    SCOPED_TRACE(reply.what);
    ScriptedServer server({{read_request(), fakes::script::send(reply.bytes)}});
    expect_run(at(server.url() + "/metrics"));
    EXPECT_EQ(sender_.value("app.hits.count"), 5);
    EXPECT_EQ(sender_.value("app.temp"), 21.5);
  }
}

TEST_F(OpenmetricsTest, AsksForTextUnlessToldOtherwise) {
  struct Row {
    int line;
    Map more;
    bool legacy;
    const char* accept;
  };
  const Row rows[] = {
      {__LINE__, {}, false, "text/plain"},
      {__LINE__,
       {{"use_latest_spec", "true"}},
       false,
       "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1"},
      {__LINE__, {{"headers", Map{{"X-Other", "1"}}}}, false, "text/plain"},
      {__LINE__, {{"headers", Map{{"accept", "a/b"}}}}, false, "a/b"},
      {__LINE__, {{"extra_headers", Map{{"ACCEPT", "c/d"}}}}, false, "c/d"},
      {__LINE__, {}, true, "text/plain"},
      {__LINE__, {{"extra_headers", Map{{"Accept", "e/f"}}}}, true, "e/f"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.line);
    ScriptedServer server({page("# EOF\n", kOpenMetrics)});
    expect_run(row.legacy ? legacy_at(server.url(), row.more) : at(server.url(), row.more));
    std::string request = core::ascii_lower(server.requests().at(0));
    const std::size_t accept = request.find("\r\naccept: ");
    ASSERT_NE(accept, std::string::npos) << request;
    EXPECT_EQ(request.substr(accept + 10, request.find("\r\n", accept + 2) - accept - 10),
              row.accept);
    EXPECT_EQ(request.find("\r\naccept: ", accept + 1), std::string::npos);
  }
}

TEST_F(OpenmetricsTest, TheContentTypeChoosesTheGrammar) {
  const std::string text =
      "# free text\n# TYPE a counter\na_total 1\n# TYPE b counter\nb 2\n# EOF\n";
  ScriptedServer plain({page(text)});
  expect_run(at(plain.url()));
  EXPECT_EQ(sender_.value("app.b.count"), 2);
  EXPECT_THAT(sender_.warnings, IsEmpty());  // OpenMetrics has no free text
  ScriptedServer open({page("# TYPE a counter\na_total 1 # {id=\"7\"} 1\n# EOF\n", kOpenMetrics)});
  expect_run(at(open.url()));
  EXPECT_EQ(sender_.value("app.a.count"), 1);
  EXPECT_THAT(sender_.warnings, IsEmpty());
  ScriptedServer cut({page("# TYPE a counter\na_total 1\n", kOpenMetrics)});
  expect_run(at(cut.url()));
  EXPECT_EQ(sender_.value("app.a.count"), 1);
  EXPECT_THAT(sender_.warnings, ElementsAre(HasSubstr("no `# EOF`")));
}

TEST_F(OpenmetricsTest, AByteOrderMarkIsNoPartOfThePage) {
  for (const bool legacy : {false, true}) {
    ScriptedServer server({page("\xef\xbb\xbf# TYPE a gauge\na 1\n# TYPE b gauge\nb 2\n")});
    expect_run(legacy ? legacy_at(server.url()) : at(server.url()));
    EXPECT_EQ(sender_.value("app.a"), 1);
    EXPECT_EQ(sender_.value("app.b"), 2);
    EXPECT_THAT(sender_.warnings, IsEmpty());
  }
}

TEST_F(OpenmetricsTest, TagsAreUtf8WhateverTheCharset) {
  const std::string text = "# TYPE a gauge\na{city=\"Z\xfcrich\"} 1\n";
  ScriptedServer latin({page(text, "Content-Type: text/plain; charset=ISO-8859-1\r\n")});
  expect_run(at(latin.url()));
  EXPECT_EQ(sender_.value("app.a", "city:Z\u00fcrich"), 1);
  EXPECT_THAT(sender_.warnings, IsEmpty());
  ScriptedServer other(
      {page("# TYPE a gauge\na 1\n", "Content-Type: text/plain; charset=big5\r\n")});
  expect_run(at(other.url()));
  EXPECT_EQ(sender_.value("app.a"), 1);
  EXPECT_THAT(sender_.warnings, ElementsAre(HasSubstr("charset `big5`")));
}

// Silence is what operators complain about most.
TEST_F(OpenmetricsTest, SaysWhenNothingOfThePageMatches) {
  ScriptedServer server(
      {page("# TYPE http_requests_total counter\nhttp_requests_total 1\n"
            "# TYPE temp gauge\ntemp 1\n# TYPE took histogram\n"
            "took_bucket{le=\"+Inf\"} 1\ntook_sum 1\ntook_count 1\n"
            "# TYPE up gauge\nup 1\n")});
  expect_run(at(server.url(), {{"metrics", list({"http_requests_total", "tmep", "took_bucket"})}}));
  EXPECT_THAT(
      sender_.warnings,
      ElementsAre(
          "nothing of the page matches `metrics`: `http_requests_total` (nearest: "
          "`http_requests`, counters are named without `_total`); `tmep` (nearest: `temp`); "
          "`took_bucket` (nearest: `took`, a histogram is named as a whole). The page has "
          "`http_requests`, `temp`, `took` and 1 more"));
  EXPECT_THAT(sender_.notes, IsEmpty());
  expect_run(legacy_at(server.url(), {{"metrics", list({"Temp", "foo_*"})}}));
  EXPECT_THAT(
      sender_.warnings,
      ElementsAre("nothing of the page matches `metrics`: `Temp` (nearest: `temp`); "
                  "`foo_*`. The page has `http_requests_total`, `temp`, `took` and 1 more"));
  ScriptedServer empty({page("")});
  expect_run(at(empty.url(), {{"metrics", list({".+"})}}));
  EXPECT_THAT(sender_.warnings,
              ElementsAre("nothing of the page matches `metrics`: `.+`. The page has no metric at "
                          "all"));
}

TEST_F(OpenmetricsTest, NotesWhatIsLeftOutWhileTheRestIsSent) {
  const std::string text =
      "# TYPE a gauge\na 1\nu 2\nv 3\n# TYPE b gauge\nb 1\n# TYPE hits_total counter\n"
      "hits_total 5\n";
  ScriptedServer server({page(text)});
  expect_run(at(server.url(), {{"metrics", list({"a", "u", "c", "^nothing"})}}));
  EXPECT_THAT(sender_.warnings, IsEmpty());
  EXPECT_THAT(
      sender_.notes,
      ElementsAre("2 of 4 entries of `metrics` match nothing of the page: `c`; `^nothing`. The "
                  "page has `a`, `u`, `v` and 2 more",
                  "without a type on the page, and left out: `u`; give them a `type` in "
                  "`metrics`, such as gauge or counter"));
  expect_run(legacy_at(server.url(), {{"metrics", list({"a", "u", "v", "hits"})}}));
  EXPECT_THAT(sender_.warnings, IsEmpty());
  EXPECT_THAT(sender_.notes,
              ElementsAre("without a type on the page, and left out: `u`, `v`; give them a type in "
                          "`type_overrides`, such as gauge or counter"));
  expect_run(at(server.url(), {{"metrics", list({"a", "b", "hits"})}}));
  EXPECT_THAT(sender_.notes, IsEmpty());
  // All that is asked for has no type: nothing is sent, which is worth a warning.
  expect_run(at(server.url(), {{"metrics", list({"u"})}}));
  EXPECT_THAT(sender_.warnings, ElementsAre(HasSubstr("left out: `u`")));
}

TEST_F(OpenmetricsTest, TheRemarkEndsWithItsCause) {
  ScriptedServer server({page("# TYPE other gauge\nother 1\n"), page("# TYPE a gauge\na 1\n")});
  make(at(server.url(), {{"metrics", list({"a"})}}));
  ASSERT_TRUE(run());
  EXPECT_EQ(sender_.warnings.size(), 1u);
  ASSERT_TRUE(run());
  EXPECT_THAT(sender_.warnings, IsEmpty());
}

TEST_F(OpenmetricsTest, LinesThatCannotBeReadAreOneWarning) {
  ScriptedServer server({page("# TYPE a gauge\na 1\na{ 2\na{x=\"y\"} z\na{x=\"z\"} 4\n")});
  expect_run(at(server.url()));
  EXPECT_EQ(sender_.count("app.a"), 2u);
  ASSERT_EQ(sender_.warnings.size(), 1u);
  EXPECT_THAT(sender_.warnings[0],
              testing::MatchesRegex("2 of 5 lines of the page cannot be read. Line 3: .*: a. 2"));
  ScriptedServer html({page("<html>\n<h1>Welcome</h1>\n</html>\n", "Content-Type: text/html\r\n")});
  expect_run(at(html.url()));
  EXPECT_THAT(sender_.warnings,
              ElementsAre(testing::AllOf(HasSubstr("3 of 3 lines"), HasSubstr("no sample at all"),
                                         HasSubstr("text/html"))));
  EXPECT_EQ(sender_.check("app.openmetrics.health")->status, CheckStatus::ok);
}

// Lines of 200 kB that are quickly read, `megabytes` of them.
fakes::Step send_comments(int megabytes) {
  return [megabytes](fakes::Peer& p) {
    std::string line = "# " + std::string(200'000, 'x') + '\n';
    std::string piece;
    while (piece.size() < 1'000'000) piece += line;
    for (int i = 0; i < megabytes; ++i) {
      if (!p.send(piece)) return false;
    }
    return true;
  };
}
fakes::Step send_head() { return fakes::script::send("HTTP/1.1 200 OK\r\n\r\n"); }

TEST_F(OpenmetricsTest, FailsWithItsReasonAndTheHealthOfTheEndpoint) {
  struct Row {
    int line;
    Script script;
    Errc code;
    const char* message;
    CheckStatus health;   ///< the head of the answer decides, as with the Agent
    double timeout = 20;  ///< seconds
  };
  const Row rows[] = {
      {__LINE__,
       {read_request(), answer(403, "denied")},
       Errc::http_status,
       "status 403",
       CheckStatus::critical},
      {__LINE__,
       {read_request(), answer(500, kPage)},
       Errc::http_status,
       "status 500",
       CheckStatus::critical},
      {__LINE__, {read_request(), stall()}, Errc::timeout, "", CheckStatus::critical, 0.2},
      {__LINE__, {read_request()}, Errc::network, "", CheckStatus::critical},
      {__LINE__, {read_request(), reset()}, Errc::network, "", CheckStatus::critical},
      {__LINE__,
       {read_request(), fakes::script::send("garbage\r\n\r\n")},
       Errc::malformed_payload,
       "",
       CheckStatus::critical},
      {__LINE__,
       {read_request(), answer(302, "", "Location: /\r\n")},
       Errc::network,
       "redirects",
       CheckStatus::critical},
      {__LINE__,
       {read_request(), answer(302, "", "Location: http://169.254.170.2/\r\n")},
       Errc::unauthorized,
       "metadata",
       CheckStatus::critical},
      {__LINE__,
       {read_request(), answer(200, "x", "Content-Encoding: gzip\r\n")},
       Errc::malformed_payload,
       "",
       CheckStatus::ok},
      {__LINE__, {read_request(), send_head(), stall()}, Errc::timeout, "", CheckStatus::ok, 1},
      {__LINE__,
       {read_request(), fakes::script::send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n# HE")},
       Errc::network,
       "",
       CheckStatus::ok},
  };
  for (const bool legacy : {false, true}) {
    for (const Row& row : rows) {
      SCOPED_TRACE(row.line);
      ScriptedServer server(std::vector<Script>{row.script});
      const std::string url = server.url() + "/metrics?token=secret";
      const Map more{{"timeout", row.timeout}};
      const auto done = run(legacy ? legacy_at(url, more) : at(url, more));
      ASSERT_FALSE(done);
      EXPECT_EQ(to_string(done.error().code()), to_string(row.code)) << done.error().message();
      EXPECT_THAT(done.error().message(),
                  testing::StartsWith("There was an error scraping endpoint " + server.url() +
                                      "/metrics: "));
      EXPECT_THAT(done.error().message(), HasSubstr(row.message));
      EXPECT_THAT(done.error().message(), Not(HasSubstr("secret")));
      ASSERT_EQ(sender_.service_checks.size(), 1u);
      EXPECT_EQ(sender_.service_checks[0].status, row.health);
      EXPECT_EQ(sender_.service_checks[0].message.empty(), row.health == CheckStatus::ok);
      EXPECT_THAT(sender_.values, IsEmpty());
    }
  }
}

TEST_F(OpenmetricsTest, KeepsWhatCameBeforeThePageBrokeOff) {
  ScriptedServer server({{read_request(),
                          fakes::script::send("HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n"
                                              "# TYPE a gauge\na{n=\"1\"} 1\na{n=\"2\"} 12"),
                          reset()}});
  const auto done = run(at(server.url()));
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code(), Errc::network);
  ASSERT_EQ(sender_.count("app.a"), 1u);  // the last line may be 123 whole
  EXPECT_EQ(sender_.value("app.a", "n:1"), 1);
}

TEST_F(OpenmetricsTest, ReadsPagesOf100MegabytesAndRefusesThoseOf270) {
  ScriptedServer large({{read_request(), send_head(), send_comments(100),
                         fakes::script::send("# TYPE last gauge\nlast 1\n")}});
  expect_run(at(large.url(), {{"timeout", 60}}));
  EXPECT_EQ(sender_.value("app.last"), 1);
  EXPECT_THAT(sender_.warnings, IsEmpty());
  ScriptedServer larger(
      {{read_request(), fakes::script::send("HTTP/1.1 200 OK\r\n"
                                            "Content-Length: 270000000\r\n\r\n")}});
  const auto done = run(at(larger.url()));
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code(), Errc::too_large);
}

TEST_F(OpenmetricsTest, TooManyFamiliesAreNamedAndTheFirstOnesKept) {
  const fakes::Step families = [](fakes::Peer& p) {
    std::string piece = "# TYPE first gauge\nfirst 1\n";
    for (int i = 0; i < 250'000; ++i) {
      piece += "f" + std::to_string(i) + " 1\n";
      if (piece.size() < 60'000) continue;
      if (!p.send(piece)) return false;
      piece.clear();
    }
    return p.send(piece);
  };
  ScriptedServer server({{read_request(), send_head(), families}});
  expect_run(at(server.url(), {{"timeout", 60}}));
  EXPECT_EQ(sender_.value("app.first"), 1);
  EXPECT_THAT(sender_.warnings,
              ElementsAre("the page is too long: only its first 200000 families are read"));
}

TEST_F(OpenmetricsTest, AnEndpointThatIsNotThereMayBeAWarningOnly) {
  const Map ignoring{{"ignore_connection_errors", "true"}, {"timeout", 1}};
  const std::string url = "http://127.0.0.1:" + std::to_string(fakes::free_port()) + "/metrics";
  expect_run(at(url, ignoring));
  EXPECT_EQ(sender_.check("app.openmetrics.health")->status, CheckStatus::critical);
  EXPECT_THAT(sender_.warnings, ElementsAre(testing::StartsWith("OpenMetrics endpoint " + url +
                                                                " is not accessible: ")));
  // An answer is a connection.
  ScriptedServer server({{read_request(), answer(503)}});
  EXPECT_FALSE(run(at(server.url(), ignoring)));
  EXPECT_FALSE(run(at(url)));
}

TEST_F(OpenmetricsTest, FirstValuesCountAfterAScrapeThatWorked) {
  const Script good = page("# TYPE c counter\nc 1\n# TYPE h histogram\nh_bucket{le=\"1\"} 1\n");
  const Script bad{read_request(), answer(503)};
  const Script cut{read_request(),
                   fakes::script::send("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n# T")};
  struct Row {
    const Script& script;
    bool works, flush;
  };
  const Row rows[] = {{bad, false, false}, {good, true, false}, {good, true, true},
                      {bad, false, false}, {good, true, false}, {good, true, true},
                      {cut, false, false}, {good, true, false}, {good, true, true}};
  std::vector<Script> scripts;
  for (const Row& row : rows) scripts.push_back(row.script);
  ScriptedServer server(scripts);
  make(at(server.url(), {{"histogram_buckets_as_distributions", true}}));
  for (const Row& row : rows) {
    SCOPED_TRACE(&row - rows);
    ASSERT_EQ(static_cast<bool>(run()), row.works);
    ASSERT_EQ(sender_.count(SubmitKind::monotonic_count), row.works ? 1u : 0u);
    ASSERT_EQ(sender_.count(SubmitKind::bucket), row.works ? 1u : 0u);
    for (const auto& value : sender_.values) EXPECT_EQ(value.flush_first, row.flush);
  }
}

TEST_F(OpenmetricsTest, TheOlderEngineKeepsItsDecisionOverAFailure) {
  ScriptedServer server({page("# TYPE c counter\nc 1\n"),
                         {read_request(), answer(503)},
                         page("# TYPE c counter\nc 1\n")});
  make(legacy_at(server.url()));
  ASSERT_TRUE(run());
  EXPECT_FALSE(sender_.find("app.c")->flush_first);
  ASSERT_FALSE(run());
  ASSERT_TRUE(run());
  EXPECT_TRUE(sender_.find("app.c")->flush_first);
}

TEST_F(OpenmetricsTest, ARunThatIsEndedSaysNothingOfTheServer) {
  ScriptedServer server(
      {{read_request(), stall()},
       page("# TYPE c counter\nc 1\n"),
       {read_request(), send_head(), fakes::script::send("# TYPE c counter\nc 1\n"), stall()},
       page("# TYPE c counter\nc 1\n")});
  make(at(server.url()));
  const auto end_when = [&](auto reached) {
    sender_.clear();
    asio::cancellation_signal signal;
    bool ended = false;
    io_.restart();
    asio::co_spawn(io_, check_->run(sender_),
                   asio::bind_cancellation_slot(
                       signal.slot(), [&](std::exception_ptr, Result<void>) { ended = true; }));
    while (!reached()) io_.poll_one();
    signal.emit(asio::cancellation_type::terminal);
    while (!ended) io_.run_one();
    EXPECT_THAT(sender_.service_checks, IsEmpty());
    EXPECT_THAT(sender_.warnings, IsEmpty());
  };
  end_when([&] { return server.requests().size() == 1; });
  ASSERT_TRUE(run());
  EXPECT_FALSE(sender_.find("app.c.count")->flush_first);
  end_when([&] { return sender_.count("app.c.count") == 1; });
  ASSERT_TRUE(run());
  EXPECT_FALSE(sender_.find("app.c.count")->flush_first);
}

TEST_F(OpenmetricsTest, ServiceChecksAndFactsOfThePage) {
  ScriptedServer server(
      {page("# TYPE up gauge\nup{x=\"1\"} 2\n"
            "# TYPE node gauge\nnode{host=\"h1\"} 1\n"
            "# TYPE build gauge\nbuild{v=\"1.2.3\"} 1\n")});
  expect_run(
      at(server.url() + "/metrics",
         {{"metrics",
           list({Map{{"up", Map{{"type", "service_check"},
                                {"status_map", Map{{"1", "OK"}, {"2", "critical"}}}}},
                     {"build", Map{{"type", "metadata"}, {"label", "v"}, {"name", "version"}}}},
                 "node"})},
          {"hostname_label", "host"}}));
  EXPECT_EQ(sender_.check("app.up")->status, CheckStatus::critical);
  EXPECT_THAT(sender_.check("app.up")->tags, ElementsAre("endpoint:" + server.url() + "/metrics"));
  EXPECT_THAT(sender_.facts, ElementsAre(testing::Pair("version", "1.2.3")));
  EXPECT_EQ(sender_.find("app.node")->host, "h1");
}

TEST_F(OpenmetricsTest, NoPasswordInTagsErrorsOrMessages) {
  ScriptedServer server({page(kPage), {read_request(), answer(500)}});
  const std::string port = std::to_string(server.port());
  make(at("http://user:s3cret@127.0.0.1:" + port + "/metrics"));
  ASSERT_TRUE(run());
  EXPECT_THAT(server.requests().at(0), HasSubstr("Authorization: Basic "));
  EXPECT_TRUE(sender_.find("app.temp")->has_tag("endpoint:http://127.0.0.1:" + port + "/metrics"));
  const auto done = run();
  ASSERT_FALSE(done);
  for (const std::string& text : {done.error().message(), sender_.service_checks[0].message,
                                  sender_.service_checks[0].tags[0]}) {
    EXPECT_THAT(text, Not(HasSubstr("s3cret")));
  }
}

TEST_F(OpenmetricsTest, BearerTokensOfTheOlderEngineAreReadAtEveryRequest) {
  const TemporaryDirectory directory;
  const std::string path = directory.path("token");
  const auto write = [&](const char* token) { std::ofstream(path) << token << '\n'; };
  ScriptedServer server({page(kPage)});
  write("first");
  make(legacy_at(server.url(), {{"bearer_token_auth", "true"}, {"bearer_token_path", path}}));
  ASSERT_TRUE(run());
  EXPECT_THAT(server.requests().at(0), HasSubstr("Authorization: Bearer first\r\n"));
  write("second");
  ASSERT_TRUE(run());
  EXPECT_THAT(server.requests().at(1), HasSubstr("Authorization: Bearer second\r\n"));

  for (const Map& none : {Map{{"bearer_token_auth", "tls_only"}, {"bearer_token_path", path}},
                          Map{{"bearer_token_auth", false}, {"bearer_token_path", path}},
                          Map{{"bearer_token_path", path}}}) {
    expect_run(legacy_at(server.url(), none));
    EXPECT_THAT(server.requests().back(), Not(HasSubstr("Authorization")));
  }
  const auto missing = run(legacy_at(
      server.url(), {{"bearer_token_auth", true}, {"bearer_token_path", directory.path("none")}}));
  ASSERT_FALSE(missing);
  EXPECT_THAT(missing.error().message(),
              testing::AllOf(HasSubstr("bearer_token_path: "), HasSubstr("none: no such file")));
  const auto standard = run(legacy_at(server.url(), {{"bearer_token_auth", true}}));
  ASSERT_FALSE(standard);
  EXPECT_THAT(standard.error().message(),
              HasSubstr("/var/run/secrets/kubernetes.io/serviceaccount/token"));
}

TEST_F(OpenmetricsTest, BearerTokensForTlsAloneGoToHttps) {
  const TemporaryDirectory directory;
  const fakes::TestCa ca;
  ca.write_bundle(directory.path("ca.pem"));
  std::ofstream(directory.path("token")) << "abc";
  ScriptedServer server({{tls(ca.issue("127.0.0.1")), read_request(), answer(200, kPage, kText)}});
  const std::string url = server.url("https");
  expect_run(legacy_at(url, {{"ssl_ca_cert", directory.path("ca.pem")},
                             {"bearer_token_auth", "tls_only"},
                             {"bearer_token_path", directory.path("token")}}));
  EXPECT_THAT(server.requests().at(0), HasSubstr("Authorization: Bearer abc\r\n"));
}

TEST_F(OpenmetricsTest, OlderNamesOfTheTlsOptionsAndTheTimeout) {
  const fakes::TestCa ca;
  ScriptedServer server({{tls(ca.issue("127.0.0.1")), read_request(), answer(200, kPage, kText)}});
  const std::string url = server.url("https");
  const auto refused = run(legacy_at(url));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Errc::tls);
  EXPECT_EQ(sender_.service_checks.at(0).status, CheckStatus::critical);
  expect_run(legacy_at(url, {{"ssl_verify", "false"}}));
  expect_run(legacy_at(url, {{"ssl_ca_cert", false}}));
  EXPECT_FALSE(run(legacy_at(url, {{"ssl_verify", false}, {"tls_verify", true}})));
  // The newer engine does not know them.
  EXPECT_FALSE(run(at(url, {{"ssl_verify", false}})));
  expect_run(at(url, {{"tls_verify", false}}));

  ScriptedServer slow({{read_request(), stall()}});
  const auto late = run(legacy_at(slow.url(), {{"prometheus_timeout", "1"}}));
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code(), Errc::timeout);
}

TEST_F(OpenmetricsTest, RefusesWhatItCannotRead) {
  expect_refused({}, Errc::invalid_config, "`openmetrics_endpoint` is missing");
  expect_refused(at("localhost/metrics"), Errc::invalid_config, "`openmetrics_endpoint`: ");
  expect_refused(at("http://h/", {{"openmetrics_endpoint", Map{}}}), Errc::invalid_config,
                 "`openmetrics_endpoint` is an object");
  expect_refused(legacy_at("ftp://h/"), Errc::invalid_config, "`prometheus_url`: ");
  expect_refused(at("http://h/", {{"metrics", Map{}}}), Errc::invalid_config, "`metrics`");
  expect_refused(at("http://h/", {{"metrics", list({"(a"})}}), Errc::invalid_config, "`(a`");
  expect_refused(at("http://h/", {{"exclude_metrics", list({"a(?=b)"})}}), Errc::invalid_config,
                 "exclude_metrics");
  expect_refused(at("http://h/", {{"auth_type", "kerberos"}}), Errc::unsupported, "auth_type");
  expect_refused(at("http://h/", {{"timeout", "soon"}}), Errc::invalid_config, "timeout");
  expect_refused(legacy_at("http://h/", {{"namespace", nullptr}}), Errc::invalid_config,
                 "`namespace` is missing");
  expect_refused(legacy_at("http://h/", {{"bearer_token_path", Map{}}}), Errc::invalid_config,
                 "`bearer_token_path`");
  expect_refused(legacy_at("http://h/", {{"label_joins", Map{{"a", Map{{"labels_to_get", "b"}}}}}}),
                 Errc::invalid_config, "label_joins: `a`: labels_to_match");
}

}  // namespace
}  // namespace remora::checks
