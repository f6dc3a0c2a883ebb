// Certificates and keys out of PEM text, into OpenSSL.
//
// OpenSSL can read files itself, and waits for ever where somebody put a pipe in place of one. So
// files are read as core/named_file.hpp does it, and OpenSSL sees their text.
#pragma once

#include <string>
#include <string_view>

struct ssl_ctx_st;
struct x509_store_st;

namespace remora::net {

/// False when the text holds no certificate or a broken one: see pem_problem(). Those before it are
/// added.
[[nodiscard]] bool add_certificates(x509_store_st* store, std::string_view pem);

/// The first certificate becomes ours, the others its chain. False: see pem_problem().
[[nodiscard]] bool use_certificate_chain(ssl_ctx_st* context, std::string_view pem);

/// The key of our certificate. Never asks a terminal for a password. False: see pem_problem().
[[nodiscard]] bool use_private_key(ssl_ctx_st* context, std::string_view pem,
                                   std::string_view password);

/// What OpenSSL says of the last failure, else `otherwise`; its error queue is empty afterwards.
[[nodiscard]] std::string pem_problem(std::string_view otherwise);

}  // namespace remora::net
