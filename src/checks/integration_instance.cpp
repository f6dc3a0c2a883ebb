#include "remora/checks/integration_instance.hpp"

#include <exception>
#include <utility>

#include "checks/instance_sender.hpp"
#include "checks/instance_settings.hpp"
#include "remora/core/log.hpp"
#include "remora/core/scrub.hpp"
#include "remora/core/utf8.hpp"

namespace remora::checks {
namespace {

const core::Logger kLog("checks");

// A check's error is one line; what a server said may be part of it.
constexpr std::size_t kMaxErrorBytes = 2'000;

// Of integrations at the intake: product Agent, category integration metrics.
// Source: DataDog/datadog-agent pkg/serializer/internal/metrics/origin_mapping.go.
constexpr std::uint32_t kIntegrationCategory = 11;

model::Origin origin_of(const IntegrationInfo& info) {
  model::Origin origin;
  if (info.origin_service == 0) return origin;
  origin.category = kIntegrationCategory;
  origin.service = info.origin_service;
  return origin;
}

metrics::CheckSamplerOptions sampler_options(const IntegrationInfo& info,
                                             const InstanceSettings& settings,
                                             const InstanceOptions& options) {
  metrics::CheckSamplerOptions sampler;
  sampler.histogram = options.histogram;
  if (!settings.empty_hostname) sampler.hostname = options.hostname;
  sampler.tags = settings.tags;
  sampler.origin = origin_of(info);
  sampler.max_contexts = options.max_contexts;
  sampler.max_bytes = options.max_bytes;
  return sampler;
}

std::string error_text(const Error& error) {
  std::string scratch;
  const std::string scrubbed = core::excerpt(error.message(), kMaxErrorBytes);
  std::string text(core::valid_utf8(scrubbed, scratch));
  if (text.empty()) text = to_string(error.code());
  return text;
}

}  // namespace

struct IntegrationInstance::Impl {
  const IntegrationInfo& info;
  InstanceConfig config;
  InstanceSettings settings;
  core::Clock& clock;
  metrics::CheckSampler sampler;
  SamplerSender sender;
  std::unique_ptr<IntegrationCheck> check;

  Impl(const IntegrationInfo& i, InstanceConfig c, InstanceSettings s, core::Clock& k,
       const InstancePorts& ports, const InstanceOptions& options)
      : info(i),
        config(std::move(c)),
        settings(std::move(s)),
        clock(k),
        sampler(sampler_options(info, settings, options), ports.aggregator, ports.budget),
        sender(info, settings, settings.empty_hostname ? std::string() : options.hostname, sampler,
               clock, ports.checks, ports.service_checks) {}
};

Result<std::unique_ptr<IntegrationInstance>> IntegrationInstance::make(
    const IntegrationInfo& info, InstanceConfig config, const CheckServices& services,
    const InstancePorts& ports, const InstanceOptions& options) {
  auto settings = read_instance_settings(info, config);
  if (!settings) return settings.error();
  for (const std::string& note : settings->notes) {
    kLog.warn("option of a check instance passed over",
              {{"check", config.check}, {"source", config.source}, {"reason", note}});
  }
  auto impl = std::make_unique<Impl>(info, std::move(config), std::move(*settings), services.clock,
                                     ports, options);
  auto check = info.create(impl->config, services);
  if (!check) return fail(check.error().code(), error_text(check.error()));
  impl->check = std::move(*check);
  return std::unique_ptr<IntegrationInstance>(new IntegrationInstance(std::move(impl)));
}

IntegrationInstance::IntegrationInstance(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
IntegrationInstance::~IntegrationInstance() = default;

asio::awaitable<RunOutcome> IntegrationInstance::run() {
  Impl& d = *impl_;
  d.sender.begin_run();
  const auto begin = d.clock.now();
  RunOutcome outcome;
  try {
    const Result<void> result = co_await d.check->run(d.sender);
    if (!result) outcome.error = error_text(result.error());
  } catch (const std::exception& e) {
    outcome.error = core::scrub("exception: " + std::string(e.what()));
  } catch (...) {
    outcome.error = "exception of an unknown type";
  }
  // No further wait from here on: it would throw in a run that was cancelled.
  commit();
  outcome.elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(d.clock.now() - begin);
  const SamplerSender::Counts& counts = d.sender.counts();
  outcome.samples = counts.samples;
  outcome.buckets = counts.buckets;
  outcome.service_checks = counts.service_checks;
  outcome.warnings = counts.warnings;
  outcome.notes = counts.notes;
  co_return outcome;
}

void IntegrationInstance::commit() {
  impl_->sampler.commit(impl_->clock.now(), core::unix_seconds(impl_->clock.wall()));
}

std::size_t IntegrationInstance::flush(metrics::FlushSink& sink) {
  return impl_->sampler.flush(sink);
}

const IntegrationInfo& IntegrationInstance::info() const noexcept { return impl_->info; }
const InstanceConfig& IntegrationInstance::config() const noexcept { return impl_->config; }

std::string IntegrationInstance::title() const {
  std::string title(impl_->info.name);
  if (!impl_->settings.name.empty()) title += " (" + impl_->settings.name + ")";
  return title;
}

std::chrono::seconds IntegrationInstance::interval() const noexcept {
  return impl_->settings.interval;
}

const std::vector<std::string>& IntegrationInstance::notes() const noexcept {
  return impl_->settings.notes;
}

const std::map<std::string, std::string, std::less<>>& IntegrationInstance::metadata()
    const noexcept {
  return impl_->sender.known_metadata();
}

}  // namespace remora::checks
