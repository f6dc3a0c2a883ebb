#include "agent/hidden_labels.hpp"

#include <algorithm>
#include <set>

#include "remora/ecs/image_name.hpp"

namespace remora::agent {
namespace {

constexpr std::string_view kEcsPrefix = "com.amazonaws.ecs.";
constexpr std::size_t kNamedImages = 5;

bool is_ours(const ecs::ContainerMetadata& container, const ecs::TaskMetadata& task) {
  return !container.docker_id.empty() && container.docker_id == task.own_docker_id;
}

bool shows_labels(const ecs::ContainerMetadata& container) {
  return std::any_of(container.labels.begin(), container.labels.end(),
                     [](const auto& label) { return !label.first.starts_with(kEcsPrefix); });
}

}  // namespace

std::string hidden_labels_note(const ecs::TaskMetadata& task, ecs::LaunchType launch_type,
                               std::string_view confd_path) {
  if (launch_type != ecs::LaunchType::managed_instances) return {};
  std::set<std::string> images;
  for (const ecs::ContainerMetadata& container : task.containers) {
    if (shows_labels(container)) return {};
    const bool normal = container.type.empty() || container.type == "NORMAL";
    if (!normal || is_ours(container, task)) continue;
    const std::string image = ecs::split_image_name(container.image).short_name;
    if (!image.empty()) images.insert(image);
  }
  if (images.empty()) return {};
  std::string names;
  std::size_t named = 0;
  for (const std::string& image : images) {
    if (++named > kNamedImages) {
      names += ", …";
      break;
    }
    names += (names.empty() ? "" : ", ") + image;
  }
  return "none can be seen: ECS Managed Instances may hide them, and checks written in labels do "
         "not run then. Put the check into a file, mounted or built into the image: " +
         std::string(confd_path) +
         "/<check>.d/conf.yaml with `ad_identifiers: [<image>]`, `init_config:` and `instances:`; "
         "<image> is one of " +
         names;
}

}  // namespace remora::agent
