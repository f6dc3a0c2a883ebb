// What must hold before the agent starts. One line per mistake, with what to do about it.
#include <algorithm>
#include <string>

#include "config/text.hpp"
#include "config/value.hpp"
#include "remora/config/load.hpp"
#include "remora/config/sites.hpp"
#include "remora/core/ascii.hpp"

namespace remora::config {
namespace {

constexpr std::size_t kKeyLength = 32;  ///< hexadecimal digits of an API key
constexpr const char* kWhatToDo =
    "; set it in the task definition with a `secrets` entry: "
    R"({"name": "DD_API_KEY", "valueFrom": "<ARN of the secret>"})";

bool is_placeholder(std::string_view key) {
  const std::string low = core::ascii_lower(key);
  if (low.find("${") != std::string::npos || low.find("{{") != std::string::npos ||
      low.find("$(") != std::string::npos) {
    return true;  // a template that nobody filled in
  }
  if (low.starts_with('<') && low.ends_with('>')) return true;
  std::string letters;  // "YOUR_API_KEY", "your-datadog-api-key", "Change Me"
  for (const char c : low) {
    if (c >= 'a' && c <= 'z') letters += c;
  }
  if (letters.find("apikey") != std::string::npos || letters.starts_with("changeme") ||
      letters.starts_with("replaceme") || letters.find("placeholder") != std::string::npos) {
    return true;
  }
  // One character over and over, "xxxx...". Zeros are the key of Datadog's own tests.
  return key.front() != '0' &&
         std::all_of(low.begin(), low.end(), [&](char c) { return c == low.front(); });
}

}  // namespace

Result<void> validate_for_run(const Loaded& loaded) {
  const std::string_view key = trimmed(loaded.settings.api_key);
  const auto bad_key = [](const std::string& what) {
    return fail(Errc::invalid_config, "DD_API_KEY " + what + kWhatToDo);
  };
  if (key.empty()) return bad_key("is not set");
  if (is_secret_reference(key)) {
    return bad_key("is a secret reference (ENC[...]), which this agent does not resolve yet");
  }
  if (is_placeholder(key)) return bad_key("is a placeholder, not a key");
  if (key.starts_with("arn:")) {
    return bad_key(
        "is the ARN of a secret, not its value: it belongs under `secrets`, not under "
        "`environment`");
  }
  if (key.starts_with('{')) {
    return bad_key(
        "is JSON, not a key: name the field at the end of the secret's ARN "
        "(<ARN>:<field>::)");
  }
  if (key.size() < kKeyLength) {
    return bad_key("is too short: " + std::to_string(key.size()) + " characters, a key has " +
                   std::to_string(kKeyLength));
  }
  for (const char c : key) {
    if (c <= 0x20 || c >= 0x7f) return bad_key("holds blanks or control characters inside");
  }
  const auto& settings = loaded.settings;
  if (settings.dd_url.empty() && !is_host_name(settings.site)) {
    return fail(Errc::invalid_config, "DD_SITE \"" + printable(without_password(settings.site)) +
                                          "\" cannot be a host name; set one of " +
                                          published_sites_line());
  }
  return {};
}

}  // namespace remora::config
