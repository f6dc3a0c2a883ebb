// A Prometheus page of 5 MB: MB/s of CPU time and peak memory above what the process had before,
// for the parser alone, for parser and mapper, and for the whole check, which asks a server in
// another process. Each way in a process of its own.
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <cstdio>
#include <fstream>

#include "bench/bench_options.hpp"
#include "bench/exposition_page.hpp"
#include "bench/process_usage.hpp"
#include "fakes/run_coroutine.hpp"
#include "fakes/scripted_server.hpp"
#include "remora/checks/integration_instance.hpp"
#include "remora/checks/openmetrics/metric_mapper.hpp"
#include "remora/checks/openmetrics/openmetrics.hpp"
#include "remora/core/clock.hpp"

using namespace remora;
using namespace remora::bench;
namespace om = remora::checks::openmetrics;

namespace {

constexpr std::size_t kChunk = 16 * 1024;  // as the check receives it

class CountsSamples final : public om::ExpositionHandler {
 public:
  bool family(const om::Family&) override { return true; }
  void sample(const om::Sample& sample) override {
    ++samples;
    labels += sample.labels.size();
  }
  void end_family() override {}
  std::uint64_t samples = 0, labels = 0;
};

class CountsSubmissions final : public om::SubmissionSink {
 public:
  void submit(const om::Submission& submission) override {
    ++submissions;
    tags += submission.tags.size();
  }
  std::uint64_t submissions = 0, tags = 0;
};

void feed(om::ExpositionParser& parser, std::string_view page) {
  for (std::size_t at = 0; at < page.size(); at += kChunk) parser.feed(page.substr(at, kChunk));
  parser.finish();
}

/// What one way gives: samples, or submissions.
using Way = std::uint64_t (*)(std::string_view page, om::MetricMapper* mapper);

std::uint64_t parse_alone(std::string_view page, om::MetricMapper*) {
  CountsSamples handler;
  om::ExpositionParser parser({}, handler);
  feed(parser, page);
  return handler.samples;
}

std::uint64_t parse_and_map(std::string_view page, om::MetricMapper* mapper) {
  CountsSubmissions sink;
  mapper->begin({.now = 1.7e9, .agent_start = 1.6e9}, sink);
  om::ExpositionParser parser(mapper->parser_options("text/plain"), *mapper);
  feed(parser, page);
  mapper->end(true, parser.stats());
  return sink.submissions;
}

std::unique_ptr<om::MetricMapper> make(void (*change)(om::MapperOptions&)) {
  om::MapperOptions options;
  options.name_space = "bench";
  options.endpoint = "http://127.0.0.1:9100/metrics";
  options.metrics.resize(1);
  options.metrics[0].key = ".+";
  change(options);
  auto mapper = om::make_mapper(options);
  if (!mapper) {
    std::fprintf(stderr, "%s\n", mapper.error().message().c_str());
    std::exit(1);
  }
  return std::move(*mapper);
}

/// An instance as the agent runs it: HTTP, parser, mapper, sender, aggregation; and its flush.
class WholeCheck {
 public:
  WholeCheck(const std::string& url, const model::Map& options) {
    checks::InstanceConfig config;
    config.check = "openmetrics";
    model::Map instance = options;
    instance.set("openmetrics_endpoint", url);
    instance.set("namespace", "bench");
    instance.set("metrics", model::Value::List{".+"});
    instance.set("tags", model::Value::List{"env:bench", "service:app", "task_family:web"});
    config.instance = model::Value(std::move(instance));
    auto made = checks::IntegrationInstance::make(
        checks::kOpenmetrics, std::move(config), {io_.get_executor(), clock_, http_, clock_.wall()},
        {aggregator_, counters_, budget_, [](const model::ServiceCheck&) {}}, {});
    if (!made) fail(made.error().message());
    instance_ = std::move(*made);
  }
  /// Submissions that reached the sampler.
  std::uint64_t run() {
    const checks::RunOutcome outcome = fakes::run(io_, instance_->run());
    if (!outcome.error.empty()) fail(outcome.error);
    Nowhere nowhere;
    instance_->flush(nowhere);
    return outcome.samples + outcome.buckets;
  }

 private:
  struct Nowhere final : metrics::FlushSink {
    void on_series(const model::SeriesView&) override {}
    void on_sketch(const model::SketchView&) override {}
  };
  [[noreturn]] static void fail(const std::string& why) {
    std::fprintf(stderr, "%s\n", why.c_str());
    std::exit(1);
  }

