#include "remora/forwarder/hosts.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace remora::forwarder {
namespace {

constexpr std::array<std::string_view, 9> kSites = {
    "datadoghq.com",     "us3.datadoghq.com", "us5.datadoghq.com",
    "datadoghq.eu",      "ap1.datadoghq.com", "ap2.datadoghq.com",
    "uk1.datadoghq.com", "ddog-gov.com",      "us2.ddog-gov.com"};

// As the pattern of the Agent has it: the published ones and Datadog's own.
constexpr std::array<std::string_view, 6> kOwnedDomains = {
    "datadoghq.com", "datadoghq.eu", "datad0g.com", "datad0g.eu", "ddog-gov.com", "ddog-gov.mil"};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }

// Two or more letters, one or two digits: us3, ap1.
bool is_datacenter(std::string_view label) {
  const auto letters = static_cast<std::size_t>(
      std::find_if_not(label.begin(), label.end(), is_lower) - label.begin());
  const std::string_view digits = label.substr(letters);
  return letters >= 2 && (digits.size() == 1 || digits.size() == 2) &&
         std::all_of(digits.begin(), digits.end(), is_digit);
}

std::string_view without_final_dot(std::string_view host) {
  if (host.ends_with('.')) host.remove_suffix(1);
  return host;
}

// "us3.datadoghq.com" of "7-72-1-app.agent.us3.datadoghq.com"; nothing for hosts of other owners.
std::optional<std::string_view> owned_site(std::string_view host) {
  host = without_final_dot(host);
  for (const std::string_view domain : kOwnedDomains) {
    if (!host.ends_with(domain)) continue;
    std::string_view before = host.substr(0, host.size() - domain.size());
    if (before.empty()) return domain;
    if (before.back() != '.') continue;  // "notdatadoghq.com"
    before.remove_suffix(1);
    const auto dot = before.rfind('.');
    const std::string_view label = dot == std::string_view::npos ? before : before.substr(dot + 1);
    return is_datacenter(label) ? host.substr(host.size() - domain.size() - label.size() - 1)
                                : domain;
  }
  return std::nullopt;
}

// "7-72-1" of "7.72.1-rc.2"; empty when the text holds no three numbers.
std::string dashed_version(std::string_view version) {
  std::string dashed;
  int numbers = 0;
  while (numbers < 3) {
    const auto digits = static_cast<std::size_t>(
        std::find_if_not(version.begin(), version.end(), is_digit) - version.begin());
    if (digits == 0) return {};
    if (numbers++ > 0) dashed += '-';
    dashed += version.substr(0, digits);
    version.remove_prefix(digits);
    if (numbers < 3) {
      if (!version.starts_with('.')) return {};
      version.remove_prefix(1);
    }
  }
  return dashed;
}

void add_version(net::Url& url, std::string_view agent_version) {
  const std::string_view host = without_final_dot(url.host);
  const auto site = owned_site(host);
  if (!site) return;
  const std::string_view before = host.substr(0, host.size() - site->size());
  if (before != "app." && before != "app.mrf.") return;
  const std::string version = dashed_version(agent_version);
  if (version.empty()) return;
  url.host = version + "-app.agent" + std::string(host.substr(std::string_view("app").size()));
}

}  // namespace

std::span<const std::string_view> known_sites() { return kSites; }

Result<net::Url> infra_url(std::string_view site, std::string_view dd_url,
                           std::string_view agent_version) {
  if (!dd_url.empty()) {
    auto url = infra_url_of(dd_url, agent_version);
    if (!url) return fail(url.error(), "DD_DD_URL");
    return url;
  }
  const auto first = site.find_first_not_of(" \t\r\n");
  site = first == std::string_view::npos
             ? known_sites().front()
             : site.substr(first, site.find_last_not_of(" \t\r\n") - first + 1);
  const bool plain = std::all_of(site.begin(), site.end(), [](char c) {
    return is_lower(c) || is_digit(c) || (c >= 'A' && c <= 'Z') || c == '.' || c == '-' ||
           c == '_' || c == ':';
  });
  if (!plain || site.front() == '.') {
    return fail(Errc::invalid_config,
                "DD_SITE: \"" + std::string(site.substr(0, 100)) +
                    "\" is not a site; write it without https:// and path, as in datadoghq.eu");
  }
  auto url = infra_url_of("https://app." + std::string(site), agent_version);
  if (!url) return fail(url.error(), "DD_SITE");
  return url;
}

Result<net::Url> infra_url_of(std::string_view url, std::string_view agent_version) {
  auto parsed = net::parse_url(url);
  if (parsed) add_version(*parsed, agent_version);
  return parsed;
}

net::Url validation_base(const net::Url& infra) {
  const auto site = owned_site(infra.host);
  if (!site) return infra;
  net::Url url;
  url.scheme = "https";
  url.host = "api." + std::string(*site);
  url.port = 443;
  url.target = "/";
  return url;
}

}  // namespace remora::forwarder
