// The lines both sides of the CLI connection read from strangers, and the scrubber of replies.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "api/ipc_wire.hpp"
#include "remora/core/scrub.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace remora::api;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const Line line = take_line(text);
  if (line.state == LineState::complete) {
    if (line.text.size() > kMaxLineBytes || line.text.size() + 1 != size) std::abort();
    if (const auto nonce = parse_hello(line.text); nonce && nonce->size() != 64) std::abort();
    (void)parse_greeting(line.text);
    if (const auto request = parse_request(line.text); request && request->text.empty()) {
      std::abort();
    }
    const auto head = parse_reply_head(line.text);
    if (head && head->length > kMaxReplyBytes) std::abort();
  }
  const std::string once = remora::core::scrub(std::string(text));
  if (once.size() > 16 * size + 16) std::abort();
  return 0;
}
