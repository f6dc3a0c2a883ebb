#include "sandbox/task_services.hpp"

namespace remora::sandbox {

std::string TaskService::line(const TaskDefinition& definition) const {
  const std::string& name = definition.containers[container].name;
  if (problem.empty()) return name + ": " + server + " started on " + place;
  return name + ": " + problem;
}

asio::awaitable<void> TaskServices::start_one(TaskService& service, std::string address) {
  const ContainerDefinition& container = definition_.containers[service.container];
  const std::vector<std::uint16_t> ports = service_ports(container, *service.known);
  service.place = address + ":" + std::to_string(ports.front());
  if (is_installed(*service.known)) {
    auto process =
        co_await ServiceProcess::start(executor_, clock_, *service.known, address, ports);
    if (process) {
      service.process = std::move(*process);
      service.server = std::string(service.known->name);
      if (!service.process->version().empty()) service.server += " " + service.process->version();
      service.started = true;
    } else {
      service.problem =
          std::string(service.known->name) + " does not start: " + process.error().message();
    }
    co_return;
  }
  DockerEngine engine(docker_socket_);
  bool local = false;
  if (!docker_socket_.empty())
    local = co_await ServiceContainer::has_image(engine, container.image);
  if (!local) {
    service.problem =
        "no server started; `apt-get install " + std::string(service.known->package) + "` for one";
    co_return;
  }
  auto in_docker = co_await ServiceContainer::start(clock_, engine, container.image, container.name,
                                                    address, ports);
  if (in_docker) {
    service.in_docker = std::move(*in_docker);
    service.server = "a container of " + container.image;
    service.started = true;
  } else {
    service.problem = "no container started: " + in_docker.error().message();
  }
}

asio::awaitable<void> TaskServices::start(std::string address,
                                          std::function<bool(std::size_t)> stands) {
  for (std::size_t i = 0; i < definition_.containers.size(); ++i) {
    if (i == definition_.agent || stands(i)) continue;
    const KnownService* known = find_(definition_.containers[i].image);
    if (known == nullptr) continue;
    TaskService service;
    service.container = i;
    service.known = known;
    co_await start_one(service, address);
    services_.push_back(std::move(service));
  }
}

void TaskServices::poll() {
  for (TaskService& service : services_) {
    if (!service.process || !service.problem.empty()) continue;
    std::string failure = service.process->failure();
    if (!failure.empty()) service.problem = service.server + " " + failure;
  }
}

asio::awaitable<void> TaskServices::stop() {
  for (TaskService& service : services_) {
    if (service.process) co_await service.process->stop();
    if (service.in_docker) co_await service.in_docker->stop();
    service.process.reset();
    service.in_docker.reset();
  }
}

}  // namespace remora::sandbox
