#include "preview/example_task.hpp"

#include <algorithm>

namespace remora::preview {
namespace {

using taskdef::ContainerDefinition;
using taskdef::TaskDefinition;

ecs::ContainerMetadata example_container(const TaskDefinition& definition,
                                         const ContainerDefinition& container) {
  ecs::ContainerMetadata out;
  out.docker_id = "<id-of-" + container.name + ">";
  out.name = container.name;
  out.docker_name = container.name;
  out.image = container.image;
  out.image_id = "<image-id>";
  out.known_status = out.desired_status = "RUNNING";
  out.type = "NORMAL";
  out.labels = container.labels;
  for (const taskdef::PortMapping& port : container.ports)
    out.ports.push_back({port.container_port, port.container_port, port.protocol});
  if (definition.network_mode != "none") {
    ecs::Network network;
    const bool known = definition.network_mode == "host" || definition.network_mode == "bridge";
    network.mode = known ? definition.network_mode : "awsvpc";
    network.ipv4 = {kExampleAddress};
    out.networks.push_back(std::move(network));
  }
  return out;
}

}  // namespace

ecs::LaunchType launch_type_of(const TaskDefinition& definition) {
  for (const auto type :
       {ecs::LaunchType::fargate, ecs::LaunchType::managed_instances, ecs::LaunchType::external}) {
    if (definition.launch_type == ecs::to_string(type)) return type;
  }
  return ecs::LaunchType::ec2;
}

ecs::TaskMetadata example_task(const TaskDefinition& definition) {
  ecs::TaskMetadata out;
  out.cluster = "<cluster>";
  out.task_arn = "arn:aws:ecs:<region>:<account>:task/<cluster>/<task-id>";
  out.family = definition.family;
  out.revision = "<revision>";
  out.service_name = "<service>";
  out.availability_zone = "<zone>";
  out.known_status = out.desired_status = "RUNNING";
  out.launch_type = launch_type_of(definition);
  for (const ContainerDefinition& container : definition.containers)
    out.containers.push_back(example_container(definition, container));
  if (definition.has_agent()) out.own_docker_id = out.containers[definition.agent].docker_id;
  return out;
}

}  // namespace remora::preview