  boost::asio::io_context io_;
  core::SystemClock clock_;
  checks::CheckHttp http_{io_.get_executor(), net::ClientOptions()};
  telemetry::AggregatorCounters aggregator_;
  telemetry::CheckCounters counters_;
  metrics::SamplerBudget budget_;
  std::unique_ptr<checks::IntegrationInstance> instance_;
};

struct Measured {
  double mb_per_second = 0, peak_mib = 0;
  std::uint64_t count = 0;
};

double status_mib(const char* name) {
  std::ifstream file("/proc/self/status");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(name)) {
      return std::strtod(line.c_str() + line.find(':') + 1, nullptr) / 1024;
    }
  }
  return 0;
}

template <class Run>
Measured measure_here(double before, Run&& one_run, int runs) {
  Measured out;
  std::vector<double> seconds;
  for (int run = 0; run < runs; ++run) {
    const double begin = cpu_seconds_of(getpid());
    out.count = one_run();
    seconds.push_back(cpu_seconds_of(getpid()) - begin);
  }
  out.mb_per_second = kPageBytes / median(seconds) / 1e6;
  out.peak_mib = status_mib("VmHWM") - before;
  return out;
}

/// What `work` measures in a process of its own.
template <class Work>
Measured measure(Work&& work) {
  int ends[2];
  if (pipe(ends) != 0) std::exit(1);
  const pid_t child = fork();
  if (child == 0) {
    const Measured measured = work();
    _exit(write(ends[1], &measured, sizeof measured) == sizeof measured ? 0 : 1);
  }
  close(ends[1]);
  Measured measured;
  int status = 0;
  const bool read_all = read(ends[0], &measured, sizeof measured) == sizeof measured;
  close(ends[0]);
  waitpid(child, &status, 0);
  if (!read_all || status != 0) std::exit(1);
  return measured;
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = Options::parse(argc, argv);
  const int runs = options.runs > 0 ? options.runs : 40;
  const std::string page = make_page();
  struct Row {
    const char* name;
    Way way;
    void (*change)(om::MapperOptions&);
  };
  const Row rows[] = {
      {"parser alone", parse_alone, nullptr},
      {"everything mapped", parse_and_map, [](om::MapperOptions&) {}},
      {"labels renamed and excluded", parse_and_map,
       [](om::MapperOptions& o) {
         o.exclude_labels = {"status"};
         o.rename_labels = {{"path", "resource"}};
       }},
      {"histograms as distributions", parse_and_map,
       [](om::MapperOptions& o) { o.histogram_buckets_as_distributions = true; }},
      {"one family of 400 mapped", parse_and_map,
       [](om::MapperOptions& o) { o.metrics[0].key = "app_subsystem7_requests"; }},
      {"shared labels that never come", parse_and_map,
       [](om::MapperOptions& o) {
         o.share_labels.push_back({"absent_info", {}, {}, std::nullopt});
         o.cache_shared_labels = false;
       }},
  };
  struct WholeRow {
    const char* name;
    model::Map options;
  };
  const WholeRow whole_rows[] = {
      {"whole check", {}},
      {"whole check without a limit", {{"max_returned_metrics", 1'000'000}}},
      {"whole check, distributions", {{"histogram_buckets_as_distributions", true}}},
  };
  std::printf("%-30s %8s %10s %12s\n", "5 MB page", "MB/s", "peak MiB", "submissions");
  Json result;
  const auto show = [&](const char* name, const Measured& measured) {
    std::printf("%-30s %8.0f %10.2f %12llu\n", name, measured.mb_per_second, measured.peak_mib,
                static_cast<unsigned long long>(measured.count));
    result["rows"].push_back({{"name", name},
                              {"mb_per_second", measured.mb_per_second},
                              {"peak_mib", measured.peak_mib},
                              {"submissions", measured.count}});
  };
  for (const Row& row : rows) {
    show(row.name, measure([&] {
           const double before = status_mib("VmRSS");
           const auto mapper = row.change == nullptr ? nullptr : make(row.change);
           return measure_here(
               before, [&] { return row.way(page, mapper.get()); }, runs);
         }));
  }
  const fakes::ScriptedServer server(
      {{fakes::script::read_request(), fakes::script::answer(200, page)}});
  for (const WholeRow& row : whole_rows) {
    show(row.name, measure([&] {
           const double before = status_mib("VmRSS");
           WholeCheck check(server.url(), row.options);
           return measure_here(
               before, [&] { return check.run(); }, runs);
         }));
  }
  options.write(result);
  return 0;
}
