#include "sandbox/intake.hpp"

#include <nlohmann/json.hpp>

#include "remora/serializer/compression.hpp"
#include "remora/serializer/series_encoder.hpp"
#include "remora/serializer/service_check_encoder.hpp"

namespace remora::sandbox {
namespace {

/// Value of `key` in the query of a target; API keys need no percent-decoding.
std::string_view query_value(std::string_view target, std::string_view key) {
  const std::size_t question = target.find('?');
  if (question == std::string_view::npos) return {};
  std::string_view rest = target.substr(question + 1);
  while (!rest.empty()) {
    const std::string_view pair = rest.substr(0, rest.find('&'));
    if (pair.size() > key.size() && pair.starts_with(key) && pair[key.size()] == '=')
      return pair.substr(key.size() + 1);
    rest.remove_prefix(std::min(pair.size() + 1, rest.size()));
  }
  return {};
}

/// What a path takes; empty = unknown path. "other" is accepted and not decoded.
std::string kind_of(std::string_view path) {
  if (path == "/api/v2/series") return "series";
  if (path == "/api/v1/check_run") return "service_checks";
  if (path == "/api/beta/sketches") return "sketches";
  if (path == "/intake/") return "events";
  if (path == "/api/v1/metadata" || path == "/api/v2/events") return "other";
  return {};
}

}  // namespace

net::ServerResponse Intake::refuse(int status, const net::ServerRequest& request,
                                   std::string reason) {
  nlohmann::json body{{"errors", {reason}}};
  received_.refused(status, std::to_string(status) + " " + std::string(request.path()) + ": " +
                                std::move(reason));
  return {status, "application/json",
          body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)};
}

net::ServerResponse Intake::answer(const net::ServerRequest& request) {
  const std::string_view path = request.path();
  if (path == "/" && request.method == "GET") return {200, "text/plain", "remora sandbox intake\n"};
  std::string_view key = request.header("dd-api-key");
  if (key.empty()) key = query_value(request.target, "api_key");
  const bool known_key = key == api_key_;
  if (path == "/api/v1/validate") {
    if (!known_key) return refuse(403, request, "unknown API key");
    return {200, "application/json", R"({"valid":true})"};
  }
  const std::string kind = kind_of(path);
  if (kind.empty()) return refuse(404, request, "no such path");
  if (request.method != "POST") return refuse(405, request, "only POST");
  if (!known_key) return refuse(403, request, "unknown API key");
  return take(request, kind);
}

net::ServerResponse Intake::take(const net::ServerRequest& request, const std::string& kind) {
  const serializer::SeriesLimits series_limits;
  const serializer::PayloadLimits other_limits;
  const bool series = kind == "series";
  const std::size_t max_bytes =
      series ? series_limits.max_compressed_bytes : other_limits.max_compressed_bytes;
  const std::size_t max_uncompressed =
      series ? series_limits.max_uncompressed_bytes : other_limits.max_uncompressed_bytes;
  if (request.body.size() > max_bytes)
    return refuse(
        413, request,
        std::to_string(request.body.size()) + " bytes, at most " + std::to_string(max_bytes));
  const std::string_view wanted =
      series || kind == "sketches" ? "application/x-protobuf" : "application/json";
  if (kind != "other" && !request.header("content-type").starts_with(wanted))
    return refuse(400, request, "Content-Type must be " + std::string(wanted));

  auto encoding = serializer::CompressionKind::none;
  const std::string_view written = request.header("content-encoding");
  if (!written.empty() && written != "identity") {
    const auto parsed = serializer::parse_compression(written);
    if (!parsed) return refuse(400, request, "unknown Content-Encoding");
    encoding = *parsed;
  }
  const auto body = serializer::decompress(encoding, request.body, max_uncompressed);
  if (!body)
    return refuse(body.error().code() == Errc::too_large ? 413 : 400, request,
                  body.error().message());

  AcceptedPayload accepted;
  if (series) {
    auto decoded = decode_series(*body);
    if (!decoded) return refuse(400, request, decoded.error().message());
    accepted.series = std::move(*decoded);
    received_.add(accepted.series);
  } else if (kind == "service_checks") {
    auto decoded = decode_service_checks(*body);
    if (!decoded) return refuse(400, request, decoded.error().message());
    accepted.service_checks = std::move(*decoded);
    received_.add(accepted.service_checks);
  } else if (kind == "sketches") {
    auto decoded = decode_sketches(*body);
    if (!decoded) return refuse(400, request, decoded.error().message());
    accepted.sketches = std::move(*decoded);
    received_.add(accepted.sketches);
  } else if (kind == "events") {
    auto decoded = decode_events(*body);
    if (!decoded) return refuse(400, request, decoded.error().message());
    accepted.events = std::move(*decoded);
    received_.add(accepted.events);
  }
  accepted.at = clock_.wall();
  accepted.path = request.path();
  accepted.content_encoding = written;
  accepted.bytes = request.body.size();
  accepted.uncompressed_bytes = body->size();
  received_.payload(kind, accepted.bytes, accepted.uncompressed_bytes, accepted.at);
  if (on_accepted_) on_accepted_(std::move(accepted));
  return {202, "application/json", series ? R"({"errors":[]})" : R"({"status":"ok"})"};
}

}  // namespace remora::sandbox
