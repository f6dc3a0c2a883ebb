// What a server sends for an answer: any bytes, in pieces of any size. Whole or in pieces, the same
// answer or the same refusal comes out, and head and body keep to their limits.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "net/response_reader.hpp"

namespace {

using remora::net::HttpResponse;
using remora::net::ResponseReader;

constexpr std::size_t kMaxBody = 4096;

void require(bool ok) {
  if (!ok) std::abort();
}

// Everything a caller can learn of an answer, as one text.
std::string read(std::string_view bytes, std::size_t piece, bool head_only, bool stream) {
  std::string body;
  int heads = 0;
  const auto on_head = [&](const HttpResponse& head) {
    ++heads;
    require(head.status >= 100 && head.status <= 999);
    require(head.headers.size() <= ResponseReader::kMaxFields);
    std::size_t size = 0;
    for (const auto& [name, value] : head.headers) {
      require(!name.empty());
      size += name.size() + value.size();
    }
    require(size <= ResponseReader::kMaxHeadBytes);
  };
  const auto on_body = [&](std::string_view part) {
    require(heads == 1);
    body += part;
    return true;
  };
  ResponseReader reader = stream ? ResponseReader(head_only, kMaxBody, on_head, on_body)
                                 : ResponseReader(head_only, kMaxBody);
  remora::Result<bool> complete = false;
  while (complete && !*complete && !bytes.empty()) {
    complete = reader.put(bytes.substr(0, piece));
    bytes.remove_prefix(std::min(piece, bytes.size()));
  }
  if (complete && !*complete) complete = reader.put_eof();
  if (!complete) return std::to_string(static_cast<int>(complete.error().code()));
  require(*complete);
  HttpResponse response = reader.take();
  if (!stream) body = response.body;
  require(body.size() <= kMaxBody);
  std::string out = "status " + std::to_string(response.status) + '\n';
  for (const auto& [name, value] : response.headers) out += name + ':' + value + '\n';
  return out + '\n' + body;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const bool head_only = (data[0] & 0x40) != 0;
  const std::size_t piece = 1 + (data[0] & 0x3f);
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::string whole = read(bytes, std::max<std::size_t>(bytes.size(), 1), head_only, false);
  require(read(bytes, piece, head_only, false) == whole);
  require(read(bytes, piece, head_only, true) == whole);
  return 0;
}
