#include "remora/config/secrets.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <variant>

#include "config/text.hpp"
#include "remora/config/options.hpp"
#include "remora/core/known_secrets.hpp"
#include "remora/core/scrub.hpp"

namespace remora::config {
namespace {

using KeyLists = std::map<std::string, std::vector<std::string>>;

struct Remember {
  const Option& option;

  void operator()(const std::string& text) const {
    if (option.show == Show::redacted) core::remember_secret(text);
    core::remember_secrets_of_url(text);
  }
  void operator()(const std::vector<std::string>& list) const {
    for (const std::string& text : list) core::remember_secrets_of_url(text);
  }
  void operator()(const std::map<std::string, std::string>& map) const {
    for (const auto& [name, text] : map) {
      if (core::is_secret_name(name)) core::remember_secret(text);
      core::remember_secrets_of_url(text);
    }
  }
  void operator()(const KeyLists& lists) const {
    for (const auto& [url, keys] : lists) {
      core::remember_secrets_of_url(url);
      for (const std::string& key : keys) core::remember_secret(key);
    }
  }
  template <class Other>
  void operator()(const Other&) const {}
};

}  // namespace

std::vector<std::string_view> secret_variables() {
  std::vector<std::string_view> out;
  for (const Option& option : options()) {
    const bool proxy = option.key == "proxy.http" || option.key == "proxy.https";
    const bool keys = std::holds_alternative<KeyLists Settings::*>(option.field);
    if (option.show != Show::redacted && !keys && !proxy) continue;
    for (const std::string_view name : split(option.env, " ")) out.push_back(name);
  }
  return out;
}

void remember_secrets(const Loaded& loaded, const Environment& environment) {
  for (const Option& option : options()) {
    std::visit([&](auto member) { Remember{option}(loaded.settings.*member); }, option.field);
  }
  for (const auto& [name, value] : environment) {
    const bool of_agent = name.starts_with("DD_") || name.starts_with("AWS_");
    if (of_agent && core::is_secret_name(name)) core::remember_secret(value);
    if (of_agent) core::remember_secrets_of_url(value);
  }
}

}  // namespace remora::config
