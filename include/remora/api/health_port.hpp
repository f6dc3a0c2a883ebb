// DD_HEALTH_PORT: plain HTTP for orchestrators that probe over the network.
#pragma once

#include <cstdint>
#include <memory>

#include "remora/core/async.hpp"
#include "remora/core/error.hpp"
#include "remora/net/http_server.hpp"
#include "remora/telemetry/health.hpp"

namespace remora::api {

/// /live, /ready and /startup; any other path as /live. 200 when healthy, else 500; the body is
/// `health_json`. One registry answers all three: a component is unhealthy until its first beat, so
/// "started" and "ready" say the same. Listens on all addresses of IPv6 and IPv4; 1 s to read and
/// to write, as the Agent's; 64 connections, of which silent ones make room. Lifetime: `registry`
/// must outlive the server. Errors: io when the port cannot be bound.
[[nodiscard]] Result<std::unique_ptr<net::HttpServer>> make_health_port(
    asio::any_io_executor executor, std::uint16_t port, const telemetry::HealthRegistry& registry);

}  // namespace remora::api
