#include "remora/net/root_files.hpp"

#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string_view>

#include "remora/net/pem.hpp"

namespace remora::net {
namespace {

constexpr std::size_t kMaxFiles = 1'000;
constexpr std::size_t kMaxFileBytes = 1u << 20;

bool holds_certificates(std::string_view pem) {
  const std::unique_ptr<X509_STORE, decltype(&X509_STORE_free)> scratch(X509_STORE_new(),
                                                                        X509_STORE_free);
  const bool whole = add_certificates(scratch.get(), pem);
  (void)pem_problem("");
  return whole;
}

// `9d66eef0.0`: the hash of the subject, and a number.
bool is_hashed_name(std::string_view name) {
  constexpr std::size_t kHash = 8;
  if (name.size() < kHash + 2 || name[kHash] != '.') return false;
  return std::all_of(name.begin(), name.begin() + kHash,
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }) &&
         std::all_of(name.begin() + kHash + 1, name.end(),
                     [](char c) { return c >= '0' && c <= '9'; });
}

Result<std::string> read_folder(const std::string& path, const core::FilePolicy& policy) {
  const auto names = core::list_folder_here(path, is_hashed_name, kMaxFiles, policy);
  if (!names && names.error().code() == Errc::not_found) return std::string();
  if (!names) return fail(names.error(), "CA directory " + path);
  std::string all;
  for (const std::string& name : *names) {
    const auto text = core::read_file_here(name, kMaxFileBytes, policy);
    if (!text || !holds_certificates(*text)) continue;
    if (all.size() + text->size() >= kRootLimits.bytes) {
      return fail(Errc::too_large, "CA directory " + path + ": holds more than " +
                                       std::to_string(kRootLimits.bytes) + " bytes");
    }
    all += *text;
    all += '\n';
  }
  return all;
}

Result<std::string> read_system() {
  // The last three: where distributions keep their bundle, by Go's crypto/x509/root_linux.go, the
  // list the Datadog Agent relies on. A program that is linked statically brings OpenSSL's paths of
  // another system along.
  for (const char* bundle : {X509_get_default_cert_file(), "/etc/ssl/certs/ca-certificates.crt",
                             "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"}) {
    auto text = core::read_file_here(bundle, kRootLimits.bytes);
    if (text && text->find("-----BEGIN ") != std::string::npos) return text;
  }
  return read_folder(X509_get_default_cert_dir(), {});
}

}  // namespace

Result<std::string> read_roots_here(const RootFiles& files) {
  if (files.system()) return read_system();
  std::string all;
  if (!files.file.empty()) {
    std::error_code ec;
    auto text = std::filesystem::is_directory(files.file, ec)
                    ? read_folder(files.file, files.policy)
                    : core::read_file_here(files.file, kRootLimits.bytes, files.policy);
    if (!text) return fail(text.error(), "CA file " + files.file);
    all = std::move(*text);
  }
  if (!files.folder.empty()) {
    auto text = read_folder(files.folder, files.policy);
    if (!text) return text;
    all += '\n' + *text;
  }
  return all;
}

}  // namespace remora::net
