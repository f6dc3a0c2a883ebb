// Labels and the variables in them: any text may stand in any label, whatever comes of it keeps its
// limits and shows no secret. The first line is `checks` or `check_names`, then `init_configs`,
// `instances`, `logs`.
#include <cstdint>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>

#include "remora/autodiscovery/masking.hpp"
#include "remora/autodiscovery/reconciler.hpp"

namespace {

using namespace remora;

void check_faults(const autodiscovery::FaultList& faults) {
  if (faults.kept().size() > autodiscovery::FaultList::kMax) std::abort();
  for (const auto& fault : faults.kept()) {
    const std::string line = to_string(fault);
    if (line.find('\n') != std::string::npos || line.size() > 4096) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto next = [&text] {
    const auto end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    return std::string(line);
  };
  const std::string first = next();
  ecs::TaskMetadata task;
  auto& container = task.containers.emplace_back();
  container.docker_id = container.name = "c";
  container.known_status = "RUNNING";
  container.networks = {{"awsvpc", {}, {"fd00::1"}}};
  container.ports = {{80, 0, "tcp"}};
  container.labels["com.datadoghq.ad.check_names"] = first;
  container.labels["com.datadoghq.ad.init_configs"] = next();
  container.labels["com.datadoghq.ad.instances"] = next();
  container.labels["com.datadoghq.ad.logs"] = next();
  for (int form = 0; form < 2; ++form) {
    autodiscovery::ReconcilerOptions options;
    options.variables.environment = [](std::string_view name) { return std::string(name); };
    autodiscovery::Reconciler reconciler(std::move(options), {});
    const auto changes = reconciler.update(task, ecs::LaunchType::fargate);
    check_faults(reconciler.faults());
    if (changes.schedule.size() > 1000) std::abort();
    for (const auto& config : changes.schedule) {
      if (config->instance.map() == nullptr || config->init_config.map() == nullptr) std::abort();
      if (config->check.empty() || config->id.size() > 300) std::abort();
      (void)autodiscovery::masked(config->instance);
    }
    if (!reconciler.update(task, ecs::LaunchType::fargate).empty()) std::abort();
    container.labels.erase("com.datadoghq.ad.check_names");
    container.labels["com.datadoghq.ad.checks"] = first;
  }
  return 0;
}
