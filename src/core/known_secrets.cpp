#include "remora/core/known_secrets.hpp"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <vector>

namespace remora::core {
namespace {

constexpr std::string_view kHidden = "********";

// As the log's own state: one for the process, because texts leave it everywhere.
struct Known {
  std::mutex mutex;
  std::vector<std::string> texts;  ///< the longer ones first: none may leave the end of another
  std::atomic<std::size_t> count{0};
};
Known& known() {
  static Known all;
  return all;
}

}  // namespace

void remember_secret(std::string_view text) {
  if (text.size() < kShortestSecret || text.size() > kLongestSecret) return;
  if (text.find_first_not_of('*') == std::string_view::npos) return;  // hidden already
  Known& all = known();
  const std::scoped_lock lock(all.mutex);
  if (all.texts.size() >= kMostSecrets) return;
  if (std::find(all.texts.begin(), all.texts.end(), text) != all.texts.end()) return;
  const auto at =
      std::find_if(all.texts.begin(), all.texts.end(),
                   [text](const std::string& other) { return other.size() < text.size(); });
  all.texts.emplace(at, text);
  all.count.store(all.texts.size(), std::memory_order_release);
}

void hide_known_secrets(std::string& text) {
  Known& all = known();
  if (all.count.load(std::memory_order_acquire) == 0) return;
  const std::scoped_lock lock(all.mutex);
  for (const std::string& secret : all.texts) {
    for (std::size_t at = 0; (at = text.find(secret, at)) != std::string::npos;) {
      text.replace(at, secret.size(), kHidden);
      at += kHidden.size();
    }
  }
}

}  // namespace remora::core
