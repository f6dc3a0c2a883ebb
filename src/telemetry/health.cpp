#include "remora/telemetry/health.hpp"

#include <algorithm>

namespace remora::telemetry {

void HealthComponent::beat() {
  last_beat_ = clock_->now();
  started_ = true;
}

void HealthComponent::degrade(std::string reason) { degraded_ = std::move(reason); }

void HealthComponent::recover() { degraded_.clear(); }

void HealthComponent::died(std::string reason) {
  dead_ = true;
  death_ = std::move(reason);
}

HealthComponent& HealthRegistry::add(std::string name, std::chrono::milliseconds limit) {
  HealthComponent& component = components_.emplace_back();
  component.name_ = std::move(name);
  component.limit_ = limit;
  component.clock_ = &clock_;
  // Silence counts from registration: a component that never comes up is stuck as well.
  component.last_beat_ = clock_.now();
  return component;
}

HealthReport HealthRegistry::report() const {
  HealthReport report;
  const auto now = clock_.now();
  for (const HealthComponent& c : components_) {
    if (c.dead_) {
      report.unhealthy.push_back({c.name_, c.death_});
      continue;
    }
    const auto silent = std::chrono::duration_cast<std::chrono::seconds>(now - c.last_beat_);
    if (!c.started_) {
      report.unhealthy.push_back({c.name_, "not started yet"});
    } else if (c.limit_.count() > 0 && now - c.last_beat_ > c.limit_) {
      report.unhealthy.push_back(
          {c.name_, "no sign of life for " + std::to_string(silent.count()) + " s"});
    } else {
      report.healthy.push_back(c.name_);
      if (!c.degraded_.empty()) report.degraded.push_back({c.name_, c.degraded_});
    }
  }
  const auto by_name = [](const auto& a, const auto& b) { return a.name < b.name; };
  std::sort(report.healthy.begin(), report.healthy.end());
  std::sort(report.unhealthy.begin(), report.unhealthy.end(), by_name);
  std::sort(report.degraded.begin(), report.degraded.end(), by_name);
  return report;
}

}  // namespace remora::telemetry
