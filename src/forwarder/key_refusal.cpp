#include "forwarder/key_refusal.hpp"

#include "forwarder/redact.hpp"
#include "remora/forwarder/hosts.hpp"

namespace remora::forwarder {

std::string key_refusal(std::string_view key, std::string_view host) {
  std::string text = "the API key ending in ";
  text += key_tail(key);
  text += " is not accepted by ";
  text += host;
  text += ": check DD_API_KEY, and that DD_SITE is the site of that key (";
  for (const std::string_view site : known_sites()) {
    text += site;
    text += site == known_sites().back() ? ")" : ", ";
  }
  return text;
}

}  // namespace remora::forwarder
