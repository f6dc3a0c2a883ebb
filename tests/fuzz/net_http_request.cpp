// What a client sends to our server: any bytes, in pieces of any size. Requests that come out keep
// to the limits; a refusal has a status to answer with.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "net/http1.hpp"

namespace {

using namespace remora::net;

constexpr std::size_t kMaxBody = 4096;

void require(bool ok) {
  if (!ok) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::size_t piece = 1 + data[0];
  std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  RequestReader reader(kMaxBody);
  for (bool more = true; more;) {
    more = !bytes.empty();
    auto complete = reader.put(bytes.substr(0, piece));
    bytes.remove_prefix(std::min(piece, bytes.size()));
    while (complete && *complete) {
      const ServerRequest request = reader.take();
      require(!request.method.empty() && request.headers.size() <= kMaxHeaders);
      require(request.body.size() <= kMaxBody && request.target.size() <= kMaxHeaderBytes);
      complete = reader.put("");
    }
    if (!complete) {
      const int status = reader.reject_status();
      require(status == 400 || status == 413 || status == 431);
      return 0;
    }
    (void)reader.wants_continue();
  }
  return 0;
}
