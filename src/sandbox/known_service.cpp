#include "sandbox/known_service.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace remora::sandbox {
namespace {

std::vector<std::string> redis_arguments(const ServicePlace& place) {
  return {"--bind",       place.address,
          "--port",       std::to_string(place.ports.front()),
          "--dir",        place.directory,
          "--save",       "",
          "--appendonly", "no",
          "--daemonize",  "no",
          "--logfile",    ""};
}

std::vector<std::string> nginx_arguments(const ServicePlace& place) {
  return {"-e", "stderr", "-p", place.directory, "-c", place.directory + "/server.conf"};
}

// Without a master process: it would leave its workers behind when it is killed.
std::string nginx_configuration(const ServicePlace& place) {
  std::string out = "daemon off; master_process off;\npid " + place.directory +
                    "/pid;\nevents { worker_connections 64; }\nhttp {\n  access_log off;\n";
  for (const char* kind : {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"})
    out += std::string("  ") + kind + "_temp_path " + place.directory + "/" + kind + ";\n";
  out += "  server {\n";
  for (const std::uint16_t port : place.ports)
    out += "    listen " + place.address + ":" + std::to_string(port) + ";\n";
  // The status page of an image stands where its owner put it: /nginx_status, /stub_status, ….
  out +=
      "    location ~ status { stub_status; }\n    location / { return 200 \"ok\\n\"; }\n  }\n}\n";
  return out;
}

constexpr std::array<KnownService, 2> kServices{
    {{"redis", "redis-server", "/usr/bin/redis-server", "redis-server", "--version", 6379,
      "redisdb", redis_arguments, nullptr},
     {"nginx", "nginx", "/usr/sbin/nginx", "nginx-light", "-v", 80, "", nginx_arguments,
      nginx_configuration}}};

/// Ports written behind %%host%%: in the labels of autodiscovery.
void add_label_ports(const ContainerDefinition& container, std::vector<std::uint16_t>& out) {
  constexpr std::string_view kHost = "%%host%%:";
  for (const auto& [label, value] : container.labels) {
    if (!label.starts_with("com.datadoghq.ad.")) continue;
    for (std::size_t at = value.find(kHost); at != std::string::npos; at = value.find(kHost, at)) {
      at += kHost.size();
      std::uint16_t port = 0;
      const auto [end, error] =
          std::from_chars(value.data() + at, value.data() + value.size(), port);
      if (error == std::errc{} && port != 0) out.push_back(port);
    }
  }
}

}  // namespace

const KnownService* find_service(std::string_view image) {
  const std::string_view name = short_image(image);
  for (const KnownService& service : kServices)
    if (service.image == name) return &service;
  return nullptr;
}

std::vector<std::uint16_t> service_ports(const ContainerDefinition& container,
                                         const KnownService& service) {
  std::vector<std::uint16_t> out;
  for (const PortMapping& port : container.ports)
    if (port.protocol == "tcp") out.push_back(port.container_port);
  add_label_ports(container, out);
  if (out.empty()) out.push_back(service.port);
  std::vector<std::uint16_t> once;
  for (const std::uint16_t port : out)
    if (std::find(once.begin(), once.end(), port) == once.end()) once.push_back(port);
  return once;
}

std::string version_in(std::string_view text) {
  constexpr std::string_view kVersion = "0123456789.";
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] < '0' || text[i] > '9' || (text[i - 1] != '=' && text[i - 1] != '/')) continue;
    return std::string(text.substr(i, text.find_first_not_of(kVersion, i) - i));
  }
  return {};
}

}  // namespace remora::sandbox
