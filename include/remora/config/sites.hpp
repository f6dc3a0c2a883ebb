// The published Datadog sites, and what an operator meant by something close to one.
//
// Source: Datadog documentation, "Getting Started with Datadog Sites".
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace remora::config {

/// Values of DD_SITE that Datadog publishes, the default first.
[[nodiscard]] std::span<const std::string_view> published_sites();
/// The same as one line, "datadoghq.com, us3.datadoghq.com, …", for messages.
[[nodiscard]] std::string published_sites_line();

/// True for published sites and for further regions of Datadog's own domains ("us9.datadoghq.com").
[[nodiscard]] bool is_datadog_site(std::string_view site);

/// The published site closest to `site`: "us5" -> us5.datadoghq.com. Empty when none resembles it.
[[nodiscard]] std::string_view nearest_site(std::string_view site);

/// The site inside a pasted URL or product host: scheme, user, port, path, trailing dot and a
/// leading "app." or "api." are cut off, capitals made small. Returns `text` itself when there is
/// nothing to correct.
[[nodiscard]] std::string corrected_site(std::string_view text);

/// True when `site` can be a host name: letters, digits, '-' and '.', no empty label, at most 253.
[[nodiscard]] bool is_host_name(std::string_view site);

}  // namespace remora::config
