#include "forwarder/redirect.hpp"

#include <optional>

namespace remora::forwarder {
namespace {

constexpr std::size_t kLongestLocation = 2'048;

std::string_view without_query(std::string_view target) {
  return target.substr(0, target.find_first_of("?#"));
}

// The address that `location` means for a client that asked `base`; nothing for relative paths,
// which no proxy sends for a POST, and for what is no URL.
std::optional<net::Url> resolved(const net::Url& base, std::string_view location) {
  if (location.empty() || location.size() > kLongestLocation) return std::nullopt;
  std::string text(location);
  if (location.starts_with("//")) {
    text.insert(0, base.scheme + ":");
  } else if (location.starts_with('/')) {
    text.insert(0, base.origin());
  }
  auto url = net::parse_url(text);
  if (!url) return std::nullopt;
  url->target = without_query(url->target);
  url->userinfo.clear();
  return std::move(*url);
}

}  // namespace

std::string moved_base(const net::Url& base, std::string_view path, std::string_view location) {
  const auto url = resolved(base, location);
  if (!url || !url->target.ends_with(path)) return {};
  const std::string prefix = url->target.substr(0, url->target.size() - path.size());
  const std::string moved = url->origin() + prefix;
  return url->origin() + url->target == base.origin() + base.join(path).target ? "" : moved;
}

std::string not_delivered(int status, const net::Url& base, std::string_view path,
                          std::string_view location, std::string_view setting) {
  std::string text = "status " + std::to_string(status) + " on " + std::string(path);
  const bool redirect = status >= 300 && status < 400 && status != 304;
  if (!redirect) {
    return text + ": not an answer of the intake, something on the way to it answers; check " +
           std::string(setting) + " and the proxy settings";
  }
  const std::string moved = moved_base(base, path, location);
  if (!moved.empty()) {
    return text + ": redirected, which is not followed; set " + std::string(setting) + " to " +
           moved;
  }
  const auto url = resolved(base, location);
  text +=
      url ? ": redirected to " + url->origin() + url->target : ": redirected to no usable address";
  return text + ", which is not followed; set " + std::string(setting) +
         " to the URL of the intake itself";
}

}  // namespace remora::forwarder
