#include "remora/agent/runtime.hpp"

#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdio>
#include <exception>
#include <memory>
#include <random>

#include "agent/collector_status.hpp"
#include "agent/component_options.hpp"
#include "agent/discovery_options.hpp"
#include "agent/dogstatsd_service.hpp"
#include "agent/end_line.hpp"
#include "agent/integrations.hpp"
#include "agent/pipeline.hpp"
#include "agent/status_blocks.hpp"
#include "agent/stop_signals.hpp"
#include "agent/tasks.hpp"
#include "remora/api/health_port.hpp"
#include "remora/api/ipc_server.hpp"
#include "remora/checks/container/container_check.hpp"
#include "remora/checks/ecs_fargate/ecs_fargate_check.hpp"
#include "remora/checks/scheduler.hpp"
#include "remora/core/descriptors.hpp"
#include "remora/core/log.hpp"
#include "remora/core/memory_limit.hpp"
#include "remora/core/printable.hpp"
#include "remora/core/scrub.hpp"
#include "remora/core/version.hpp"
#include "remora/ecs/task_source.hpp"
#include "remora/forwarder/intakes.hpp"

namespace remora::agent {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const core::Logger kLog("agent");

// Longest silence of a component that has a loop of its own. Each loop goes round in well under a
// third of this even when every request of it runs into its timeout.
constexpr milliseconds kLoopLimit{60'000};
constexpr seconds kHeartbeat{5};
// The last fetch of the metadata endpoint at stop: the deadline of the whole stop is more
// important.
constexpr milliseconds kLastSampleLimit{2'000};
constexpr milliseconds kJoinLimit{500};
// What a second stop signal leaves for the intake: a healthy one takes everything in less.
constexpr milliseconds kHurry{1'000};
// The part of the time for what waits for the intake, before what came meanwhile joins it.
constexpr int kPartForTheRest = 5;
constexpr seconds kAbortGrace{3};

// When in the interval this agent flushes. At least half an interval after the start: a rate over a
// shorter time than the endpoint takes to refresh its stats (10 s) would be far too high.
checks::SchedulerOptions own_phase() {
  checks::SchedulerOptions options;
  const std::int64_t interval = milliseconds(options.interval).count();
  std::random_device entropy;
  std::uniform_int_distribution<std::int64_t> spread(interval / 2, interval * 3 / 2);
  options.first_after = milliseconds(spread(entropy));
  return options;
}

// All components, in the order of their dependencies: what is below may use what is above.
class Runtime {
 public:
  Runtime(const config::Loaded& loaded, StopSignals& signals)
      : loaded_(loaded),
        health_(clock_),
        heartbeat_(health_.add("healthcheck", milliseconds(30'000))),
        tasks_(io_),
        receivers_(io_),
        signals_(signals),
        inspected_{loaded_, clock_, counters_, health_, clock_.wall(), {}, "none", {}} {}

  Result<void> build();
  int run();

 private:
  void open_dogstatsd();
  void build_dogstatsd();
  void warn_of_collisions();
  Result<void> build_intake();
  Result<void> build_integrations();
  Result<void> build_pipeline();
  Result<void> build_ecs();
  Result<void> build_api();
  void log_start() const;
  void start();
  asio::awaitable<void> beat();
  asio::awaitable<void> early_sample();
  asio::awaitable<void> stop_on_signal();
  asio::awaitable<void> stop_at_once();
  asio::awaitable<void> end_on_third_signal();
  asio::awaitable<void> last_sample(core::SteadyTime deadline);
  asio::awaitable<void> fetch_last_sample(std::shared_ptr<asio::steady_timer> done,
                                          std::shared_ptr<bool> sampled);
  asio::awaitable<void> last_flush(core::SteadyTime deadline);
  void flush_soon();

  const config::Loaded& loaded_;
  asio::io_context io_{1};
  core::SystemClock clock_;
  telemetry::Counters counters_;
  telemetry::HealthRegistry health_;
  telemetry::HealthComponent& heartbeat_;
  Tasks tasks_;
  Tasks receivers_;  ///< go on during the stop, until the last payload has left
  StopSignals& signals_;
  Inspected inspected_;
  ecs::Environment environment_;

  std::unique_ptr<net::BeastClient> http_;
  telemetry::HealthComponent* forwarder_health_ = nullptr;
  telemetry::HealthComponent* validator_health_ = nullptr;
  std::unique_ptr<forwarder::Intake> forwarder_;
  forwarder::Intakes intakes_;
  std::unique_ptr<forwarder::ApiKeyValidator> validator_;

  std::unique_ptr<tagger::Tagger> tagger_;
  std::unique_ptr<ecs::MetadataClient> metadata_;
  telemetry::HealthComponent* source_health_ = nullptr;
  std::unique_ptr<ecs::TaskSource> source_;

  std::unique_ptr<metrics::CheckAggregator> aggregator_;
  telemetry::HealthComponent* dogstatsd_health_ = nullptr;
  std::unique_ptr<DogstatsdService> dogstatsd_;
  ecs::ContainerFilter filter_;
  telemetry::HealthComponent* autodiscovery_health_ = nullptr;
  std::unique_ptr<Integrations> integrations_;
  std::unique_ptr<Serializers> serializers_;
  std::unique_ptr<Pipeline> pipeline_;
  telemetry::HealthComponent* collector_health_ = nullptr;
  std::unique_ptr<checks::Scheduler> scheduler_;
  std::unique_ptr<CollectorStatus> collector_status_;

  telemetry::HealthComponent* ipc_health_ = nullptr;
  std::unique_ptr<api::IpcServer> ipc_;
  std::unique_ptr<net::HttpServer> health_port_;

  bool early_sample_running_ = false;
  bool stopping_ = false;
};

Result<void> Runtime::build() {
  open_dogstatsd();
  if (auto built = build_intake(); !built) return built;
  tagger_ = std::make_unique<tagger::Tagger>(tagger_options(loaded_.settings), counters_);
  aggregator_ = std::make_unique<metrics::CheckAggregator>(clock_, counters_.aggregator,
                                                           metrics::CheckAggregatorOptions{});
  if (dogstatsd_) build_dogstatsd();
  if (auto built = build_integrations(); !built) return built;
  if (auto built = build_pipeline(); !built) return built;
  if (auto built = build_ecs(); !built) return built;
  if (auto built = build_api(); !built) return built;

  collector_status_ = std::make_unique<CollectorStatus>(*scheduler_, *integrations_);
  inspected_.sources = {collector_status_.get(), integrations_.get(), forwarder_.get(),
                        validator_.get(),        aggregator_.get(),   tagger_.get()};
  if (dogstatsd_) {
    const auto more = dogstatsd_->status_sources();
    inspected_.sources.insert(inspected_.sources.end(), more.begin(), more.end());
  }
  if (source_) inspected_.sources.push_back(source_.get());
  return {};
}

void Runtime::open_dogstatsd() {
  if (!loaded_.settings.use_dogstatsd) return;
  auto& warnings = inspected_.environment_warnings;
  DogstatsdOptions options = dogstatsd_options(loaded_.settings, core::memory_limit(), warnings);
  const std::string tag = instance_tag(
      loaded_.settings, instance_id("", loaded_.settings.ecs_metadata_uri_v4), warnings);
  const auto origin = loaded_.origin.find("DD_DOGSTATSD_SOCKET");
  options.listeners.datagram_socket_wanted =
      origin != loaded_.origin.end() && origin->second != "default";
  if (!tag.empty()) options.origins.extra_tags.push_back(tag);
  dogstatsd_ = std::make_unique<DogstatsdService>(std::move(options), counters_, warnings);
}

void Runtime::build_dogstatsd() {
  dogstatsd_health_ = &health_.add("dogstatsd-main", kLoopLimit);
  dogstatsd_->build(*tagger_, clock_, inspected_.environment_warnings);
}

void Runtime::warn_of_collisions() {
  const config::Settings& settings = loaded_.settings;
  if (!dogstatsd_ || !settings.hostname.empty() || !settings.dogstatsd_instance_tag.empty() ||
      settings.dogstatsd_tag_cardinality != "low") {
    return;
  }
  inspected_.environment_warnings.push_back(
      "DogStatsD: a task has no host name, so tasks of one service that send the same metric with "
      "the same tags replace each other's points; set DD_DOGSTATSD_INSTANCE_TAG=instance (one "
      "short "
      "tag a task) or DD_DOGSTATSD_TAG_CARDINALITY=orchestrator (task_arn)");
}

Result<void> Runtime::build_integrations() {
  const config::Settings& settings = loaded_.settings;
  auto& warnings = inspected_.environment_warnings;
  std::vector<std::string> filter_warnings;
  filter_ = ecs::ContainerFilter::create(metrics_filter(settings), filter_warnings);
  warnings.insert(warnings.end(), filter_warnings.begin(), filter_warnings.end());
  auto http = client_options(settings);
  if (!http) return http.error();
  integrations_ = std::make_unique<Integrations>(
      discovery_options(loaded_, core::memory_limit(), filter_, config::environment()), *tagger_,
      clock_, io_.get_executor(), std::move(*http), counters_,
      [this](model::ServiceCheck check) { aggregator_->submit(std::move(check)); });
  autodiscovery_health_ = &health_.add("autodiscovery", kLoopLimit);
  return {};
}

Result<void> Runtime::build_pipeline() {
  const config::Settings& settings = loaded_.settings;
  const auto compression = compression_options(settings);
  if (!compression) return compression.error();
  const auto [kind, level] = *compression;
  const auto to_forwarder = [this](model::Payload payload) {
    forwarder_->submit(std::move(payload));
  };
  const serializer::PayloadLimits limits = payload_limits(settings);
  serializers_.reset(
      new Serializers{{kind, level, series_limits(settings), counters_.serializer, to_forwarder},
                      {kind, level, limits, counters_.serializer, to_forwarder},
                      {kind, level, limits, counters_.serializer},
                      {kind, level, limits, settings.hostname, counters_.serializer}});

  PipelineOptions options = pipeline_options(settings);
  const tagger::Cardinality cardinality = options.self_cardinality;
  pipeline_ = std::make_unique<Pipeline>(*aggregator_, integrations_->scheduler(),
                                         dogstatsd_ ? dogstatsd_->source() : DogstatsdSource{},
                                         *serializers_, *forwarder_, *tagger_, clock_, counters_,
                                         health_.add("aggregator", kLoopLimit), std::move(options));
  collector_health_ = &health_.add("collector", kLoopLimit);
  checks::SchedulerOptions schedule = own_phase();
  if (settings.integration_check_status_enabled) {
    schedule.check_status_tags = [this, cardinality] { return tagger_->global_tags(cardinality); };
  }
  scheduler_ = std::make_unique<checks::Scheduler>(clock_, *pipeline_, counters_.checks,
                                                   *collector_health_, std::move(schedule));
  scheduler_->after_run([this] { flush_soon(); });
  return {};
}

Result<void> Runtime::build_intake() {
  const config::Settings& settings = loaded_.settings;
  auto client = client_options(settings);
  if (!client) return client.error();
  auto http = net::BeastClient::create(io_.get_executor(), std::move(*client));
  if (!http) return http.error();
  http_ = std::move(*http);

  auto domains = intake_domains(settings, inspected_.environment_warnings);
  if (!domains) return domains.error();
  forwarder::ApiKeyValidatorOptions validation = validator_options(settings, *domains);
  forwarder_health_ = &health_.add("forwarder", kLoopLimit);
  forwarder_ =
      std::make_unique<forwarder::Intake>(*http_, clock_, counters_.forwarder, *forwarder_health_,
                                          forwarder_options(settings, std::move(*domains)));
  intakes_.add(*forwarder_);
  validator_health_ = &health_.add("api-key-validation", milliseconds(0));
  validator_ = std::make_unique<forwarder::ApiKeyValidator>(*http_, clock_, *validator_health_,
                                                            std::move(validation));
  return {};
}

Result<void> Runtime::build_ecs() {
  const config::Settings& settings = loaded_.settings;
  environment_ = ecs::detect_environment(ecs_variables(settings));
  auto& warnings = inspected_.environment_warnings;
  warnings.insert(warnings.end(), environment_.warnings.begin(), environment_.warnings.end());
  if (!environment_.in_ecs) return {};
  warn_of_collisions();

  auto options = metadata_options(settings);
  if (!options) return options.error();
  metadata_ =
      std::make_unique<ecs::MetadataClient>(*http_, clock_, counters_.ecs, std::move(*options));
  source_health_ = &health_.add("ecs-task-source", kLoopLimit);
  source_ =
      std::make_unique<ecs::TaskSource>(*metadata_, clock_, *source_health_, counters_.ecs,
                                        task_source_options(settings, environment_.launch_type));
  telemetry::HealthComponent& tagger_health = health_.add("tagger", milliseconds(0));
  tagger_health.beat();
  source_->on_change([this](const ecs::TaskPtr& task) {
    const auto launch_type = ecs::launch_type_of(environment_, *task);
    inspected_.launch_type = ecs::to_string(launch_type);
    tagger_->update(*task, launch_type);
    if (dogstatsd_) dogstatsd_->tags_changed();
    if (!stopping_) integrations_->update(*task, launch_type);
  });
  source_->on_first_stats([this] {
    if (early_sample_running_ || stopping_) return;
    early_sample_running_ = true;
    tasks_.spawn("early sample", early_sample(), nullptr);
  });

  scheduler_->add(
      checks::make_container_check(*source_, *tagger_, clock_, filter_,
                                   container_check_options(settings, environment_.launch_type)));
  if (environment_.fargate_metrics) {
    scheduler_->add(checks::make_ecs_fargate_check(*source_, *tagger_, clock_, filter_));
  }
  return {};
}

Result<void> Runtime::build_api() {
  const config::Settings& settings = loaded_.settings;
  const api::IpcIdentity identity = api::ipc_identity(
      settings.api_key, settings.auth_token_file_path, settings.ecs_metadata_uri_v4);
  ipc_health_ = &health_.add("ipc-server", milliseconds(0));
  auto ipc = api::IpcServer::listen(
      io_.get_executor(), identity, counters_, *ipc_health_,
      [this](std::string request) -> asio::awaitable<api::IpcReply> {
        if (request == "configcheck") {
          co_return api::IpcReply{200, integrations_->config_check(false)};
        }
        if (request == "configcheck?verbose=1") {
          co_return api::IpcReply{200, integrations_->config_check(true)};
        }
        if (!is_dogstatsd_request(request)) co_return answer(inspected_, request);
        co_return co_await answer_dogstatsd(dogstatsd_ ? &dogstatsd_->inspected() : nullptr,
                                            std::move(request));
      });
  if (ipc) {
    ipc_ = std::move(*ipc);
  } else {
    // The CLI is for people and for the health check; metrics flow without it. Still unhealthy: the
    // health check could not say anything else.
    kLog.error("the agent command line will not reach this agent",
               {{"error", ipc.error().message()}});
    ipc_health_->died(ipc.error().message());
  }
  if (settings.health_port > 0) {
    auto port = api::make_health_port(io_.get_executor(),
                                      static_cast<std::uint16_t>(settings.health_port), health_);
    if (!port) return fail(port.error(), "DD_HEALTH_PORT");
    health_port_ = std::move(*port);
  }
  return {};
}

void Runtime::log_start() const {
  kLog.info("remora starts",
            {{"version", core::kVersion}, {"pid", static_cast<std::int64_t>(getpid())}});
  if (!loaded_.file.empty()) kLog.info("configuration file read", {{"file", loaded_.file}});
  for (const std::string& warning : loaded_.warnings) kLog.warn(warning);
  for (const std::string& warning : inspected_.environment_warnings) kLog.warn(warning);
}

void Runtime::start() {
  // Not one of tasks_: it is the one that ends them.
  asio::co_spawn(io_, stop_on_signal(), [](const std::exception_ptr& error) {
    if (error) std::rethrow_exception(error);
  });
  tasks_.spawn("healthcheck", beat(), &heartbeat_);
  if (ipc_) {
    ipc_health_->beat();
    tasks_.spawn("ipc-server", ipc_->run(), ipc_health_);
  }
  if (health_port_) tasks_.spawn("health-port", health_port_->run(), nullptr);
  if (dogstatsd_) {
    dogstatsd_health_->beat();
    receivers_.spawn("dogstatsd", dogstatsd_->run(clock_, *dogstatsd_health_), dogstatsd_health_);
  }
  forwarder_health_->beat();
  tasks_.spawn("forwarder", forwarder_->run(), forwarder_health_);
  validator_health_->beat();
  tasks_.spawn("api-key-validation", validator_->run(), validator_health_);
  collector_health_->beat();
  tasks_.spawn("collector", scheduler_->run(), collector_health_);
  autodiscovery_health_->beat();
  integrations_->start();
  tasks_.spawn("autodiscovery", integrations_->run(*autodiscovery_health_), autodiscovery_health_);
  if (source_) {
    source_health_->beat();
    tasks_.spawn("ecs-task-source", source_->run(), source_health_);
  } else {
    flush_soon();  // datadog.agent.running does not wait for a task
  }
}

asio::awaitable<void> Runtime::beat() {
  // Not `for (;;) { …; if (!co_await …) co_return; }`: GCC 12.2 gives that coroutine a frame
  // without `this`, and the first resumption crashes.
  bool running = true;
  while (running) {
    heartbeat_.beat();
    if (dogstatsd_) dogstatsd_->tick();
    running = co_await clock_.sleep_until(clock_.now() + kHeartbeat);
  }
}

void Runtime::flush_soon() {
  // The last flush of all is `last_flush`; one that still runs gives everything that waits.
  if (stopping_ || pipeline_->flushing()) return;
  tasks_.spawn("flush", pipeline_->flush(false), nullptr);
}

asio::awaitable<void> Runtime::early_sample() {
  co_await scheduler_->run_once();
  early_sample_running_ = false;
}

asio::awaitable<void> Runtime::stop_on_signal() {
  const int signal = co_await signals_.wait();
  if (signal == 0) co_return;
  stopping_ = true;
  const milliseconds limit = loaded_.settings.stop_timeout;
  const core::SteadyTime begin = clock_.now();
  kLog.info("stopping", {{"signal", signal_name(signal)}, {"stop_timeout", limit}});
  asio::co_spawn(io_, stop_at_once(), [](const std::exception_ptr& error) {
    if (error) std::rethrow_exception(error);
  });
  const core::SteadyTime deadline = begin + limit;
  co_await last_sample(deadline);
  co_await last_flush(deadline);
  const forwarder::DrainReport report = co_await intakes_.drain(deadline);
  log_end(report, counters_.forwarder.sent.value,
          std::chrono::duration_cast<milliseconds>(clock_.now() - begin));
  if (ipc_) ipc_->stop();
  if (health_port_) health_port_->stop();
  io_.stop();
}

asio::awaitable<void> Runtime::stop_at_once() {
  const int signal = co_await signals_.wait();
  if (signal == 0) co_return;
  const core::SteadyTime begin = clock_.now();
  kLog.warn("second signal: what is there is sent at once, nothing is waited for",
            {{"queued_bytes", intakes_.queued_bytes()}, {"limit", kHurry}});
  asio::co_spawn(io_, end_on_third_signal(), [](const std::exception_ptr& error) {
    if (error) std::rethrow_exception(error);
  });
  if (dogstatsd_) (void)dogstatsd_->take_rest();
  co_await pipeline_->flush(!dogstatsd_ || dogstatsd_->options().flush_open_buckets);
  const forwarder::DrainReport report = co_await intakes_.drain(clock_.now() + kHurry);
  log_end(report, counters_.forwarder.sent.value,
          std::chrono::duration_cast<milliseconds>(clock_.now() - begin));
  core::stop_logging(milliseconds(200));
  _exit(0);
}

asio::awaitable<void> Runtime::end_on_third_signal() {
  const int signal = co_await signals_.wait();
  if (signal == 0) co_return;
  kLog.warn("third signal: stopped, what was queued is lost",
            {{"queued_bytes", intakes_.queued_bytes()}});
  core::stop_logging(milliseconds(200));
  _exit(0);
}

asio::awaitable<void> Runtime::last_sample(core::SteadyTime deadline) {
  if (!source_) co_return;
  const auto done = std::make_shared<asio::steady_timer>(io_);
  done->expires_at(std::min(deadline, clock_.now() + kLastSampleLimit));
  const auto sampled = std::make_shared<bool>(false);
  tasks_.spawn("last sample", fetch_last_sample(done, sampled), nullptr);
  co_await done->async_wait(no_throw);
  if (!*sampled) {
    kLog.warn("no last sample: the metadata endpoint did not answer in time",
              {{"limit", kLastSampleLimit}});
  }
}

asio::awaitable<void> Runtime::fetch_last_sample(std::shared_ptr<asio::steady_timer> done,
                                                 std::shared_ptr<bool> sampled) {
  (void)co_await source_->refresh();
  (void)co_await source_->stats(milliseconds(0));
  co_await scheduler_->run_once();
  *sampled = true;
  done->cancel();
}

asio::awaitable<void> Runtime::last_flush(core::SteadyTime deadline) {
  const bool open_buckets = !dogstatsd_ || dogstatsd_->options().flush_open_buckets;
  if (dogstatsd_) {
    co_await dogstatsd_->wait_for_quiet(clock_, deadline);
    (void)dogstatsd_->take_rest();
  }
  co_await integrations_->stop(std::min(deadline, clock_.now() + kJoinLimit));
  co_await pipeline_->flush(open_buckets);
  // From here on checks produce nothing; only the forwarder and the receivers still have work.
  tasks_.cancel_all();
  (void)co_await tasks_.join(std::min(deadline, clock_.now() + kJoinLimit));
  if (!dogstatsd_) co_return;
  // What came while the payloads were on their way gets payloads of its own.
  co_await intakes_.send_all(deadline - (deadline - clock_.now()) / kPartForTheRest);
  const bool more = dogstatsd_->take_rest();
  dogstatsd_->stop_capture();
  receivers_.cancel_all();
  (void)co_await receivers_.join(std::min(deadline, clock_.now() + kJoinLimit));
  if (more) co_await pipeline_->flush(open_buckets);
}

int Runtime::run() {
  log_start();
  start();
  io_.run();
  return 0;
}

}  // namespace

int run_agent(const config::Loaded& loaded) {
  // Memory goes back to the system: large blocks (compression, documents) are mapped on their own,
  // and stay so; the C library would raise the threshold when it sees one freed. One arena is
  // enough for one loop.
  mallopt(M_ARENA_MAX, 1);
  mallopt(M_MMAP_THRESHOLD, 128 * 1024);
  mallopt(M_TRIM_THRESHOLD, 128 * 1024);
  // Before anything that may hang. Never destroyed, like what waits on it.
  static StopSignals* const signals =
      new StopSignals(std::chrono::ceil<seconds>(loaded.settings.stop_timeout + kAbortGrace));
  (void)core::raise_descriptor_limit();
  core::start_logging(log_options(loaded.settings));
  // Never destroyed: a name look-up in progress holds a thread that nothing can interrupt, and its
  // resolver would be waited for. The process ends right after.
  static Runtime* const runtime = new Runtime(loaded, *signals);
  int code = 1;
  if (const auto built = runtime->build(); built) {
    code = runtime->run();
  } else {
    std::fprintf(stderr, "Error: %s\n",
                 core::printable(core::scrub(built.error().message())).c_str());
  }
  core::stop_logging(seconds(1));
  return code;
}

}  // namespace remora::agent
