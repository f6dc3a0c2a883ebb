#include "remora/api/ipc_auth.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sys/random.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <span>

#include "remora/core/named_file.hpp"

namespace remora::api {
namespace {

constexpr std::size_t kMaxTokenBytes = 4096;

std::string to_hex(std::span<const std::uint8_t> bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const std::uint8_t byte : bytes) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

IpcKey hmac(const void* key, std::size_t key_size, std::string_view text) {
  IpcKey digest{};
  unsigned int size = 0;
  // Cannot fail for SHA-256 and a key in memory but for lack of memory; without a proof there is
  // nothing sensible left to do.
  if (HMAC(EVP_sha256(), key, static_cast<int>(key_size),
           reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(),
           &size) == nullptr) {
    std::abort();
  }
  return digest;
}

/// HMAC over the parts of the identity. `purpose` keeps the public name and the key apart: who
/// reads the name in /proc/net/unix learns nothing about the key.
IpcKey derive(const IpcIdentity& identity, std::string_view purpose) {
  std::string text("remora-ipc-1\n");
  text.append(purpose).append("\n");
  text.append(identity.metadata_uri).append("\n").append(identity.mount_namespace);
  return hmac(identity.secret.data(), identity.secret.size(), text);
}

std::string read_token(const std::string& path) {
  const auto text = core::read_file_waiting(path, {kMaxTokenBytes});
  if (!text) return {};
  constexpr std::string_view kBlanks = " \t\r\n";
  const auto first = text->find_first_not_of(kBlanks);
  if (first == std::string::npos) return {};
  return text->substr(first, text->find_last_not_of(kBlanks) - first + 1);
}

}  // namespace

IpcIdentity ipc_identity(std::string api_key, const std::string& token_file,
                         std::string metadata_uri) {
  IpcIdentity identity;
  if (!token_file.empty()) identity.secret = read_token(token_file);
  if (identity.secret.empty()) identity.secret = std::move(api_key);
  identity.metadata_uri = std::move(metadata_uri);
  identity.mount_namespace = current_mount_namespace();
  return identity;
}

std::string ipc_socket_name(const IpcIdentity& identity, int index) {
  const IpcKey digest = derive(identity, "name");
  return "remora/" + to_hex(std::span(digest).first(16)) + "/" + std::to_string(index);
}

IpcKey ipc_key(const IpcIdentity& identity, int index) {
  return derive(identity, "key " + std::to_string(index));
}

std::string make_nonce() {
  std::array<std::uint8_t, 32> bytes{};
  std::size_t filled = 0;
  while (filled < bytes.size()) {
    const ssize_t got = getrandom(bytes.data() + filled, bytes.size() - filled, 0);
    if (got > 0) {
      filled += static_cast<std::size_t>(got);
    } else if (errno != EINTR) {
      std::abort();  // a kernel without getrandom: a guessable nonce would be worse
    }
  }
  return to_hex(bytes);
}

std::string ipc_proof(const IpcKey& key, std::string_view role, std::string_view client_nonce,
                      std::string_view server_nonce, std::string_view request) {
  std::string text(role);
  for (const std::string_view part : {client_nonce, server_nonce, request}) {
    text.append("\n").append(part);
  }
  return to_hex(hmac(key.data(), key.size(), text));
}

bool same_proof(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string current_mount_namespace() {
  std::array<char, 128> target;
  const ssize_t size = readlink("/proc/self/ns/mnt", target.data(), target.size());
  return size > 0 ? std::string(target.data(), static_cast<std::size_t>(size)) : std::string();
}

}  // namespace remora::api
