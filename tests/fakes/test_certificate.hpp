// Certificates made at test time: a CA of its own per test, and leaves for a name or an address.
//
//   fakes::TestCa ca;
//   auto leaf = ca.issue("127.0.0.1");            // for a ScriptedServer
//   ca.write_bundle(path);                        // for TlsOptions::ca_file
//
// Tests that include this link OpenSSL::SSL and OpenSSL::Crypto.
#pragma once

#include <arpa/inet.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>

namespace remora::fakes {

/// A certificate with its private key. Copies share both.
struct TestCertificate {
  std::shared_ptr<EVP_PKEY> key;
  std::shared_ptr<X509> certificate;
};

enum class Validity {
  current,
  expired,
  endless,  ///< until the end of the year 9999, which RFC 5280 gives those that never end
};

namespace detail {

inline void require(bool ok, const char* what) {
  if (!ok) throw std::runtime_error(std::string("OpenSSL: ") + what);
}

inline void add_extension(X509* x, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, x, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
  require(extension != nullptr, "extension");
  X509_add_ext(x, extension, -1);
  X509_EXTENSION_free(extension);
}

// `issuer` null = self-signed.
inline TestCertificate make_certificate(const std::string& name, const TestCertificate* issuer,
                                        bool is_ca, Validity validity) {
  static long serial = 1;
  TestCertificate out;
  out.key.reset(EVP_EC_gen("P-256"), EVP_PKEY_free);
  out.certificate.reset(X509_new(), X509_free);
  require(out.key && out.certificate, "key");
  X509* x = out.certificate.get();
  X509_set_version(x, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(x), serial++);
  constexpr long kDay = 24 * 3600;
  X509_gmtime_adj(X509_getm_notBefore(x), validity == Validity::expired ? -3 * kDay : -kDay);
  X509_gmtime_adj(X509_getm_notAfter(x), validity == Validity::expired ? -kDay : kDay);
  if (validity == Validity::endless) {
    require(ASN1_TIME_set_string(X509_getm_notAfter(x), "99991231235959Z") == 1, "date");
  }
  X509_set_pubkey(x, out.key.get());
  X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  X509* issued_by = issuer != nullptr ? issuer->certificate.get() : x;
  X509_set_issuer_name(x, X509_get_subject_name(issued_by));
  if (is_ca) {
    add_extension(x, issued_by, NID_basic_constraints, "critical,CA:TRUE");
    add_extension(x, issued_by, NID_key_usage, "critical,keyCertSign,cRLSign");
  } else {
    in6_addr address{};
    const bool is_address = inet_pton(AF_INET, name.c_str(), &address) == 1 ||
                            inet_pton(AF_INET6, name.c_str(), &address) == 1;
    add_extension(x, issued_by, NID_subject_alt_name, (is_address ? "IP:" : "DNS:") + name);
  }
  EVP_PKEY* signer = issuer != nullptr ? issuer->key.get() : out.key.get();
  require(X509_sign(x, signer, EVP_sha256()) > 0, "sign");
  return out;
}

}  // namespace detail

/// Its own issuer, trusted by nobody: what a misconfigured server shows.
inline TestCertificate self_signed(const std::string& name) {
  return detail::make_certificate(name, nullptr, false, Validity::current);
}

/// Writes <path>.pem and <path>.key, as servers read them.
inline void write_files(const TestCertificate& identity, const std::string& path) {
  std::FILE* file = std::fopen((path + ".pem").c_str(), "w");
  detail::require(file != nullptr, "certificate file");
  PEM_write_X509(file, identity.certificate.get());
  std::fclose(file);
  file = std::fopen((path + ".key").c_str(), "w");
  detail::require(file != nullptr, "key file");
  PEM_write_PrivateKey(file, identity.key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  std::fclose(file);
}

class TestCa {
 public:
  explicit TestCa(const std::string& name = "remora test CA")
      : ca_(detail::make_certificate(name, nullptr, true, Validity::current)) {}

  /// A leaf for a host name or a literal address.
  [[nodiscard]] TestCertificate issue(const std::string& name,
                                      Validity validity = Validity::current) const {
    return detail::make_certificate(name, &ca_, false, validity);
  }

  /// Writes the CA as a PEM bundle.
  void write_bundle(const std::string& path) const {
    std::FILE* file = std::fopen(path.c_str(), "w");
    detail::require(file != nullptr, "bundle file");
    PEM_write_X509(file, ca_.certificate.get());
    std::fclose(file);
  }

 private:
  TestCertificate ca_;
};

}  // namespace remora::fakes
