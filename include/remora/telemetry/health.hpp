// Which components are alive, and which are degraded.
//
// *Unhealthy* means: ECS should replace this container (the loop is stuck, a component ended). It
// never depends on another machine. *Degraded* means: something outside is wrong (intake,
// metadata endpoint, API key); it is shown and counted, and the container stays healthy.
// Rules for operators: docs/health.md.
#pragma once

#include <chrono>
#include <functional>
#include <list>
#include <string>
#include <string_view>
#include <vector>

#include "remora/core/clock.hpp"

namespace remora::telemetry {

class HealthRegistry;

/// One registered component. Threading: the loop's thread.
class HealthComponent {
 public:
  /// The component went once around its loop. It is healthy from its first beat on.
  void beat();
  /// Something outside is wrong; `reason` is one line for operators, never a secret.
  void degrade(std::string reason);
  /// The outside is well again.
  void recover();
  /// The component's coroutine ended although nobody asked it to.
  void died(std::string reason);

  [[nodiscard]] const std::string& name() const noexcept { return name_; }

 private:
  friend class HealthRegistry;
  std::string name_;
  std::chrono::milliseconds limit_{0};  ///< longest time between beats; zero = only `died` counts
  core::SteadyTime last_beat_{};
  bool started_ = false;
  bool dead_ = false;
  std::string degraded_, death_;
  const core::Clock* clock_ = nullptr;
};

struct HealthReport {
  struct Entry {
    std::string name, reason;
  };
  std::vector<std::string> healthy;  ///< sorted
  std::vector<Entry> unhealthy;      ///< sorted by name
  std::vector<Entry> degraded;       ///< sorted by name; each is in `healthy` as well
  [[nodiscard]] bool ok() const noexcept { return unhealthy.empty(); }
};

class HealthRegistry {
 public:
  explicit HealthRegistry(const core::Clock& clock) : clock_(clock) {}
  /// `limit` is the longest silence before the component counts as stuck. The reference stays
  /// valid for the life of the registry.
  HealthComponent& add(std::string name, std::chrono::milliseconds limit);
  [[nodiscard]] HealthReport report() const;

 private:
  const core::Clock& clock_;
  std::list<HealthComponent> components_;
};

}  // namespace remora::telemetry
