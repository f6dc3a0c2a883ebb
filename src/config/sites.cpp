#include "remora/config/sites.hpp"

#include <algorithm>
#include <array>

#include "config/text.hpp"
#include "remora/core/ascii.hpp"
#include "remora/core/edit_distance.hpp"

namespace remora::config {
namespace {

constexpr std::array<std::string_view, 9> kSites{
    "datadoghq.com",     "us3.datadoghq.com", "us5.datadoghq.com",
    "datadoghq.eu",      "ap1.datadoghq.com", "ap2.datadoghq.com",
    "uk1.datadoghq.com", "ddog-gov.com",      "us2.ddog-gov.com"};

// What people call a site by: the name of the region in the web interface.
struct Nickname {
  std::string_view name, site;
};
constexpr std::array<Nickname, 9> kNicknames{{{"us", "datadoghq.com"},
                                              {"us1", "datadoghq.com"},
                                              {"eu", "datadoghq.eu"},
                                              {"eu1", "datadoghq.eu"},
                                              {"eu1.datadoghq.eu", "datadoghq.eu"},
                                              {"eu1.datadoghq.com", "datadoghq.eu"},
                                              {"us1.datadoghq.com", "datadoghq.com"},
                                              {"us1-fed", "ddog-gov.com"},
                                              {"us2-fed", "us2.ddog-gov.com"}}};

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

std::span<const std::string_view> published_sites() { return kSites; }

std::string published_sites_line() {
  std::string line;
  for (const auto site : kSites) {
    if (!line.empty()) line += ", ";
    line += site;
  }
  return line;
}

// The pattern by which the Agent knows a host of Datadog's own: a label of at least two letters and
// one or two digits, then one of the domains. Source: DataDog/datadog-agent pkg/config/utils.
bool is_datadog_site(std::string_view site) {
  if (std::find(kSites.begin(), kSites.end(), site) != kSites.end()) return true;
  for (const char* other : {"us1.datadoghq.com", "us1.ddog-gov.com", "eu1.datadoghq.eu"}) {
    if (site == other) return false;  // regions by name only: no such host exists
  }
  static constexpr std::array<std::string_view, 6> kDomains{
      "datadoghq.com", "datadoghq.eu", "datad0g.com", "datad0g.eu", "ddog-gov.com", "ddog-gov.mil"};
  for (const auto domain : kDomains) {
    if (!site.ends_with(domain)) continue;
    std::string_view label = site.substr(0, site.size() - domain.size());
    if (label.empty()) return true;
    if (!label.ends_with('.')) continue;
    label.remove_suffix(1);
    const auto letters = static_cast<std::size_t>(
        std::find_if_not(label.begin(), label.end(), is_lower) - label.begin());
    const auto digits = label.substr(letters);
    if (letters >= 2 && !digits.empty() && digits.size() <= 2 &&
        std::all_of(digits.begin(), digits.end(), is_digit)) {
      return true;
    }
  }
  return false;
}

std::string_view nearest_site(std::string_view site) {
  const std::string low = core::ascii_lower(trimmed(site));
  for (const auto& nickname : kNicknames) {
    if (low == nickname.name) return nickname.site;
  }
  for (const auto known : kSites) {
    if (!low.empty() && known.starts_with(low + ".")) return known;  // "us5", "ddog-gov"
  }
  core::Nearest near(low, 3);
  for (const auto known : kSites) near.consider(known);
  std::string_view nearest = near.found();
  if (!nearest.empty()) return nearest;
  // A product host pasted whole, "agent-http-intake.logs.us5.datadoghq.com": its longest known end.
  for (const auto known : kSites) {
    if (low.ends_with("." + std::string(known)) && known.size() > nearest.size()) nearest = known;
  }
  return nearest;
}

std::string corrected_site(std::string_view text) {
  std::string site = core::ascii_lower(trimmed(text));
  if (const auto scheme = site.find("://"); scheme != std::string::npos) {
    site.erase(0, scheme + 3);
    site.resize(std::min(site.find_first_of("/?#"), site.size()));
    if (const auto at = site.rfind('@'); at != std::string::npos) site.erase(0, at + 1);
    site.resize(std::min(site.find(':'), site.size()));
  } else if (const auto slash = site.find('/'); slash != std::string::npos && slash > 0) {
    site.resize(slash);
  }
  while (site.ends_with('.')) site.pop_back();
  for (const std::string_view prefix : {"app.", "api.", "www."}) {
    // Only in front of what is left as a name of two labels: "app.example" stays.
    const auto rest = std::string_view(site).substr(std::min(prefix.size(), site.size()));
    if (site.starts_with(prefix) && rest.find('.') != std::string_view::npos) {
      site.erase(0, prefix.size());
      break;
    }
  }
  return site;
}

bool is_host_name(std::string_view site) {
  if (site.empty() || site.size() > 253) return false;
  std::size_t label = 0;
  for (const char c : site) {
    if (c == '.') {
      if (label == 0) return false;
      label = 0;
      continue;
    }
    if (!is_lower(c) && !(c >= 'A' && c <= 'Z') && !is_digit(c) && c != '-' && c != '_') {
      return false;
    }
    if (++label > 63) return false;
  }
  return label > 0;
}

}  // namespace remora::config
