#include "sandbox/service_container.hpp"

#include <nlohmann/json.hpp>

#include "sandbox/service_process.hpp"

namespace remora::sandbox {
namespace {

using Json = nlohmann::json;

constexpr std::chrono::seconds kStartLimit{5};

/// Nothing but the characters of image references gets into a request line.
bool is_reference(std::string_view image) {
  constexpr std::string_view kCharacters =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/:@";
  return !image.empty() && image.size() <= 512 && image.find("..") == std::string_view::npos &&
         image.find_first_not_of(kCharacters) == std::string_view::npos;
}

std::string creation(const std::string& image, const std::string& name, const std::string& address,
                     const std::vector<std::uint16_t>& ports) {
  Json exposed = Json::object(), bindings = Json::object();
  for (const std::uint16_t port : ports) {
    const std::string key = std::to_string(port) + "/tcp";
    exposed[key] = Json::object();
    bindings[key] = Json::array({{{"HostIp", address}, {"HostPort", std::to_string(port)}}});
  }
  Json out;
  out["Image"] = image;
  out["Labels"] = {{"com.amazonaws.ecs.container-name", name}};
  out["ExposedPorts"] = std::move(exposed);
  out["HostConfig"] = {{"AutoRemove", true}, {"PortBindings", std::move(bindings)}};
  return out.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string text_of(const Json& document, const char* key) {
  const auto it = document.is_object() ? document.find(key) : document.end();
  return it != document.end() && it->is_string() ? it->get<std::string>() : std::string();
}

Error refusal(const std::pair<int, std::string>& answer) {
  const std::string message = text_of(Json::parse(answer.second, nullptr, false), "message");
  return fail(Errc::http_status, "Docker answered " + std::to_string(answer.first) +
                                     (message.empty() ? "" : ": " + message.substr(0, 160)));
}

}  // namespace

asio::awaitable<bool> ServiceContainer::has_image(DockerEngine engine, std::string image) {
  if (!is_reference(image)) co_return false;
  const auto answer = co_await engine.get("/images/" + image + "/json");
  co_return answer.has_value();
}

asio::awaitable<Result<std::unique_ptr<ServiceContainer>>> ServiceContainer::start(
    core::Clock& clock, DockerEngine engine, std::string image, std::string name,
    std::string address, std::vector<std::uint16_t> ports) {
  for (const std::uint16_t port : ports) {
    const auto free = check_port(address, port);
    if (!free) co_return free.error();
  }
  std::string body = creation(image, name, address, ports);
  const auto created = co_await engine.request("POST", "/containers/create", std::move(body));
  if (!created) co_return created.error();
  if (created->first != 201) co_return refusal(*created);
  std::string id = text_of(Json::parse(created->second, nullptr, false), "Id");
  if (id.empty() || id.find_first_not_of("0123456789abcdef") != std::string::npos)
    co_return fail(Errc::malformed_payload, "Docker named no container");
  std::unique_ptr<ServiceContainer> out(new ServiceContainer(engine, id));
  const auto started = co_await engine.request("POST", "/containers/" + id + "/start");
  const core::SteadyTime deadline = clock.now() + kStartLimit;
  bool up = false;
  if (started && started->first == 204) {
    const std::function<bool()> has_ended = [] { return false; };
    up = co_await wait_for_port(clock, address, ports.front(), deadline, has_ended);
  }
  if (up) co_return std::move(out);
  co_await out->stop();
  if (!started) co_return started.error();
  if (started->first != 204) co_return refusal(*started);
  co_return fail(Errc::timeout, "its container does not listen after 5 s");
}

asio::awaitable<void> ServiceContainer::stop() {
  // One that never started has to be removed by hand; one that did removes itself as well.
  (void)co_await engine_.request("DELETE", "/containers/" + id_ + "?force=true&v=true");
}

}  // namespace remora::sandbox
