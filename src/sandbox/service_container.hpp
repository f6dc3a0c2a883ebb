// The real server of a container, as a container of the local Docker Engine.
//
// Source: Docker Engine API v1.41, /images/{name}/json, /containers/create, /containers/{id}.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "remora/core/async.hpp"
#include "remora/core/clock.hpp"
#include "remora/core/error.hpp"
#include "sandbox/docker_engine.hpp"
#include "sandbox/task_definition.hpp"

namespace remora::sandbox {

/// Threading: the loop. It carries the label of ECS with the container's name, by which DockerStats
/// finds it. The engine owns it: unlike a process it stays behind when the sandbox is killed.
class ServiceContainer {
 public:
  /// True when the engine has the image: nothing is ever pulled. False without an engine, too.
  [[nodiscard]] static asio::awaitable<bool> has_image(DockerEngine engine, std::string image);
  /// Starts a container of the image with `ports` published on `address`; the first one accepts
  /// connections then. Errors: io, timeout (5 s), those of the engine; nothing is left behind.
  [[nodiscard]] static asio::awaitable<Result<std::unique_ptr<ServiceContainer>>> start(
      core::Clock& clock, DockerEngine engine, std::string image, std::string name,
      std::string address, std::vector<std::uint16_t> ports);

  [[nodiscard]] const std::string& id() const noexcept { return id_; }
  /// Ends and removes it.
  [[nodiscard]] asio::awaitable<void> stop();

 private:
  ServiceContainer(DockerEngine engine, std::string id)
      : engine_(std::move(engine)), id_(std::move(id)) {}
  DockerEngine engine_;
  std::string id_;
};

}  // namespace remora::sandbox
