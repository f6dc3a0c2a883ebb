// The options of an instance, read once.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "checks/redisdb/tls_layer.hpp"
#include "remora/checks/integration.hpp"

namespace remora::checks::redisdb {

struct Options {
  std::string host;
  std::uint16_t port = 0;
  std::string unix_socket_path;  ///< wins over host and port
  std::uint32_t database = 0;
  std::string username, password;
  std::chrono::milliseconds timeout{5'000};  ///< of connecting, and of each request
  bool ssl = false;                          ///< not on a Unix socket
  TlsOptions tls;
  std::vector<std::string> keys;
  bool warn_on_missing_keys = true;
  std::int64_t slowlog_max_len = 0;  ///< 0 = what the server keeps, at most 128
  bool collect_client_metrics = false;
  bool command_stats = false;
  bool disable_connection_cache = false;

  /// "127.0.0.1:6379" or the path of the socket: for messages.
  [[nodiscard]] std::string address() const;
};

/// Errors: invalid_config, naming the option.
[[nodiscard]] Result<Options> read_options(const model::Value& instance);

/// What docs/checks.md says of them.
[[nodiscard]] std::span<const OptionInfo> option_list();

}  // namespace remora::checks::redisdb
