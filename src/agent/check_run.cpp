#include "remora/agent/check_run.hpp"

#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <csignal>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "agent/check_report.hpp"
#include "agent/component_options.hpp"
#include "agent/discovery_options.hpp"
#include "agent/instance_filter.hpp"
#include "remora/autodiscovery/tag_injection.hpp"
#include "remora/checks/container/container_check.hpp"
#include "remora/checks/ecs_fargate/ecs_fargate_check.hpp"
#include "remora/checks/integration_instance.hpp"
#include "remora/checks/run_record.hpp"
#include "remora/core/scrub.hpp"
#include "remora/ecs/task_source.hpp"
#include "remora/metrics/check_aggregator.hpp"

namespace remora::agent {
namespace {

using autodiscovery::CheckConfig;
using autodiscovery::ConfigPtr;
using autodiscovery::Fault;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int kSuccess = 0, kError = 255;
constexpr milliseconds kLook{250};  ///< between two looks at the metadata endpoint
constexpr seconds kLongestRun{60};

// The agent's own checks run over the task source and have no instances.
constexpr std::string_view kContainer = "container", kFargate = "ecs_fargate";

// What a check of the agent's own submits, through the aggregator of the daemon.
class ToAggregator final : public checks::Sender {
 public:
  explicit ToAggregator(metrics::CheckAggregator& aggregator) : aggregator_(aggregator) {}
  void submit(const model::Sample& sample) override {
    ++samples;
    aggregator_.submit(sample);
  }
  void submit(model::ServiceCheck check) override {
    ++service_checks;
    aggregator_.submit(std::move(check));
  }
  void forget(const model::Tags& tags) override { aggregator_.forget(tags); }
  std::uint64_t samples = 0, service_checks = 0;

 private:
  metrics::CheckAggregator& aggregator_;
};

class CheckRun {
 public:
  CheckRun(const config::Loaded& loaded, const config::Environment& environment,
           const CheckRequest& request, const CheckOutput& output)
      : loaded_(loaded),
        environment_(environment),
        request_(request),
        output_(output),
        health_(clock_),
        tagger_(tagger_options(loaded.settings), counters_) {}

  int run() {
    if (auto built = build(); !built) return error(built.error().message());
    int code = kError;
    asio::cancellation_signal stop;
    asio::co_spawn(io_, main(),
                   asio::bind_cancellation_slot(
                       stop.slot(), [this, &code](const std::exception_ptr& failed, int result) {
                         code = failed ? error("the check ended with an exception") : result;
                         io_.stop();
                       }));
    io_.run();
    return code;
  }

 private:
  int error(const std::string& text) {
    output_.err(core::scrub("Error: " + text) + "\n");
    return kError;
  }

  Result<void> build() {
    if (!request_.instance_filter.empty()) {
      auto filter = InstanceFilter::parse(request_.instance_filter);
      if (!filter) return filter.error();
      filter_.emplace(std::move(*filter));
    }
    const config::Settings& settings = loaded_.settings;
    auto client = client_options(settings);
    if (!client) return client.error();
    auto http = net::BeastClient::create(io_.get_executor(), *client);
    if (!http) return http.error();
    http_ = std::move(*http);
    check_http_ = std::make_unique<checks::CheckHttp>(io_.get_executor(), std::move(*client));
    std::vector<std::string> ignored;  // the daemon names them
    containers_ = ecs::ContainerFilter::create(metrics_filter(settings), ignored);
    options_ = discovery_options(loaded_, core::MemoryLimit(), containers_, environment_);
    const auto alias = options_.files.aliases.find(request_.name);
    name_ = alias == options_.files.aliases.end() ? request_.name : alias->second;
    reconciler_ =
        std::make_unique<autodiscovery::Reconciler>(options_.reconciler, load_templates(options_));
    place_ = ecs::detect_environment(ecs_variables(settings));
    if (!place_.in_ecs) return {};
    auto metadata = metadata_options(settings);
    if (!metadata) return metadata.error();
    metadata_ =
        std::make_unique<ecs::MetadataClient>(*http_, clock_, counters_.ecs, std::move(*metadata));
    ecs::TaskSourceOptions source;
    source.launch_type = place_.launch_type;
    source.own_container = true;
    source_ = std::make_unique<ecs::TaskSource>(*metadata_, clock_, health_.add("task", seconds(0)),
                                                counters_.ecs, source);
    source_->on_change([this](const ecs::TaskPtr& task) {
      const auto launch_type = ecs::launch_type_of(place_, *task);
      tagger_.update(*task, launch_type);
      (void)reconciler_->update(*task, launch_type);
    });
    return {};
  }

  [[nodiscard]] std::vector<ConfigPtr> found() const {
    std::vector<ConfigPtr> out;
    for (const auto& [id, config] : reconciler_->configs()) {
      if (config->check == name_) out.push_back(config);
    }
    return out;
  }

