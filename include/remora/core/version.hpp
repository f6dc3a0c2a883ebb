// Versions we state about ourselves.
#pragma once

#include <span>
#include <string_view>

namespace remora::core {

/// Version of this program, from CMake's project().
inline constexpr std::string_view kVersion = REMORA_VERSION;

/// The Datadog Agent release whose behaviour we follow. The infra intake's host name starts with an
/// Agent version (`7-77-0-app.agent.<site>`), and a host of an Agent that exists is the safe one.
inline constexpr std::string_view kCompatibleAgentVersion = "7.77.0";

/// A Debian package that is linked into the program, and its version.
struct LinkedPackage {
  std::string_view name, version;
};

/// The bill of materials: what `agent version --full` prints and the image ships.
[[nodiscard]] std::span<const LinkedPackage> linked_packages();

}  // namespace remora::core
