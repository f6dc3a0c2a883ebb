#include "net/root_bundle.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

#include <functional>
#include <string_view>
#include <utility>

#include "remora/core/apart.hpp"

namespace remora::net {
namespace {

struct Free {
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(X509* certificate) const { X509_free(certificate); }
};
using Bio = std::unique_ptr<BIO, Free>;
using Certificate = std::unique_ptr<X509, Free>;

unsigned long hash(const X509_NAME* name) {
  int ok = 0;
  const unsigned long value = X509_NAME_hash_ex(name, nullptr, nullptr, &ok);
  return ok == 1 ? value : 0;
}

Bio reader(std::string_view text) {
  return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

}  // namespace

// The part of OpenSSL's store that asks the bundle.
class RootBundle::LookUp {
 public:
  static const X509_LOOKUP_METHOD* method() {
    static X509_LOOKUP_METHOD* const made = [] {
      X509_LOOKUP_METHOD* m = X509_LOOKUP_meth_new("PEM bundle, read when needed");
      if (m != nullptr) {
        X509_LOOKUP_meth_set_get_by_subject(m, by_subject);
        X509_LOOKUP_meth_set_free(m, free);
      }
      return m;
    }();
    return made;
  }

  static void free(X509_LOOKUP* lookup) {
    delete static_cast<std::shared_ptr<RootBundle>*>(X509_LOOKUP_get_method_data(lookup));
    X509_LOOKUP_set_method_data(lookup, nullptr);
  }

 private:
  // What it finds goes into the store, which then needs no look-up for that name, as in OpenSSL's
  // own look-up by directory.
  static int by_subject(X509_LOOKUP* lookup, X509_LOOKUP_TYPE type, const X509_NAME* name,
                        X509_OBJECT* result) {
    if (type != X509_LU_X509 || name == nullptr) return 0;
    auto& bundle = **static_cast<std::shared_ptr<RootBundle>*>(X509_LOOKUP_get_method_data(lookup));
    X509_STORE* store = X509_LOOKUP_get_store(lookup);
    for (const Certificate& certificate : find(bundle, name)) {
      (void)X509_STORE_add_cert(store, certificate.get());
    }
    X509_STORE_lock(store);
    X509_OBJECT* kept = X509_OBJECT_retrieve_by_subject(X509_STORE_get0_objects(store), type, name);
    const bool set =
        kept != nullptr && X509_OBJECT_set1_X509(result, X509_OBJECT_get0_X509(kept)) == 1;
    X509_STORE_unlock(store);
    return set ? 1 : 0;
  }

  // All certificates with that subject.
  static std::vector<Certificate> find(RootBundle& bundle, const X509_NAME* name) {
    std::vector<Certificate> found;
    const Text text = bundle.text_.lock();
    if (!text || read(bundle, *text, name, found)) return found;
    // Another bundle has taken the place of the file, and the certificate is elsewhere in it.
    found.clear();
    if (!bundle.read_places(*text) || !read(bundle, *text, name, found)) found.clear();
    ERR_clear_error();
    return found;
  }

  // False when the text is no longer what it was.
  static bool read(const RootBundle& bundle, const std::string& text, const X509_NAME* name,
                   std::vector<Certificate>& found) {
    const unsigned long wanted = hash(name);
    for (const Place& place : bundle.places_) {
      if (place.subject != wanted) continue;
      if (place.offset > text.size()) return false;
      const Bio bio = reader(std::string_view(text).substr(place.offset));
      Certificate certificate(PEM_read_bio_X509_AUX(bio.get(), nullptr, nullptr, nullptr));
      if (!certificate || hash(X509_get_subject_name(certificate.get())) != wanted) return false;
      if (X509_NAME_cmp(X509_get_subject_name(certificate.get()), name) == 0) {
        found.push_back(std::move(certificate));
      }
    }
    return true;
  }
};

std::shared_ptr<RootBundle> RootBundle::create(RootFiles files, const std::string& pem) {
  std::shared_ptr<RootBundle> bundle(new RootBundle(std::move(files)));
  if (!bundle->read_places(pem)) return nullptr;
  return bundle;
}

bool RootBundle::read_places(const std::string& pem) {
  const bool one_file = !files_.file.empty() && files_.folder.empty();
  ERR_clear_error();
  const Bio bio = reader(pem);
  if (!bio) return false;
  places_.clear();
  for (;;) {
    const std::size_t offset = pem.size() - BIO_ctrl_pending(bio.get());
    const Certificate certificate(PEM_read_bio_X509_AUX(bio.get(), nullptr, nullptr, nullptr));
    if (certificate) {
      places_.push_back({hash(X509_get_subject_name(certificate.get())), offset});
      continue;
    }
    const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
    if (at_end) break;
    if (one_file || pem.size() - BIO_ctrl_pending(bio.get()) <= offset) return false;
    ERR_clear_error();  // a broken one among others
  }
  if (one_file && places_.empty()) return false;
  ERR_clear_error();
  return true;
}

bool RootBundle::attach(X509_STORE* store) {
  const X509_LOOKUP_METHOD* method = LookUp::method();
  if (method == nullptr) return false;
  X509_LOOKUP* lookup = X509_STORE_add_lookup(store, const_cast<X509_LOOKUP_METHOD*>(method));
  if (lookup == nullptr) return false;
  LookUp::free(lookup);  // of an earlier bundle
  auto own = std::make_unique<std::shared_ptr<RootBundle>>(shared_from_this());
  return X509_LOOKUP_set_method_data(lookup, own.release()) == 1;
}

RootBundle::Text RootBundle::lend(std::string pem) {
  auto text = std::make_shared<const std::string>(std::move(pem));
  text_ = text;
  return text;
}

asio::awaitable<Result<RootBundle::Text>> RootBundle::lend() {
  const auto self = shared_from_this();
  if (Text lent = text_.lock()) co_return lent;
  std::function<Result<std::string>()> work = [files = files_] { return read_roots_here(files); };
  auto read = co_await core::run_apart<std::string>(std::move(work), kRootLimits.time);
  if (!read) co_return read.error();
  if (Text lent = text_.lock()) co_return lent;  // another handshake was faster
  co_return lend(std::move(*read));
}

}  // namespace remora::net
