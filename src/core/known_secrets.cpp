#include "remora/core/known_secrets.hpp"

#include <algorithm>
#include <atomic>
#include <bitset>
#include <cstdint>
#include <cstring>
#include <mutex>
#include <set>
#include <unordered_map>
#include <vector>

namespace remora::core {
namespace {

constexpr std::string_view kHidden = "********";
constexpr std::string_view kBase64 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
/// Of longer ones (certificates) only the text itself is known, no other form of it.
constexpr std::size_t kLongestEncoded = 512;
/// Forms with the same beginning, so that a text made of that beginning stays cheap.
constexpr std::size_t kMostAlike = 64;

struct Form {
  std::string text;
  bool base64 = false;
};

bool is_base64(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' ||
         c == '/' || c == '-' || c == '_' || c == '=';
}

/// The first six bytes, which every form has.
std::uint64_t beginning(std::string_view text) {
  std::uint64_t key = 0;
  std::memcpy(&key, text.data(), kShortestSecret);
  return key;
}
std::size_t slot_of(std::uint64_t beginning) {
  return static_cast<std::size_t>((beginning * 0x9E3779B97F4A7C15u) >> 48);
}

/// Characters that every base64 text has which holds `secret` after a number of bytes that leaves
/// the remainder `before` modulo 3, whatever those and the following bytes are.
std::string base64_inside(std::string_view secret, std::size_t before) {
  std::string out;
  const std::size_t bits = 8 * secret.size();
  for (std::size_t at = (6 - 8 * before % 6) % 6; at + 6 <= bits; at += 6) {
    unsigned six = 0;
    for (std::size_t bit = at; bit < at + 6; ++bit) {
      const auto byte = static_cast<unsigned char>(secret[bit / 8]);
      six = six << 1 | ((byte >> (7 - bit % 8)) & 1u);
    }
    out += kBase64[six];
  }
  return out;
}

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '.' || c == '_' || c == '~';
    if (plain) {
      out += c;
    } else {
      out += '%';
      out += kHex[byte >> 4];
      out += kHex[byte & 15u];
    }
  }
  return out;
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
  return out;
}

class Known {
 public:
  void add(std::string_view secret) {
    const std::scoped_lock lock(mutex_);
    if (secrets_.size() >= kMostSecrets || secrets_.contains(secret)) return;
    secrets_.emplace(secret);
    add_form(std::string(secret), false);
    if (secret.size() <= kLongestEncoded) {
      add_form(percent_encoded(secret), false);
      add_form(escaped(secret), false);
      for (std::size_t before = 0; before < 3; ++before) {
        std::string form = base64_inside(secret, before);
        std::string of_urls = form;
        std::replace(of_urls.begin(), of_urls.end(), '+', '-');
        std::replace(of_urls.begin(), of_urls.end(), '/', '_');
        add_form(std::move(of_urls), true);
        add_form(std::move(form), true);
      }
    }
    any_.store(true, std::memory_order_release);
  }

  void hide_in(std::string& text) {
    if (!any_.load(std::memory_order_acquire) || text.size() < kShortestSecret) return;
    const std::scoped_lock lock(mutex_);
    std::string out;
    std::size_t copied = 0;          // bytes of `text` that `out` stands for
    std::size_t begin = 0, end = 0;  // of what is hidden next, once it is complete
    const auto hide = [&] {
      if (end <= begin) return;
      out.append(text, copied, begin - copied).append(kHidden);
      copied = end;
    };
    for (std::size_t i = 0; i + kShortestSecret <= text.size(); ++i) {
      const std::uint64_t key = beginning(std::string_view(text).substr(i, kShortestSecret));
      if (!slots_[slot_of(key)]) continue;
      const auto found = forms_.find(key);
      if (found == forms_.end()) continue;
      for (const Form& form : found->second) {  // the longest first
        if (text.compare(i, form.text.size(), form.text) != 0) continue;
        std::size_t from = i, to = i + form.text.size();
        if (form.base64) {
          // The characters at its edges hold bits of it; what else is in that text goes with it.
          while (from > std::max(copied, end) && is_base64(text[from - 1])) --from;
          to = std::max(to, end);  // what another one has reached already is not walked again
          while (to < text.size() && is_base64(text[to])) ++to;
        }
        if (from > end || end == 0) {
          hide();
          begin = from;
        }
        end = std::max(end, to);
        break;
      }
    }
    hide();
    if (copied == 0) return;
    text = out.append(text, copied);
  }

 private:
  void add_form(std::string text, bool base64) {
    if (text.size() < kShortestSecret) return;
    const std::uint64_t key = beginning(text);
    std::vector<Form>& alike = forms_[key];
    const auto same = [&](const Form& form) { return form.text == text; };
    if (alike.size() >= kMostAlike || std::any_of(alike.begin(), alike.end(), same)) return;
    const auto at = std::find_if(alike.begin(), alike.end(),
                                 [&](const Form& form) { return form.text.size() < text.size(); });
    alike.insert(at, {std::move(text), base64});
    slots_.set(slot_of(key));
  }

  std::mutex mutex_;
  std::atomic<bool> any_{false};
  std::set<std::string, std::less<>> secrets_;
  std::unordered_map<std::uint64_t, std::vector<Form>> forms_;  ///< by beginning
  std::bitset<65536> slots_;  ///< no form begins so where the bit is off
};

// As the log's own state: one for the process, because texts leave it everywhere.
Known& known() {
  static Known all;
  return all;
}

}  // namespace

void remember_secret(std::string_view text) {
  if (text.size() < kShortestSecret || text.size() > kLongestSecret) return;
  if (text.find_first_not_of('*') == std::string_view::npos) return;  // hidden already
  known().add(text);
}

void hide_known_secrets(std::string& text) { known().hide_in(text); }

}  // namespace remora::core
