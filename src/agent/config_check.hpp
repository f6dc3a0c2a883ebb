// Text of `agent configcheck`: every check configuration as it was resolved, and what is wrong with
// labels and files.
//
// Source of the form: DataDog/datadog-agent pkg/flare/config_check.go.
#pragma once

#include <string>

#include "remora/autodiscovery/reconciler.hpp"
#include "remora/checks/integration_scheduler.hpp"
#include "remora/tagger/tagger.hpp"

namespace remora::agent {

/// `level`: of the tags on instances whose configuration names none. `verbose`: also templates of
/// files that match no container, and log configurations. At most about 3 MiB; what is left out is
/// counted in the last line. Values of secret keys are masked.
[[nodiscard]] std::string config_check_text(const autodiscovery::Reconciler& reconciler,
                                            const checks::IntegrationScheduler& scheduler,
                                            const tagger::Tagger& tagger, tagger::Cardinality level,
                                            bool verbose);

}  // namespace remora::agent
