// The options of an instance -> those of its mapper, for either engine.
//
// Source: DataDog/integrations-core datadog_checks_base, datadog_checks/base/checks/openmetrics: v2
// (scraper/base_scraper.py, transform.py, labels.py) and mixins.py.
#pragma once

#include "remora/checks/openmetrics/mapper_options.hpp"
#include "remora/core/error.hpp"
#include "remora/model/value.hpp"

namespace remora::checks::openmetrics {

/// Of an instance with `openmetrics_endpoint`; the endpoint's tag is left to the caller.
/// Errors: invalid_config, naming the option and the entry that is missing or of a wrong shape.
/// Options nobody knows are passed over.
[[nodiscard]] Result<MapperOptions> read_mapper_options(const model::Value& instance);

/// Likewise of one with `prometheus_url`.
[[nodiscard]] Result<LegacyMapperOptions> read_legacy_options(const model::Value& instance);

}  // namespace remora::checks::openmetrics
