#include "preview/instance_maker.hpp"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <string_view>

#include "preview/stand_ins.hpp"
#include "remora/checks/integration.hpp"
#include "remora/checks/integration_instance.hpp"
#include "remora/core/clock.hpp"
#include "remora/core/edit_distance.hpp"
#include "remora/core/scrub.hpp"
#include "remora/net/beast_client.hpp"

namespace remora::preview {
namespace {

using model::Value;

Made unknown_check(const std::string& name) {
  Made out;
  for (const checks::IntegrationInfo* info : checks::integrations()) {
    const bool close = core::edit_distance(name, info->name, 2) <= 2;
    if (close || name + "_check" == info->name)
      out.correction = "\"" + std::string(info->name) + "\"";
  }
  out.failure = "remora has no check called " + name + ": docs/checks.md lists those it has";
  return out;
}

}  // namespace

struct InstanceMaker::Impl {
  asio::io_context io;
  core::SystemClock clock;
  checks::CheckHttp http{io.get_executor(), {}};
  checks::CheckServices services{io.get_executor(), clock, http, {}};
  telemetry::AggregatorCounters aggregator;
  telemetry::CheckCounters counters;
  metrics::SamplerBudget budget;

  Result<std::unique_ptr<checks::IntegrationInstance>> make(
      const checks::IntegrationInfo& info, const autodiscovery::CheckConfig& config, Value instance,
      Value init_config) {
    checks::InstanceConfig one;
    one.check = config.check;
    one.id = config.id;
    one.source = config.source;
    one.instance = std::move(instance);
    one.init_config = std::move(init_config);
    return checks::IntegrationInstance::make(info, std::move(one), services,
                                             {aggregator, counters, budget, {}}, {});
  }
};

InstanceMaker::InstanceMaker() : impl_(std::make_unique<Impl>()) {}
InstanceMaker::~InstanceMaker() = default;

Made InstanceMaker::make(const autodiscovery::CheckConfig& config, const Value& instance) {
  const checks::IntegrationInfo* info = checks::find_integration(config.check);
  if (info == nullptr) return unknown_check(config.check);
  Made out;
  auto made = impl_->make(*info, config, instance, config.init_config);
  if (!made && holds_stand_in(instance)) {
    // Any text fails where an option is a number; a number may well be what comes.
    auto again = impl_->make(*info, config, with_numbers(instance), config.init_config);
    if (again) made = std::move(again);
  }
  if (!made) {
    out.failure = core::scrub(made.error().message());
    return out;
  }
  for (const std::string& note : (*made)->notes()) out.notes.push_back(core::scrub(note));
  out.interval = (*made)->interval();
  return out;
}

}  // namespace remora::preview
