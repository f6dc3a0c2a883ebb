// Services whose real server the sandbox can start beside the task: one row for each.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sandbox/task_definition.hpp"

namespace remora::sandbox {

/// Where one server is to listen and what it may write to.
struct ServicePlace {
  std::string address;               ///< of loopback
  std::vector<std::uint16_t> ports;  ///< at least one; a server that takes one takes the first
  std::string directory;             ///< temporary, its own
};

struct KnownService {
  std::string_view image;         ///< short image name: "redis" of "docker.io/library/redis:7"
  std::string_view name;          ///< of the server, as the report says it
  std::string_view program;       ///< of the Debian package
  std::string_view package;       ///< Debian package to install
  std::string_view version_flag;  ///< makes the program print one line with its version
  std::uint16_t port;             ///< of a container without port mappings
  std::string_view check;         ///< that the agent's own configuration asks for; empty = none
  /// Behind the program's name: in the foreground, as one process, nothing outside `directory`.
  std::vector<std::string> (*arguments)(const ServicePlace& place);
  /// Text of `<directory>/server.conf`; null = the server needs none.
  std::string (*configuration)(const ServicePlace& place);
};

/// Null when the image is of no known service.
[[nodiscard]] const KnownService* find_service(std::string_view image);

/// TCP ports the container listens on: those mapped, else those its labels name behind %%host%%,
/// else the service's own; the ones of labels besides in any case.
[[nodiscard]] std::vector<std::uint16_t> service_ports(const ContainerDefinition& container,
                                                       const KnownService& service);

/// "7.0.15" of "Redis server v=7.0.15 sha=…", "1.22.1" of "nginx version: nginx/1.22.1"; empty when
/// the text holds no version.
[[nodiscard]] std::string version_in(std::string_view text);

}  // namespace remora::sandbox
