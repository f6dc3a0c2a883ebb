// "Collector" of `agent status`: the checks of the agent and those of integrations in one block.
#pragma once

#include "agent/integrations.hpp"
#include "remora/checks/scheduler.hpp"
#include "remora/telemetry/status.hpp"

namespace remora::agent {

/// Children of the same title become one; "No checks have run yet" goes where one has.
[[nodiscard]] telemetry::StatusNode joined_blocks(telemetry::StatusNode first,
                                                  telemetry::StatusNode second);

/// Lifetime: the references outlive it.
class CollectorStatus final : public telemetry::StatusSource {
 public:
  CollectorStatus(const checks::Scheduler& own, const Integrations& integrations)
      : own_(own), integrations_(integrations) {}
  [[nodiscard]] telemetry::StatusNode status() const override {
    return joined_blocks(own_.status(), integrations_.collector_status());
  }

 private:
  const checks::Scheduler& own_;
  const Integrations& integrations_;
};

}  // namespace remora::agent