  asio::awaitable<int> main() {
    (void)reconciler_->update();
    const bool own = name_ == kContainer || name_ == kFargate;
    const auto deadline = clock_.now() + request_.discovery_timeout;
    bool looking = true;
    std::string endpoint_error;
    while (looking) {
      if (source_) {
        const Result<ecs::TaskPtr> task = co_await source_->refresh();
        endpoint_error = task ? std::string() : task.error().message();
        if (own && task) break;
      }
      const bool enough = found().size() >= request_.discovery_min_instances;
      looking = (own || !enough) && source_ && clock_.now() + kLook < deadline;
      if (looking) (void)co_await clock_.sleep_until(clock_.now() + kLook);
    }
    if (!endpoint_error.empty()) {
      output_.err(core::scrub("The task metadata endpoint does not answer: " + endpoint_error) +
                  "\n");
    }
    if (own) {
      const int code = co_await run_own();
      co_return code;
    }
    std::vector<ConfigPtr> configs = found();
    if (configs.empty()) co_return not_found();
    if (filter_) {
      std::erase_if(
          configs, [this](const ConfigPtr& config) { return !filter_->matches(config->instance); });
      if (configs.empty()) co_return error("no check instance passes --instance-filter");
    }
    const int code = co_await run_instances(std::move(configs));
    co_return code;
  }

  int not_found() {
    for (const Fault& fault : reconciler_->faults().kept()) {
      output_.err(core::scrub(autodiscovery::to_string(fault)) + "\n");
    }
    if (checks::find_integration(name_) == nullptr) {
      output_.err("There is no check of the name " + core::scrub(request_.name) +
                  "; there are: container, ecs_fargate, " + checks::integration_names() + "\n");
    } else {
      output_.err("No label and no file asks for the check " + name_ +
                  "; `agent configcheck` shows what the running agent found\n");
    }
    return error("no valid check found");
  }

  asio::awaitable<int> run_instances(std::vector<ConfigPtr> configs) {
    const bool json = request_.form == CheckForm::json;
    if (configs.size() > 1 && !json) {
      output_.out("Multiple check instances found, running each of them\n");
    }
    std::vector<std::unique_ptr<CheckReport>> reports;
    bool failed = false;
    for (const ConfigPtr& config : configs) {
      auto report = std::make_unique<CheckReport>();
      const bool ran = co_await run_instance(config, report.get());
      failed = failed || !ran;
      if (!json) output_.out(report->text(request_.form) + "\n");
      reports.push_back(std::move(report));
    }
    finish(reports, configs.size());
    co_return failed ? kError : kSuccess;
  }

  void finish(const std::vector<std::unique_ptr<CheckReport>>& reports, std::size_t instances) {
    if (request_.form == CheckForm::json) {
      std::vector<const CheckReport*> all;
      for (const auto& report : reports) all.push_back(report.get());
      output_.out(CheckReport::json(all));
      return;
    }
    if (request_.times == 1) {
      output_.out(
          "Check has run only once, if some metrics are missing you can try again with "
          "--check-rate to see any other metric if available.\n");
    }
    output_.out("This check type has " + std::to_string(instances) + " instances.\n");
  }

  // One instance with everything the daemon would give it. False when it failed.
  asio::awaitable<bool> run_instance(ConfigPtr config, CheckReport* report) {
    checks::RunRecord record;
    std::vector<std::string> problems;
    checks::InstanceConfig instance = instance_config(
        *config, options_.label_files,
        autodiscovery::injected_tags(*config, tagger_, options_.cardinality), problems);
    for (const std::string& problem : problems) output_.err("Warning: " + problem + "\n");

    const checks::IntegrationInfo* info = checks::find_integration(config->check);
    std::unique_ptr<checks::IntegrationInstance> made;
    std::string refusal;
    if (info == nullptr) {
      refusal = "there is no check of the name " + config->check;
    } else {
      const checks::CheckServices services{io_.get_executor(), clock_, *check_http_, clock_.wall()};
      const checks::InstancePorts ports{
          counters_.aggregator, counters_.checks, budget_,
          [report](model::ServiceCheck check) { report->add(check); }};
      auto result = checks::IntegrationInstance::make(*info, std::move(instance), services, ports,
                                                      options_.scheduler.instance);
      if (result) {
        made = std::move(*result);
      } else {
        refusal = result.error().message();
      }
    }
    if (!made) {
      record.record(milliseconds(0), clock_.wall(), 0, 0, "does not run: " + refusal);
      report->set_runner(record.node(config->check, config->id, config->source));
      co_return false;
    }
    const core::SteadyTime latest = clock_.now() + kLongestRun + request_.pause * request_.times;
    for (int i = 0; i < request_.times && clock_.now() < latest; ++i) {
      if (i > 0) (void)co_await clock_.sleep_until(clock_.now() + request_.pause);
      checks::RunOutcome outcome = co_await limited(made.get());
      record.record(outcome.elapsed, clock_.wall(), outcome.samples, outcome.service_checks,
                    std::move(outcome.error));
      record.add_details(outcome.buckets, std::move(outcome.warnings), std::move(outcome.notes));
    }
    (void)co_await clock_.sleep_until(clock_.now() + request_.delay);
    (void)made->flush(*report);
    for (const auto& [key, value] : made->metadata()) report->add_metadata(key, value);
    report->set_runner(record.node(made->title(), config->id, config->source));
    co_return !record.failed();
  }

