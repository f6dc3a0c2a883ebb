// The real servers of a task: what of its containers is a known service is started here.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "remora/core/async.hpp"
#include "remora/core/clock.hpp"
#include "sandbox/known_service.hpp"
#include "sandbox/service_container.hpp"
#include "sandbox/service_process.hpp"
#include "sandbox/task_definition.hpp"

namespace remora::sandbox {

/// One container whose image is a known service and that nothing else stands for.
struct TaskService {
  std::size_t container = 0;  ///< index in the definition
  const KnownService* known = nullptr;
  std::string place;    ///< "127.30.4.8:6379"
  std::string server;   ///< "redis-server 7.0.15", "a container of redis:7"
  std::string problem;  ///< why it was not started, or how it ended; empty = it runs
  std::unique_ptr<ServiceProcess> process;  ///< one of these two, when started
  std::unique_ptr<ServiceContainer> in_docker;
  bool started = false;

  /// "redis: redis-server 7.0.15 started on 127.30.4.8:6379", or what is wrong and what to do.
  [[nodiscard]] std::string line(const TaskDefinition& definition) const;
};

/// Threading: the loop. Lifetime: `clock` and `definition` outlive it.
class TaskServices {
 public:
  using Find = std::function<const KnownService*(std::string_view image)>;

  /// `docker_socket` empty: no engine is asked.
  TaskServices(asio::any_io_executor executor, core::Clock& clock, const TaskDefinition& definition,
               std::string docker_socket, Find find = find_service)
      : executor_(std::move(executor)),
        clock_(clock),
        definition_(definition),
        docker_socket_(std::move(docker_socket)),
        find_(std::move(find)) {}

  /// Starts a server on `address` for each container that is a known service, unless it is the
  /// agent's or `stands` says that something stands for it. One that fails keeps no other back.
  [[nodiscard]] asio::awaitable<void> start(std::string address,
                                            std::function<bool(std::size_t)> stands);
  /// Looks whether those started still run.
  void poll();
  /// Ends them all.
  [[nodiscard]] asio::awaitable<void> stop();

  [[nodiscard]] const std::vector<TaskService>& services() const noexcept { return services_; }

 private:
  [[nodiscard]] asio::awaitable<void> start_one(TaskService& service, std::string address);

  asio::any_io_executor executor_;
  core::Clock& clock_;
  const TaskDefinition& definition_;
  std::string docker_socket_;
  Find find_;
  std::vector<TaskService> services_;
};

}  // namespace remora::sandbox
