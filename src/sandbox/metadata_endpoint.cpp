#include "sandbox/metadata_endpoint.hpp"

namespace remora::sandbox {
namespace {

net::ServerResponse json(int status, std::string body) {
  return {status, "application/json", std::move(body)};
}

}  // namespace

net::ServerResponse MetadataEndpoint::answer(const net::ServerRequest& request) {
  ++requests_;
  if (request.method != "GET") return json(405, "\"only GET\"");
  std::string_view path = request.path();
  constexpr std::string_view kPrefix = "/v4/";
  const std::string_view rest = path.starts_with(kPrefix) ? path.substr(kPrefix.size()) : "";
  const std::string_view id = rest.substr(0, rest.find('/'));
  std::string_view what = rest.substr(id.size());
  while (what.ends_with('/')) what.remove_suffix(1);
  std::size_t caller = 0;
  while (caller < identity_.docker_ids.size() && identity_.docker_ids[caller] != id) ++caller;
  if (caller == identity_.docker_ids.size())
    return json(404, "\"V4 container metadata handler: unable to get container\"");

  if (what.empty()) return json(200, container_document(definition_, identity_, caller));
  if (what == "/task" || what == "/taskWithTags")
    return json(200, task_document(definition_, identity_));
  if (what == "/stats") {
    std::string stats = stats_(caller);
    return json(200, stats.empty() ? "{}" : std::move(stats));
  }
  if (what == "/task/stats") {
    std::vector<std::string> all;
    for (std::size_t i = 0; i < identity_.docker_ids.size(); ++i) all.push_back(stats_(i));
    return json(200, stats_document(identity_, all));
  }
  return json(404, "\"404 page not found\"");
}

}  // namespace remora::sandbox
