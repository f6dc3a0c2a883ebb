#include "agent/dogstatsd_answers.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "dogstatsd/task_tagger.hpp"
#include "fakes/allocation_counter.hpp"
#include "fakes/fake_clock.hpp"
#include "fakes/run_coroutine.hpp"
#include "fakes/temporary_directory.hpp"
#include "remora/dogstatsd/enricher.hpp"
#include "remora/dogstatsd/process_containers.hpp"

namespace remora::agent {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using testing::HasSubstr;

class DogstatsdAnswers : public testing::Test {
 protected:
  void send(std::string_view bytes) {
    dogstatsd::Packet packet;
    packet.bytes = bytes;
    server_.on_packets(std::span<const dogstatsd::Packet>(&packet, 1));
  }
  api::IpcReply ask(std::string request) {
    return fakes::run(answer_dogstatsd(&inspected_, std::move(request)));
  }
  static metrics::TimeSamplerOptions limits() {
    metrics::TimeSamplerOptions options;
    options.max_contexts = 50'000;
    return options;
  }

  fakes::FakeClock clock_;
  fakes::TemporaryDirectory temporary_;
  const std::string directory_ = temporary_.path();
  std::vector<std::string> warnings_;
  telemetry::DogstatsdCounters counters_;
  telemetry::SamplerCounters sampler_counters_;
  dogstatsd::TaskTagger task_;
  dogstatsd::Origins origins_{{}, task_.tagger, counters_, nullptr};
  dogstatsd::Enricher enricher_{{}, origins_, warnings_};
  dogstatsd::ProcessContainers processes_{clock_, "/nowhere", "/nowhere"};
  metrics::TimeSampler sampler_{limits(), sampler_counters_};
  dogstatsd::Server server_{{}, enricher_, origins_, processes_, sampler_, clock_, counters_};
  dogstatsd::MetricStats stats_;
  dogstatsd::Capture capture_{{directory_}, clock_};
  DogstatsdInspected inspected_{server_, sampler_, origins_, &stats_, capture_};
};

TEST_F(DogstatsdAnswers, StatsHaveThreeForms) {
  server_.count_into(&stats_);
  send("a:1|c|#x:1\na:2|c|#x:1\nb:1|g");
  EXPECT_THAT(ask("dogstatsd-stats").body, HasSubstr("\na                "));
  EXPECT_EQ(ask("dogstatsd-stats?format=text").body, stats_.text());
  EXPECT_EQ(ask("dogstatsd-stats?format=json").body, stats_.json());
  const auto pretty = ask("dogstatsd-stats?format=pretty-json");
  EXPECT_EQ(pretty.status, 200);
  EXPECT_THAT(pretty.body, HasSubstr("\n    \"count\": 2,"));
  EXPECT_EQ(Json::parse(pretty.body), Json::parse(stats_.json()));
}

TEST_F(DogstatsdAnswers, StatsThatAreOffSayWhatToSet) {
  inspected_.stats = nullptr;
  const auto reply = ask("dogstatsd-stats");
  EXPECT_EQ(reply.status, 400);
  EXPECT_THAT(reply.body, HasSubstr("DD_DOGSTATSD_METRICS_STATS_ENABLE"));
}

TEST_F(DogstatsdAnswers, TopHasTheMetricsWithMostContextsAndTheirTags) {
  for (int i = 0; i < 20; ++i) {
    send("many:1|c|#user:" + std::to_string(i) + ",half:" + std::to_string(i / 2) + ",env:x");
  }
  send("few:1|c|#a:1\nfew:1|c|#a:2\nfew:1|g");
  send("one:1|c");
  EXPECT_EQ(ask("dogstatsd-top").body,
            "   Contexts\tMetric name\t(number of unique values for each tag)\n"
            "         20\tmany\t(20 user, 10 half, 1 env)\n"
            "          3\tfew\t(2 a)\n"
            "          1\tone\t()\n");
  EXPECT_EQ(ask("dogstatsd-top?n=1&t=1").body,
            "   Contexts\tMetric name\t(number of unique values for each tag)\n"
            "         20\tmany\t(20 user, 11 values in 2 other tags)\n"
            "          4\t(other metrics)\n");
}

TEST_F(DogstatsdAnswers, NamesFromTheNetworkStayOneLineThatDrivesNoTerminal) {
  send(
      "evil\x1b[2J\rname:1|c|#\x9b"
      "31m\u202E:x");
  EXPECT_THAT(ask("dogstatsd-top?n=10&t=5").body,
              HasSubstr("1\tevil\\u001b[2J name\t(1 \xEF\xBF\xBD"
                        "31m\\u202e)\n"));
  stats_.seen("evil\x1b[2Jname", "\u2028tag", 0);
  EXPECT_THAT(ask("dogstatsd-stats?format=text").body, HasSubstr("evil\\u001b[2Jname"));
}

TEST_F(DogstatsdAnswers, TopNamesWhatWasRefused) {
  for (int i = 0; i < 50'010; ++i) send("explosion:1|c|#user:" + std::to_string(i));
  EXPECT_THAT(ask("dogstatsd-top?n=1").body,
              HasSubstr("      50000\texplosion\t(50000 user)\t10 more refused: over the limit\n"));
}

TEST_F(DogstatsdAnswers, ContextsAreLinesInTheFormOfTheAgentsDump) {
  send("a:1|c|#y:2,x:1,host:other\nt:1|ms");
  const auto reply = ask("dogstatsd-contexts");
  EXPECT_EQ(reply.status, 200);
  std::vector<Json> lines;
  for (std::size_t at = 0; at < reply.body.size();) {
    const auto end = reply.body.find('\n', at);
    lines.push_back(Json::parse(reply.body.substr(at, end - at)));
    at = end + 1;
  }
  ASSERT_EQ(lines.size(), 2u);
  if (lines[0]["Name"] != "a") std::swap(lines[0], lines[1]);
  EXPECT_EQ(lines[0]["Name"], "a");
  EXPECT_EQ(lines[0]["Host"], "other");
  EXPECT_EQ(lines[0]["Type"], "Counter");
  EXPECT_EQ(lines[0]["MetricTags"], Json::array({"x:1", "y:2"}));
  EXPECT_EQ(lines[0]["TaggerTags"], Json(origins_.tags(0)));
  EXPECT_EQ(lines[0]["LastSeen"], core::unix_seconds(clock_.wall()));
  EXPECT_EQ(lines[1]["Name"], "t");
  EXPECT_EQ(lines[1]["Type"], "Histogram");
}

TEST_F(DogstatsdAnswers, ContextsBeyondTheAnswerAreCounted) {
  for (int i = 0; i < 40'000; ++i) send("a.metric.with.some.name:1|c|#user:" + std::to_string(i));
  const auto reply = ask("dogstatsd-contexts");
  EXPECT_LE(reply.body.size(), 4u * 1024 * 1024);
  EXPECT_GT(reply.body.size(), 4u * 1024 * 1024 - 1000);
  const auto lines =
      static_cast<std::size_t>(std::count(reply.body.begin(), reply.body.end(), '\n'));
  const auto last = Json::parse(reply.body.substr(reply.body.rfind('\n', reply.body.size() - 2)));
  EXPECT_EQ(last["LeftOut"], 40'000 - (lines - 1));
}

// Regression: 1,800 such lines made sets of values of 525 MiB, in one turn of the loop.
TEST_F(DogstatsdAnswers, LinesWithThousandsOfTagKeysFitIntoTheBudgetOfAnAnswer) {
  for (int line = 0; line < 200; ++line) {
    std::string text = "m:1|c|#";
    for (int key = 0; key < 1'300; ++key) {
      text += "k" + std::to_string(key) + ":" + std::to_string(line) + ",";
    }
    send(text);
  }
  for (const std::string request :
       {"dogstatsd-top?n=1000&t=1000", "dogstatsd-contexts", "dogstatsd-stats"}) {
    asio::io_context io;
    std::size_t turns = 0;
    bool done = false;
    asio::co_spawn(
        io,
        [&]() -> asio::awaitable<void> {
          while (!done) {
            ++turns;
            co_await asio::post(no_throw);
          }
        },
        asio::detached);
    const fakes::PeakMemory memory;
    const auto reply = fakes::run(io, answer_dogstatsd(&inspected_, request));
    EXPECT_LT(memory.peak(), 9 << 20) << request;
    EXPECT_EQ(reply.status, 200) << reply.body;
    EXPECT_LE(reply.body.size(), 4u << 20) << request;
    if (request != "dogstatsd-stats") {
      EXPECT_GT(turns, 50u) << "the loop must get its turns";
    }
    done = true;
    io.run();
  }
  EXPECT_THAT(ask("dogstatsd-top").body, HasSubstr(" or more k"));
}

TEST_F(DogstatsdAnswers, OneWalkOverTheContextsAtATime) {
  for (int i = 0; i < 5'000; ++i) send("m:1|c|#user:" + std::to_string(i));
  asio::io_context io;
  std::vector<int> statuses;
  for (int i = 0; i < 2; ++i) {
    asio::co_spawn(
        io, answer_dogstatsd(&inspected_, "dogstatsd-top"),
        [&](std::exception_ptr, api::IpcReply reply) { statuses.push_back(reply.status); });
  }
  io.run();
  EXPECT_THAT(statuses, testing::ElementsAre(500, 200));
  EXPECT_EQ(ask("dogstatsd-top").status, 200);
}

TEST_F(DogstatsdAnswers, ACaptureSeesPacketsUntilItsTimeIsOver) {
  const auto reply = ask("dogstatsd-capture?duration=1.5&compressed=0");
  ASSERT_EQ(reply.status, 200) << reply.body;
  EXPECT_TRUE(fs::exists(reply.body));
  EXPECT_TRUE(reply.body.starts_with(directory_)) << reply.body;
  send("a:1|c");
  EXPECT_EQ(capture_.report().packets, 1u);
  EXPECT_EQ(ask("dogstatsd-capture").status, 400);  // one at a time
  clock_.advance(std::chrono::milliseconds(1500));
  tick_dogstatsd(inspected_);
  send("a:1|c");
  EXPECT_EQ(capture_.report().packets, 1u);
  EXPECT_EQ(capture_.report().ended, "duration");
  // A second one is given each packet once, also when nobody called tick.
  ASSERT_EQ(ask("dogstatsd-capture?duration=1").status, 200);
  clock_.advance(std::chrono::seconds(2));
  ASSERT_EQ(ask("dogstatsd-capture?duration=1").status, 200);
  send("a:1|c");
  EXPECT_EQ(capture_.report().packets, 1u);
}

struct BadRow {
  const char* name;
  const char* request;
  const char* text;
};
class RefusedCapture : public DogstatsdAnswers, public testing::WithParamInterface<BadRow> {};
TEST_P(RefusedCapture, SaysWhy) {
  const auto reply = ask(GetParam().request);
  EXPECT_EQ(reply.status, 400);
  EXPECT_THAT(reply.body, HasSubstr(GetParam().text));
  EXPECT_FALSE(capture_.running());
}
INSTANTIATE_TEST_SUITE_P(
    Requests, RefusedCapture,
    testing::Values(
        BadRow{"NoNumber", "dogstatsd-capture?duration=1m", "is not a number of seconds"},
        BadRow{"Zero", "dogstatsd-capture?duration=0", "is not a number of seconds"},
        BadRow{"Infinite", "dogstatsd-capture?duration=inf", "is not a number of seconds"},
        BadRow{"Long", "dogstatsd-capture?duration=7200", "1 ms to 3600 s"},
        BadRow{"Directory", "dogstatsd-capture?path=%2Fproc%2Fx", "/proc/x/datadog-capture-"}),
    [](const auto& row) { return row.param.name; });

TEST_F(DogstatsdAnswers, OtherRequestsAreUnknown) {
  EXPECT_EQ(ask("dogstatsd-x").status, 404);
  EXPECT_TRUE(is_dogstatsd_request("dogstatsd-top?n=1"));
  EXPECT_FALSE(is_dogstatsd_request("status?section=dogstatsd-top"));
}

TEST(DogstatsdAnswer, ThatIsSwitchedOffSaysSo) {
  const auto reply = fakes::run(answer_dogstatsd(nullptr, "dogstatsd-top"));
  EXPECT_EQ(reply.status, 400);
  EXPECT_THAT(reply.body, HasSubstr("DD_USE_DOGSTATSD"));
}

}  // namespace
}  // namespace remora::agent
