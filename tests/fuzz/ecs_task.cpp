// GET /task of the metadata endpoint: any bytes may come, whatever parses keeps its invariants.
#include <algorithm>
#include <cstdlib>

#include "remora/ecs/image_name.hpp"
#include "remora/ecs/metadata.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto task =
      remora::ecs::parse_task(std::string_view(reinterpret_cast<const char*>(data), size));
  if (!task) return 0;
  if (task->task_arn.empty() || task->containers.size() > remora::ecs::kMaxContainers) std::abort();
  if (task->warnings.size() > 51 || !task->same_as(*task)) std::abort();
  const bool sorted = std::is_sorted(task->containers.begin(), task->containers.end(),
                                     [](const auto& a, const auto& b) { return a.name < b.name; });
  if (!sorted || task->account().size() + task->region().size() > task->task_arn.size()) {
    std::abort();
  }
  for (const auto& c : task->containers) {
    const auto image = remora::ecs::split_image_name(c.image);
    if (image.short_name.size() > image.long_name.size()) std::abort();
    if (!c.docker_id.empty() && task->find(c.docker_id) != &c) std::abort();
  }
  return 0;
}
