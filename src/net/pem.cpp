#include "remora/net/pem.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <cstring>
#include <memory>

namespace remora::net {
namespace {

struct Free {
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using Bio = std::unique_ptr<BIO, Free>;
using Certificate = std::unique_ptr<X509, Free>;

Bio reader(std::string_view text) {
  return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// After a read that gave nothing: was it the end of the text?
bool at_end() {
  const unsigned long code = ERR_peek_last_error();
  if (ERR_GET_LIB(code) != ERR_LIB_PEM || ERR_GET_REASON(code) != PEM_R_NO_START_LINE) return false;
  ERR_clear_error();
  return true;
}

int give_password(char* buffer, int size, int, void* password) {
  const auto* text = static_cast<const std::string_view*>(password);
  if (text->size() > static_cast<std::size_t>(size)) return 0;
  std::memcpy(buffer, text->data(), text->size());
  return static_cast<int>(text->size());
}

}  // namespace

bool add_certificates(X509_STORE* store, std::string_view pem) {
  ERR_clear_error();
  const Bio bio = reader(pem);
  int added = 0;
  for (;;) {
    const Certificate one(PEM_read_bio_X509_AUX(bio.get(), nullptr, nullptr, nullptr));
    if (!one) return at_end() && added > 0;
    if (X509_STORE_add_cert(store, one.get()) != 1) return false;
    ++added;
  }
}

bool use_certificate_chain(SSL_CTX* context, std::string_view pem) {
  ERR_clear_error();
  const Bio bio = reader(pem);
  const Certificate own(PEM_read_bio_X509_AUX(bio.get(), nullptr, nullptr, nullptr));
  if (!own || SSL_CTX_use_certificate(context, own.get()) != 1) return false;
  if (SSL_CTX_clear_chain_certs(context) != 1) return false;
  for (;;) {
    Certificate next(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
    if (!next) return at_end();
    if (SSL_CTX_add0_chain_cert(context, next.get()) != 1) return false;
    (void)next.release();
  }
}

bool use_private_key(SSL_CTX* context, std::string_view pem, std::string_view password) {
  ERR_clear_error();
  const Bio bio = reader(pem);
  const std::unique_ptr<EVP_PKEY, Free> key(
      PEM_read_bio_PrivateKey(bio.get(), nullptr, give_password, &password));
  return key && SSL_CTX_use_PrivateKey(context, key.get()) == 1;
}

std::string pem_problem(std::string_view otherwise) {
  const unsigned long code = ERR_peek_last_error();
  ERR_clear_error();
  const char* reason = code != 0 ? ERR_reason_error_string(code) : nullptr;
  return reason != nullptr ? reason : std::string(otherwise);
}

}  // namespace remora::net
