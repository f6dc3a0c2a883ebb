// A PEM bundle of roots that stays in its file.
#pragma once

#include <openssl/x509_vfy.h>

#include <string>

namespace remora::net {

/// Lets `store` find the certificates of the PEM bundle `file`. Only where each one begins is kept
/// in memory; a certificate is read when a chain ends in it. 140 roots take 0.7 MiB, and an
/// agent needs two. False when the file cannot be read, holds none or a bad one; OpenSSL's
/// error queue says which.
[[nodiscard]] bool add_root_bundle(X509_STORE* store, const std::string& file);

}  // namespace remora::net
