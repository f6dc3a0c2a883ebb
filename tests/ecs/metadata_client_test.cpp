#include "remora/ecs/metadata_client.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "fakes/ecs_fixture.hpp"
#include "fakes/fake_clock.hpp"
#include "fakes/fake_http_client.hpp"

namespace remora::ecs {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Strings = std::vector<std::string>;

constexpr const char* kTask = R"({"TaskARN":"arn:aws:ecs:r:1:task/c/t"})";

class MetadataClientTest : public testing::Test {
 protected:
  MetadataClientTest() {
    options.base.scheme = "http";
    options.base.host = "169.254.170.2";
    options.base.port = 80;
    options.base.target = "/v4/abc";
  }

  /// Runs `work` to its end; sleeps are jumped over.
  template <class T>
  T run(asio::awaitable<T> work) {
    std::optional<T> value;
    asio::co_spawn(io, std::move(work), [&](std::exception_ptr e, T v) {
      ASSERT_FALSE(e);
      value.emplace(std::move(v));
    });
    for (int steps = 0; !value && steps < 1000; ++steps) {
      io.restart();
      io.poll();
      if (!value && clock.sleepers() > 0) clock.advance(clock.next() - clock.now());
    }
    EXPECT_TRUE(value);
    return std::move(*value);
  }
  MetadataClient client() { return MetadataClient(http, clock, counters, options); }

