// How the CLI and the daemon recognise each other, without a file, a port or a fixed user.
//
// Both derive an address and a secret from what only they share: the API key (or the token file),
// this container's metadata URI and its mount namespace. The socket is an abstract Unix socket: no
// writable path is needed. Abstract names are visible in the whole network namespace, so other
// containers of the task can connect; they read nothing, because both sides first prove that they
// know the secret (HMAC-SHA256 over fresh nonces, in both directions: an impostor that took the
// name learns nothing either). Each name has a key of its own, so an impostor on one name cannot
// pass the proofs of the daemon on another name on to the CLI and read along.
//
// The exchange, lines end in '\n':
//   client  REMORA1 <nonce>
//   server  <nonce> <proof "server">
//   client  <proof "client" over the request> <request>
//   server  <status> <length in bytes>, then the body
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace remora::api {

struct IpcIdentity {
  std::string secret;  ///< API key, or the content of DD_AUTH_TOKEN_FILE_PATH when that is set
  std::string
      metadata_uri;  ///< ECS_CONTAINER_METADATA_URI_V4; tells tasks in host network mode apart
  std::string
      mount_namespace;  ///< readlink /proc/self/ns/mnt; tells containers apart; may be empty
};

/// The identity of this process. `token_file` may be empty; a file that is missing, empty or larger
/// than 4 KiB counts as not set, so a read-only root without the file still works: the API key is
/// used. Daemon and CLI must both call this, with the same settings.
[[nodiscard]] IpcIdentity ipc_identity(std::string api_key, const std::string& token_file,
                                       std::string metadata_uri);

inline constexpr int kIpcNames = 8;  ///< names tried in turn when one is taken

/// Abstract socket name number `index` (without the leading NUL byte): "remora/<32 hex>/<index>".
[[nodiscard]] std::string ipc_socket_name(const IpcIdentity& identity, int index);

using IpcKey = std::array<std::uint8_t, 32>;
/// The key of name number `index`.
[[nodiscard]] IpcKey ipc_key(const IpcIdentity& identity, int index);

/// 32 random bytes as hex, from the kernel.
[[nodiscard]] std::string make_nonce();
/// Hex HMAC-SHA256 over role, both nonces and `request`. `role` is "server" or "client".
[[nodiscard]] std::string ipc_proof(const IpcKey& key, std::string_view role,
                                    std::string_view client_nonce, std::string_view server_nonce,
                                    std::string_view request);
/// Constant-time comparison.
[[nodiscard]] bool same_proof(std::string_view a, std::string_view b);

/// The target of /proc/self/ns/mnt, or empty.
[[nodiscard]] std::string current_mount_namespace();

}  // namespace remora::api
