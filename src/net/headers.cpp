// Look-ups in parsed headers; their names are lower case already.
#include "remora/net/http_client.hpp"
#include "remora/net/http_server.hpp"

namespace remora::net {
namespace {

std::string_view find(const Headers& headers, std::string_view name) {
  for (const auto& [key, value] : headers) {
    if (key == name) return value;
  }
  return {};
}

}  // namespace

std::string_view HttpResponse::header(std::string_view name) const { return find(headers, name); }

std::string_view ServerRequest::header(std::string_view name) const { return find(headers, name); }

std::string_view ServerRequest::path() const {
  return std::string_view(target).substr(0, target.find('?'));
}

}  // namespace remora::net
