#include "remora/api/health_port.hpp"

#include <memory>
#include <string>
#include <utility>

#include "remora/api/health_view.hpp"
#include "remora/core/log.hpp"

namespace remora::api {
namespace {

const core::Logger kLog("api");

/// Who failed, as one field of a log line.
std::string unhealthy_names(const telemetry::HealthReport& report) {
  std::string names;
  for (const auto& entry : report.unhealthy) {
    if (!names.empty()) names += ", ";
    names += entry.name;
  }
  return names;
}

/// Logs the first failing probe and the recovery, not every probe in between.
class ChangeLog {
 public:
  void note(const telemetry::HealthReport& report) {
    std::string names = unhealthy_names(report);
    if (names == last_) return;
    if (names.empty()) {
      kLog.info("health port: healthy again");
    } else {
      kLog.info("health port: unhealthy", {{"components", names}});
    }
    last_ = std::move(names);
  }

 private:
  std::string last_;
};

}  // namespace

Result<std::unique_ptr<net::HttpServer>> make_health_port(
    asio::any_io_executor executor, std::uint16_t port, const telemetry::HealthRegistry& registry) {
  net::ServerOptions options;
  options.address = "::";
  options.port = port;
  options.max_body_bytes = 4096;  // a probe has no body
  options.read_timeout = std::chrono::seconds(1);
  options.write_timeout = std::chrono::seconds(1);
  options.idle_timeout = std::chrono::seconds(5);  // probes do not reuse connections
  auto changes = std::make_shared<ChangeLog>();
  const auto answer = [&registry,
                       changes](net::ServerRequest) -> asio::awaitable<net::ServerResponse> {
    const telemetry::HealthReport report = registry.report();
    changes->note(report);
    net::ServerResponse response(report.ok() ? 200 : 500, "application/json", health_json(report));
    co_return response;
  };
  auto both = net::HttpServer::listen(executor, options, answer);
  if (both) return both;
  options.address = "0.0.0.0";  // a kernel without IPv6
  return net::HttpServer::listen(std::move(executor), options, answer);
}

}  // namespace remora::api
