#include "forwarder/redact.hpp"

#include "remora/core/printable.hpp"
#include "remora/core/scrub.hpp"
#include "remora/core/utf8.hpp"

namespace remora::forwarder {
namespace {

constexpr std::size_t kTail = 5;

}  // namespace

std::string_view key_tail(std::string_view key) {
  // Of a short text, five characters would be most of the secret.
  return key.size() < 3 * kTail ? std::string_view("*****") : key.substr(key.size() - kTail);
}

std::string redact(std::string_view text, const std::vector<std::string>& keys,
                   std::size_t max_bytes) {
  std::string out(text);
  // Before cutting: half a key is still a leak.
  for (const std::string& key : keys) {
    if (key.empty()) continue;
    const std::string mask = "*****" + std::string(key.size() < 3 * kTail ? "" : key_tail(key));
    for (auto at = out.find(key); at != std::string::npos; at = out.find(key, at + mask.size())) {
      out.replace(at, key.size(), mask);
    }
  }
  // The server may repeat more of the request than its key; a proxy its own password.
  out = core::scrub(std::move(out));
  out.resize(core::utf8_prefix(out, max_bytes).size());
  return core::printable(out);
}

}  // namespace remora::forwarder
