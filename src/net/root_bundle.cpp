#include "net/root_bundle.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <memory>
#include <utility>
#include <vector>

namespace remora::net {
namespace {

struct Free {
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(X509* certificate) const { X509_free(certificate); }
};
using Bio = std::unique_ptr<BIO, Free>;
using Certificate = std::unique_ptr<X509, Free>;

struct Place {
  unsigned long subject;  ///< hash of the name
  int offset;             ///< in the file, bytes
};

unsigned long hash(const X509_NAME* name) {
  int ok = 0;
  const unsigned long value = X509_NAME_hash_ex(name, nullptr, nullptr, &ok);
  return ok == 1 ? value : 0;
}

class RootBundle {
 public:
  explicit RootBundle(std::string file) : file_(std::move(file)) {}

  /// Looks where the certificates are. False: no file, no certificate or a bad one.
  bool read_places() {
    const Bio bio(BIO_new_file(file_.c_str(), "r"));
    if (!bio) return false;
    places_.clear();
    for (;;) {
      const auto offset = static_cast<int>(BIO_tell(bio.get()));
      const Certificate certificate(PEM_read_bio_X509_AUX(bio.get(), nullptr, nullptr, nullptr));
      if (!certificate) break;
      places_.push_back({hash(X509_get_subject_name(certificate.get())), offset});
    }
    const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
    if (!at_end) return false;
    ERR_clear_error();
    return !places_.empty();
  }

  /// All certificates with that subject.
  std::vector<Certificate> find(const X509_NAME* name) {
    std::vector<Certificate> found;
    if (read(name, found)) return found;
    // Another bundle has taken the place of the file, and the certificate is elsewhere in it.
    found.clear();
    if (!read_places() || !read(name, found)) found.clear();
    ERR_clear_error();
    return found;
  }

 private:
  // False when the file is no longer what it was.
  bool read(const X509_NAME* name, std::vector<Certificate>& found) const {
    const unsigned long wanted = hash(name);
    Bio bio;
    for (const Place& place : places_) {
      if (place.subject != wanted) continue;
      if (!bio) bio.reset(BIO_new_file(file_.c_str(), "r"));
      if (!bio || BIO_seek(bio.get(), place.offset) < 0) return false;
      Certificate certificate(PEM_read_bio_X509_AUX(bio.get(), nullptr, nullptr, nullptr));
      if (!certificate || hash(X509_get_subject_name(certificate.get())) != wanted) return false;
      if (X509_NAME_cmp(X509_get_subject_name(certificate.get()), name) == 0) {
        found.push_back(std::move(certificate));
      }
    }
    return true;
  }

  std::string file_;
  std::vector<Place> places_;
};

// What it finds goes into the store, which then needs no look-up for that name, as in OpenSSL's own
// look-up by directory.
int by_subject(X509_LOOKUP* lookup, X509_LOOKUP_TYPE type, const X509_NAME* name,
               X509_OBJECT* result) {
  if (type != X509_LU_X509 || name == nullptr) return 0;
  auto* bundle = static_cast<RootBundle*>(X509_LOOKUP_get_method_data(lookup));
  X509_STORE* store = X509_LOOKUP_get_store(lookup);
  for (const Certificate& certificate : bundle->find(name)) {
    (void)X509_STORE_add_cert(store, certificate.get());
  }
  X509_STORE_lock(store);
  X509_OBJECT* kept = X509_OBJECT_retrieve_by_subject(X509_STORE_get0_objects(store), type, name);
  const bool set =
      kept != nullptr && X509_OBJECT_set1_X509(result, X509_OBJECT_get0_X509(kept)) == 1;
  // The caller takes a reference of its own before the store can lose its one.
  if (set) X509_free(X509_OBJECT_get0_X509(kept));
  X509_STORE_unlock(store);
  return set ? 1 : 0;
}

void free_bundle(X509_LOOKUP* lookup) {
  delete static_cast<RootBundle*>(X509_LOOKUP_get_method_data(lookup));
}

const X509_LOOKUP_METHOD* bundle_method() {
  static X509_LOOKUP_METHOD* const method = [] {
    X509_LOOKUP_METHOD* made = X509_LOOKUP_meth_new("PEM bundle, read when needed");
    if (made != nullptr) {
      X509_LOOKUP_meth_set_get_by_subject(made, by_subject);
      X509_LOOKUP_meth_set_free(made, free_bundle);
    }
    return made;
  }();
  return method;
}

}  // namespace

bool add_root_bundle(X509_STORE* store, const std::string& file) {
  auto bundle = std::make_unique<RootBundle>(file);
  if (!bundle->read_places()) return false;
  const X509_LOOKUP_METHOD* method = bundle_method();
  if (method == nullptr) return false;
  X509_LOOKUP* lookup = X509_STORE_add_lookup(store, const_cast<X509_LOOKUP_METHOD*>(method));
  if (lookup == nullptr) return false;
  // A store has one look-up of a kind: a second bundle takes the place of the first.
  free_bundle(lookup);
  return X509_LOOKUP_set_method_data(lookup, bundle.release()) == 1;
}

}  // namespace remora::net
