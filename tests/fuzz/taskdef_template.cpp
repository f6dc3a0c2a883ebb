// Bytes as a task definition or template: whatever is read is whole, and can be looked through.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "remora/taskdef/findings.hpp"
#include "remora/taskdef/task_definition.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace remora;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto all = taskdef::parse_definitions(text);
  if (!all) {
    if (all.error().message().empty()) std::abort();
    return 0;
  }
  if (all->empty() || all->size() > taskdef::kMaxDefinitions) std::abort();
  for (const taskdef::TaskDefinition& task : *all) {
    if (task.containers.empty()) std::abort();
    if (task.has_agent() && task.agent >= task.containers.size()) std::abort();
    for (const auto& container : task.containers) {
      if (container.name.empty() || container.image.empty()) std::abort();
    }
    for (const auto& fault : taskdef::find_mistakes(task)) {
      if (fault.message.empty()) std::abort();
    }
    (void)taskdef::find_label_mistakes(task);
  }
  return 0;
}
