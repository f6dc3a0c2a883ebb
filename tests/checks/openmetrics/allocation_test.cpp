// Between the bytes of a page and the values of known contexts no memory is asked for.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checks/instance_sender.hpp"
#include "checks/openmetrics/scrape.hpp"
#include "fakes/allocation_counter.hpp"
#include "fakes/fake_clock.hpp"
#include "remora/checks/openmetrics/openmetrics.hpp"

namespace remora::checks::openmetrics {
namespace {

std::string page_of(int series) {
  std::string page;
  for (const char* type : {"counter", "gauge", "summary", "histogram"}) {
    const std::string name = "this_is_the_name_of_a_" + std::string(type);
    page += "# HELP " + name + " x\n# TYPE " + name + ' ' + type + '\n';
    for (int i = 0; i < series; ++i) {
      const std::string labels =
          "path=\"/a/path/of/some/length/" + std::to_string(i) + "\",method=\"GET\"";
      const auto line = [&](const char* suffix, const std::string& more) {
        page += name + suffix + '{' + labels + more + "} " + std::to_string(i) + '\n';
      };
      if (type[0] == 's') line("", ",quantile=\"0.5\"");
      if (type[0] == 'h') line("_bucket", ",le=\"0.25\"");
      if (type[0] == 'h') line("_bucket", ",le=\"+Inf\"");
      if (type[0] == 's' || type[0] == 'h') {
        line("_sum", "");
        line("_count", "");
      } else {
        line("", "");
      }
    }
  }
  return page;
}

// Of the third scrape of a page, all contexts and buffers being there.
std::size_t allocations_of(MetricMapper& mapper, const std::string& page) {
  InstanceConfig config;
  config.instance = model::Value(model::Map{{"tags", model::Value::List{"team:a", "env:b"}},
                                            {"max_returned_metrics", 1'000'000}});
  auto settings = read_instance_settings(kOpenmetrics, config);
  EXPECT_TRUE(settings) << settings.error().message();
  fakes::FakeClock clock;
  telemetry::AggregatorCounters aggregator;
  telemetry::CheckCounters counters;
  metrics::SamplerBudget budget;
  metrics::CheckSamplerOptions options;
  options.tags = settings->tags;
  metrics::CheckSampler sampler(options, aggregator, budget);
  SamplerSender sender(kOpenmetrics, *settings, "", sampler, clock, counters, {});
  struct : metrics::FlushSink {
    void on_series(const model::SeriesView&) override {}
    void on_sketch(const model::SketchView&) override {}
  } nowhere;
  std::size_t count = 0;
  for (int i = 0; i < 3; ++i) {
    sender.begin_run();
    Scrape scrape(mapper, sender, {.now = 2, .agent_start = 1});
    scrape.head(200, {});
    count = fakes::allocations();
    for (std::size_t at = 0; at < page.size(); at += 4096) {
      EXPECT_TRUE(scrape.body(std::string_view(page).substr(at, 4096)));
    }
    count = fakes::allocations() - count;
    scrape.finish(true);
    sampler.commit(clock.now(), 1000);
    sampler.flush(nowhere);
  }
  return count;
}

TEST(Allocations, DoNotGrowWithTheSamplesOfAPage) {
  MapperOptions options;
  options.metrics.resize(1);
  options.metrics[0].key = ".*";
  options.endpoint = "http://127.0.0.1:9090/metrics";
  const auto expect_few = [](auto&& make, const auto& options) {
    auto few = make(options), many = make(options);
    const std::size_t of_few = allocations_of(**few, page_of(10));
    const std::size_t of_many = allocations_of(**many, page_of(1000));
    EXPECT_LT(of_many, of_few + 30) << of_few;  // for 8000 samples
  };
  expect_few(make_mapper, options);
  options.rename_labels = {{"path", "resource"}};
  options.exclude_labels = {"method"};
  expect_few(make_mapper, options);
  LegacyMapperOptions legacy;
  legacy.metrics = {{"*", "*"}};
  expect_few(make_legacy_mapper, legacy);
}

}  // namespace
}  // namespace remora::checks::openmetrics