  // A run that the daemon would cancel is cancelled here too.
  asio::awaitable<checks::RunOutcome> limited(checks::IntegrationInstance* instance) {
    const auto limit = std::max<seconds>(instance->interval(), seconds(10));
    struct Shared {
      explicit Shared(asio::io_context& io) : ended(io) {}
      asio::steady_timer ended;
      asio::cancellation_signal cancel;
      std::optional<checks::RunOutcome> outcome;
    };
    const auto shared = std::make_shared<Shared>(io_);
    shared->ended.expires_after(limit);
    asio::co_spawn(
        io_, instance->run(),
        asio::bind_cancellation_slot(
            shared->cancel.slot(), [shared](const std::exception_ptr&, checks::RunOutcome outcome) {
              shared->outcome.emplace(std::move(outcome));
              shared->ended.cancel();
            }));
    if (!shared->outcome) co_await shared->ended.async_wait(no_throw);
    if (!shared->outcome) {
      shared->cancel.emit(asio::cancellation_type::terminal);
      shared->ended.expires_after(seconds(5));
      if (!shared->outcome) co_await shared->ended.async_wait(no_throw);
      if (!shared->outcome) shared->outcome.emplace();
      shared->outcome->error = "did not finish within " + std::to_string(limit.count()) + " s";
    }
    checks::RunOutcome outcome = std::move(*shared->outcome);
    co_return outcome;
  }

  asio::awaitable<int> run_own() {
    if (!source_) {
      co_return error("the check " + name_ + " needs the task metadata endpoint of ECS");
    }
    metrics::CheckAggregator aggregator(clock_, counters_.aggregator,
                                        metrics::CheckAggregatorOptions{});
    ToAggregator sender(aggregator);
    std::unique_ptr<checks::Check> check;
    if (name_ == kContainer) {
      check = checks::make_container_check(
          *source_, tagger_, clock_, containers_,
          container_check_options(loaded_.settings, place_.launch_type));
    } else {
      check = checks::make_ecs_fargate_check(*source_, tagger_, clock_, containers_);
    }
    checks::RunRecord record;
    for (int i = 0; i < request_.times; ++i) {
      if (i > 0) (void)co_await clock_.sleep_until(clock_.now() + request_.pause);
      const auto begin = clock_.now();
      const std::uint64_t samples = sender.samples, service_checks = sender.service_checks;
      const Result<void> result = co_await check->run(sender);
      record.record(std::chrono::duration_cast<milliseconds>(clock_.now() - begin), clock_.wall(),
                    sender.samples - samples, sender.service_checks - service_checks,
                    result ? std::string() : result.error().message());
    }
    auto report = std::make_unique<CheckReport>();
    auto flushed = aggregator.flush();
    for (const model::Series& series : flushed.series) report->add(series);
    for (const model::ServiceCheck& one : flushed.service_checks) report->add(one);
    report->set_runner(record.node(name_));
    if (request_.form != CheckForm::json) output_.out(report->text(request_.form) + "\n");
    std::vector<std::unique_ptr<CheckReport>> reports;
    reports.push_back(std::move(report));
    finish(reports, 1);
    co_return record.failed() ? kError : kSuccess;
  }

  const config::Loaded loaded_;
  const config::Environment environment_;
  const CheckRequest request_;
  const CheckOutput output_;
  asio::io_context io_{1};
  core::SystemClock clock_;
  telemetry::Counters counters_;
  telemetry::HealthRegistry health_;
  tagger::Tagger tagger_;
  metrics::SamplerBudget budget_;
  std::optional<InstanceFilter> filter_;
  ecs::ContainerFilter containers_;
  DiscoveryOptions options_;
  std::string name_;
  ecs::Environment place_;
  std::unique_ptr<net::BeastClient> http_;
  std::unique_ptr<checks::CheckHttp> check_http_;
  std::unique_ptr<ecs::MetadataClient> metadata_;
  std::unique_ptr<ecs::TaskSource> source_;
  std::unique_ptr<autodiscovery::Reconciler> reconciler_;
};

}  // namespace

int run_check(const config::Loaded& loaded, const config::Environment& environment,
              const CheckRequest& request, const CheckOutput& output) {
  std::signal(SIGPIPE, SIG_IGN);
  // Never destroyed, like the daemon: a name look-up in progress holds a thread that nothing can
  // interrupt, and a run that did not end its memory.
  static std::vector<CheckRun*> runs;
  return runs.emplace_back(new CheckRun(loaded, environment, request, output))->run();
}

}  // namespace remora::agent