  asio::io_context io;
  fakes::FakeHttpClient http;
  fakes::FakeClock clock;
  telemetry::EcsCounters counters;
  MetadataClientOptions options;
};

TEST_F(MetadataClientTest, AsksForTaskAndStatsBelowTheBaseWithoutAProxy) {
  http.reply(200, kTask);
  http.reply(200, R"({"a":null})");
  MetadataClient c = client();
  ASSERT_TRUE(run(c.task()));
  ASSERT_TRUE(run(c.stats()));
  EXPECT_EQ(http.urls(), (Strings{"http://169.254.170.2/v4/abc/task",
                                  "http://169.254.170.2/v4/abc/task/stats"}));
  EXPECT_FALSE(http.requests[0].use_proxy);
  EXPECT_EQ(http.requests[0].timeout, milliseconds(1000));
  EXPECT_EQ(http.requests[0].max_response_bytes, 4u * 1024 * 1024);
  EXPECT_EQ(counters.task_fetches.value, 1u);
  EXPECT_EQ(counters.stats_fetches.value, 1u);
  EXPECT_EQ(counters.errors.total(), 0u);
}

TEST_F(MetadataClientTest, AsksForTheTagsWithOneRequest) {
  http.reply(200, fakes::ecs_fixture("task_with_tags_errors.json"));
  MetadataClient c = client();
  const auto task = run(c.task_with_tags());
  EXPECT_EQ(task->task_tags.size(), 2u);
  EXPECT_FALSE(task->tags_complete);
  http.reply(500);
  EXPECT_EQ(run(c.task_with_tags()).error().code(), Errc::http_status);
  const std::string url = "http://169.254.170.2/v4/abc/taskWithTags";
  EXPECT_EQ(http.urls(), (Strings{url, url})) << "a failure is not repeated at once";
}

struct RetryCase {
  const char* name;
  int status;  // 0: no answer
  Errc errc;
  bool retried;
};
class MetadataClientRetry : public MetadataClientTest,
                            public testing::WithParamInterface<RetryCase> {};

TEST_P(MetadataClientRetry, RepeatsOnlyWhatMayPass) {
  if (GetParam().status == 0) {
    http.reply(fail(GetParam().errc, "x"));
  } else {
    http.reply(GetParam().status, "x");
  }
  http.reply(200, kTask);
  MetadataClient c = client();
  const auto task = run(c.task());
  EXPECT_EQ(task.has_value(), GetParam().retried);
  EXPECT_EQ(http.requests.size(), GetParam().retried ? 2u : 1u);
  EXPECT_EQ(counters.retries.value, GetParam().retried ? 1u : 0u);
  if (!task) {
    EXPECT_EQ(task.error().code(), GetParam().errc);
  }
}

INSTANTIATE_TEST_SUITE_P(Answers, MetadataClientRetry,
                         testing::Values(RetryCase{"Refused", 0, Errc::network, true},
                                         RetryCase{"Timeout", 0, Errc::timeout, true},
                                         RetryCase{"TooLarge", 0, Errc::too_large, false},
                                         RetryCase{"NotHttp", 0, Errc::malformed_payload, false},
                                         RetryCase{"Cancelled", 0, Errc::cancelled, false},
                                         RetryCase{"Early404", 404, Errc::http_status, true},
                                         RetryCase{"Status500", 500, Errc::http_status, true},
                                         RetryCase{"Status503", 503, Errc::http_status, true},
                                         RetryCase{"Status400", 400, Errc::http_status, false},
                                         RetryCase{"Status401", 401, Errc::http_status, false},
                                         RetryCase{"Status204", 204, Errc::http_status, false},
                                         RetryCase{"Status429", 429, Errc::http_status, false}),
                         [](const auto& c) { return c.param.name; });

TEST_F(MetadataClientTest, A404LaterThanAMinuteAfterTheStartIsFinal) {
  MetadataClient c = client();
  clock.advance(seconds(61));
  http.reply(404, R"("V4 task metadata handler: unable to get task arn from request")");
  const auto task = run(c.task());
  ASSERT_FALSE(task);
  EXPECT_EQ(task.error().message(),
            "task metadata endpoint answered /task with status 404: \"V4 task metadata handler: "
            "unable to get task arn from request\"");
  EXPECT_EQ(http.requests.size(), 1u);
}

TEST_F(MetadataClientTest, GivesUpAfterThreeSecondsOfDoublingWaits) {
  const auto start = clock.now();
  MetadataClient c = client();
  const auto task = run(c.task());
  ASSERT_FALSE(task);
  EXPECT_EQ(task.error().code(), Errc::network);
  EXPECT_EQ(http.requests.size(), 5u);  // at 0, 100, 300, 700 and 1500 ms; 3100 is too late
  EXPECT_EQ(clock.now() - start, milliseconds(1500));
  EXPECT_EQ(counters.retries.value, 4u);
  EXPECT_EQ(counters.errors.total(), 1u);
}

TEST_F(MetadataClientTest, QuotesAtMostTwoHundredBytesOfAnErrorText) {
  http.reply(400, std::string(300, 'a'));
  http.reply(400, "");
  MetadataClient c = client();
  EXPECT_EQ(
      run(c.task()).error().message(),
      "task metadata endpoint answered /task with status 400: \"" + std::string(200, 'a') + "\"");
  EXPECT_EQ(run(c.task()).error().message(),
            "task metadata endpoint answered /task with status 400: no text");
}

TEST_F(MetadataClientTest, LeavesTheEndpointAloneAfter429ForDoublingTimes) {
  MetadataClient c = client();
  const auto refused = [&] { return !run(c.task()); };
  http.reply(429, "rate exceeded");
  EXPECT_TRUE(refused());
  EXPECT_TRUE(refused());
  EXPECT_EQ(http.requests.size(), 1u);  // the second call did not leave
  EXPECT_EQ(run(c.stats()).error().code(), Errc::http_status);
  EXPECT_EQ(http.requests.size(), 1u);  // nor does another document

  for (const int wait : {1, 2, 4, 8, 16, 30, 30}) {
    const std::size_t before = http.requests.size();
    clock.advance(seconds(wait) - milliseconds(1));
    EXPECT_TRUE(refused());
    EXPECT_EQ(http.requests.size(), before) << wait;
    clock.advance(milliseconds(1));
    http.reply(429);
    EXPECT_TRUE(refused());
    EXPECT_EQ(http.requests.size(), before + 1) << wait;
  }
  EXPECT_EQ(counters.throttled.value, 8u);

  clock.advance(seconds(30));
  http.reply(200, kTask);
  EXPECT_TRUE(run(c.task()));
  http.reply(429);  // well again in between: starts at 1 s anew
  EXPECT_TRUE(refused());
  clock.advance(seconds(1));
  http.reply(200, kTask);
  EXPECT_TRUE(run(c.task()));
}

net::HttpResponse redirect(std::string location) {
  net::HttpResponse r(301, "");
  r.headers.emplace_back("location", std::move(location));
  return r;
}

struct RedirectCase {
  const char* name;
  const char* location;
  const char* followed;  // empty: not followed
};
class MetadataClientRedirect : public MetadataClientTest,
                               public testing::WithParamInterface<RedirectCase> {};

TEST_P(MetadataClientRedirect, StaysOnTheEndpoint) {
  http.otherwise = [&](const net::HttpRequest& r) -> fakes::FakeHttpClient::Answer {
    if (r.url.target == "/v4/abc/task") return redirect(GetParam().location);
    return net::HttpResponse(200, kTask);
  };
  MetadataClient c = client();
  const auto task = run(c.task());
  const std::string followed = GetParam().followed;
  EXPECT_EQ(task.has_value(), !followed.empty());
  EXPECT_EQ(http.urls().back(), followed.empty() ? "http://169.254.170.2/v4/abc/task" : followed);
}

INSTANTIATE_TEST_SUITE_P(
    Locations, MetadataClientRedirect,
    testing::Values(RedirectCase{"Path", "/v4/clean/task", "http://169.254.170.2/v4/clean/task"},
                    RedirectCase{"SameOrigin", "http://169.254.170.2/v4/clean/task",
                                 "http://169.254.170.2/v4/clean/task"},
                    RedirectCase{"OtherHost", "http://example.com/v4/clean/task", ""},
                    RedirectCase{"OtherPort", "http://169.254.170.2:81/v4/clean/task", ""},
                    RedirectCase{"NetworkPath", "//example.com/x", ""},
                    RedirectCase{"Missing", "", ""}),
    [](const auto& c) { return c.param.name; });

TEST_F(MetadataClientTest, FollowsOneRedirectOnly) {
  http.otherwise = [](const net::HttpRequest&) -> fakes::FakeHttpClient::Answer {
    return redirect("/v4/abc/task");
  };
  MetadataClient c = client();
  EXPECT_EQ(run(c.task()).error().code(), Errc::http_status);
  EXPECT_EQ(http.requests.size(), 2u);
}

TEST_F(MetadataClientTest, CountsAnswersThatDoNotParse) {
  http.reply(200, "{}");
  MetadataClient c = client();
  const auto task = run(c.task());
  ASSERT_FALSE(task);
  EXPECT_EQ(task.error().message(), "task metadata: TaskARN is missing");
  EXPECT_EQ(counters.errors.by_code[static_cast<int>(Errc::malformed_payload)].value, 1u);
  EXPECT_EQ(counters.task_fetches.value, 0u);
}

}  // namespace
}  // namespace remora::ecs
