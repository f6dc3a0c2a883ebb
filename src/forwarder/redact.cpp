#include "forwarder/redact.hpp"

namespace remora::forwarder {
namespace {

constexpr std::size_t kTail = 5;

bool continues_character(char c) { return (static_cast<unsigned char>(c) & 0xC0u) == 0x80u; }

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
  if (out.size() > max_bytes) {
    std::size_t end = max_bytes;
    while (end > 0 && continues_character(out[end])) --end;
    out.resize(end);
  }
  for (char& c : out) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  }
  return out;
}

}  // namespace remora::forwarder
