// Where ECS shows an agent no Docker labels of its neighbours: how to attach checks all the same.
#pragma once

#include <string>
#include <string_view>

#include "remora/ecs/metadata.hpp"

namespace remora::agent {

/// One line for operators; empty where labels can be seen, or could not be hidden. On Managed
/// Instances the metadata endpoint may name ECS's own labels only.
/// Source: https://docs.datadoghq.com/containers/amazon_ecs/managed_instances/
[[nodiscard]] std::string hidden_labels_note(const ecs::TaskMetadata& task,
                                             ecs::LaunchType launch_type,
                                             std::string_view confd_path);

}  // namespace remora::agent
