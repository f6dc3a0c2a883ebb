// GET /task/stats of the metadata endpoint: any bytes may come.
#include <cstdlib>

#include "remora/ecs/metadata.hpp"
#include "remora/ecs/stats.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto stats =
      remora::ecs::parse_task_stats(std::string_view(reinterpret_cast<const char*>(data), size));
  if (!stats) return 0;
  if (stats->containers.size() > remora::ecs::kMaxContainers || stats->warnings.size() > 51) {
    std::abort();
  }
  for (const auto& [id, c] : stats->containers) {
    if (id.empty() || (c && !c->cpu.total_ns)) std::abort();
    if (c && (c->networks.size() > 64 || c->memory.detail.size() > 128)) std::abort();
  }
  return 0;
}
