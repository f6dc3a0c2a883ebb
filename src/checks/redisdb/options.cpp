#include "checks/redisdb/options.hpp"

#include <array>
#include <optional>

#include "remora/core/ascii.hpp"
#include "remora/model/value_reader.hpp"

namespace remora::checks::redisdb {
namespace {

constexpr auto kOptions = std::to_array<OptionInfo>({
    {"host", "", "host name or address; needed unless `unix_socket_path` is set"},
    {"port", "", "port; needed unless `unix_socket_path` is set"},
    {"unix_socket_path", "", "path of a Unix socket to use instead"},
    {"db", "0", "database to select; another one than 0 restricts `keys` to it"},
    {"username", "", "user of AUTH (Redis 6 and later)"},
    {"password", "", "password of AUTH"},
    {"socket_timeout", "5", "seconds that connecting, and each request, may take"},
    {"ssl", "false", "use TLS"},
    {"ssl_keyfile", "", "private key of the client certificate, PEM"},
    {"ssl_certfile", "", "client certificate, PEM"},
    {"ssl_ca_certs", "", "issuers to trust instead of the system's, PEM"},
    {"ssl_cert_reqs", "2", "0 does not verify the server's certificate; 1 and 2 do"},
    {"keys", "", "keys, or patterns of keys, whose length is reported"},
    {"warn_on_missing_keys", "true", "a warning for each of `keys` that is in no database"},
    {"slowlog-max-len", "",
     "slow log entries to ask for; unset: what the server keeps, at most 128"},
    {"collect_client_metrics", "false", "connections by client name, from CLIENT LIST"},
    {"command_stats", "false", "calls and times by command, from INFO commandstats"},
    {"disable_connection_cache", "false", "a new connection for each run"},
});

constexpr double kMaxTimeoutSeconds = 3600;
constexpr std::int64_t kMaxDatabase = 999'999'999;

Error invalid(std::string text) { return fail(Errc::invalid_config, std::move(text)); }

// The number of Python's ssl module, or the word redis-py takes.
std::optional<bool> verification(const std::string& wanted) {
  const std::string word = core::ascii_lower(wanted);
  if (word == "0" || word == "none" || word == "cert_none") return false;
  for (const char* verify : {"1", "2", "optional", "required", "cert_optional", "cert_required"}) {
    if (word == verify) return true;
  }
  return std::nullopt;
}

}  // namespace

std::string Options::address() const {
  if (!unix_socket_path.empty()) return unix_socket_path;
  const bool v6 = host.find(':') != std::string::npos;
  return (v6 ? '[' + host + ']' : host) + ':' + std::to_string(port);
}

Result<Options> read_options(const model::Value& instance) {
  model::ValueReader reader(instance);
  Options options;
  options.unix_socket_path = reader.text("unix_socket_path");
  options.host = reader.text("host");
  const std::int64_t port = reader.integer("port", 0);
  const std::int64_t database = reader.integer("db", 0);
  options.username = reader.text("username");
  options.password = reader.text("password");
  const double timeout = reader.number("socket_timeout", 5);
  options.ssl = reader.boolean("ssl", false) && options.unix_socket_path.empty();
  options.tls.key_file = reader.text("ssl_keyfile");
  options.tls.certificate_file = reader.text("ssl_certfile");
  options.tls.ca_file = reader.text("ssl_ca_certs");
  const auto verify = verification(reader.text("ssl_cert_reqs", "2"));
  options.keys = reader.texts("keys");
  options.warn_on_missing_keys = reader.boolean("warn_on_missing_keys", true);
  options.slowlog_max_len = reader.integer("slowlog-max-len", 0);
  options.collect_client_metrics = reader.boolean("collect_client_metrics", false);
  options.command_stats = reader.boolean("command_stats", false);
  options.disable_connection_cache = reader.boolean("disable_connection_cache", false);
  if (!reader.problems().empty()) return invalid(reader.problems().front());

  if (options.unix_socket_path.empty()) {
    if (options.host.empty() || !reader.has("port")) {
      return invalid("a `host`/`port` couple or a `unix_socket_path` is required");
    }
    if (port < 1 || port > 65'535) {
      return invalid("`port`: " + std::to_string(port) + " is not a port (1-65535)");
    }
    options.port = static_cast<std::uint16_t>(port);
  } else if (options.unix_socket_path.size() > 107) {  // sockaddr_un
    return invalid("`unix_socket_path` is longer than 107 bytes");
  }
  if (database < 0 || database > kMaxDatabase) {
    return invalid("`db`: " + std::to_string(database) + " is not a database");
  }
  options.database = static_cast<std::uint32_t>(database);
  if (!(timeout > 0) || timeout > kMaxTimeoutSeconds) {
    return invalid("`socket_timeout` is not between 0 and 3600 seconds");
  }
  options.timeout = std::max(std::chrono::milliseconds(1),
                             std::chrono::milliseconds(static_cast<std::int64_t>(timeout * 1000)));
  if (options.ssl && options.tls.certificate_file.empty() && !options.tls.key_file.empty()) {
    return invalid("`ssl_keyfile` needs `ssl_certfile`");
  }
  if (!verify) return invalid("`ssl_cert_reqs` is none of 0, 1, 2");
  options.tls.verify = *verify;
  if (options.slowlog_max_len < 0) return invalid("`slowlog-max-len` is negative");
  return options;
}

std::span<const OptionInfo> option_list() { return kOptions; }

}  // namespace remora::checks::redisdb
