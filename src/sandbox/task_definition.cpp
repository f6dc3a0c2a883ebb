#include "sandbox/task_definition.hpp"

#include <utility>

namespace remora::sandbox {
namespace {

Result<TaskDefinition> first_of(Result<std::vector<TaskDefinition>> all) {
  if (!all) return all.error();
  return std::move(all->front());
}

}  // namespace

std::string_view short_image(std::string_view image) {
  image = image.substr(0, image.find('@'));
  const std::size_t slash = image.rfind('/');
  if (slash != std::string_view::npos) image.remove_prefix(slash + 1);
  return image.substr(0, image.find(':'));
}

Result<TaskDefinition> parse_task_definition(std::string_view text) {
  return first_of(taskdef::parse_definitions(text));
}

Result<TaskDefinition> read_task_definition(const std::string& path) {
  auto read = first_of(taskdef::read_definitions(path));
  if (!read && read.error().code() == Errc::not_found)
    return fail(Errc::not_found,
                read.error().message() + " (--task-definition FILE names another)");
  return read;
}

}  // namespace remora::sandbox
