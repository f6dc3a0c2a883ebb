// Bytes as a task definition, a template or JSON of Terraform: whatever is read is whole, and can
// be looked through.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "remora/taskdef/findings.hpp"
#include "remora/taskdef/task_definition.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace remora;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto all = taskdef::parse_each(text);
  if (!all) {
    if (all.error().message().empty()) std::abort();
    return 0;
  }
  if (all->definitions.empty() ||
      all->definitions.size() + all->unread.size() > taskdef::kMaxDefinitions)
    std::abort();
  for (const taskdef::Unread& one : all->unread)
    if (one.message.empty()) std::abort();
  for (const taskdef::TaskDefinition& task : all->definitions) {
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
