// Which hosts a site means: infra intake, key validation, and the rewriting of versioned hosts.
//
// Source: DataDog/datadog-agent pkg/config/utils/endpoints.go; docs.datadoghq.com "Sites".
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "remora/core/error.hpp"
#include "remora/net/url.hpp"

namespace remora::forwarder {

/// The published sites, US1 first.
[[nodiscard]] std::span<const std::string_view> known_sites();

/// Base URL of series, service checks and events: `dd_url` when set, else https://app.<site>. Hosts
/// app.<Datadog-owned site> become <major>-<minor>-<patch>-app.agent.<site>; others stay.
/// Errors: invalid_config.
[[nodiscard]] Result<net::Url> infra_url(std::string_view site, std::string_view dd_url,
                                         std::string_view agent_version);
/// The same rewriting for a URL of DD_ADDITIONAL_ENDPOINTS.
[[nodiscard]] Result<net::Url> infra_url_of(std::string_view url, std::string_view agent_version);
/// https://api.<site> for a Datadog-owned host, else the URL itself.
[[nodiscard]] net::Url validation_base(const net::Url& infra);

}  // namespace remora::forwarder
