#include "net/root_bundle.hpp"

#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "fakes/run_coroutine.hpp"
#include "fakes/temporary_directory.hpp"
#include "fakes/test_certificate.hpp"

namespace remora::net {
namespace {

class RootBundleTest : public testing::Test {
 protected:
  ~RootBundleTest() override { std::remove(file_.c_str()); }

  void write(std::initializer_list<const fakes::TestCa*> roots) {
    std::remove(file_.c_str());
    std::string all = "# roots\n";
    for (const fakes::TestCa* root : roots) {
      root->write_bundle(file_);
      std::ifstream one(file_);
      all.append(std::istreambuf_iterator<char>(one), {});
      all += "\n";
    }
    std::ofstream(file_) << all;
  }
  // As before a handshake: what the files hold is lent for it.
  bool add_bundle() {
    const auto pem = read_roots_here({file_, "", {}});
    bundle_ = pem ? RootBundle::create({file_, "", {}}, *pem) : nullptr;
    return bundle_ && bundle_->attach(store_.get());
  }
  int verify(const fakes::TestCertificate& leaf) {
    const auto text = fakes::run(bundle_->lend());
    EXPECT_TRUE(text);
    return verify_without_text(leaf);
  }
  int verify_without_text(const fakes::TestCertificate& leaf) {
    const std::unique_ptr<X509_STORE_CTX, decltype(&X509_STORE_CTX_free)> context(
        X509_STORE_CTX_new(), X509_STORE_CTX_free);
    X509_STORE_CTX_init(context.get(), store_.get(), leaf.certificate.get(), nullptr);
    X509_STORE_CTX_set_flags(context.get(), X509_V_FLAG_PARTIAL_CHAIN);
    X509_verify_cert(context.get());
    return X509_STORE_CTX_get_error(context.get());
  }
  int in_memory() { return sk_X509_OBJECT_num(X509_STORE_get0_objects(store_.get())); }

  std::shared_ptr<RootBundle> bundle_;
  std::string file_ = testing::TempDir() + "root_bundle_" + std::to_string(getpid()) + ".pem";
  std::unique_ptr<X509_STORE, decltype(&X509_STORE_free)> store_{X509_STORE_new(), X509_STORE_free};
};

TEST_F(RootBundleTest, ReadsOnlyTheRootAChainEndsIn) {
  const fakes::TestCa first("first"), second("second"), third("third"), stranger("stranger");
  write({&first, &second, &third});
  ASSERT_TRUE(add_bundle());
  EXPECT_EQ(in_memory(), 0);
  EXPECT_EQ(verify(third.issue("localhost")), X509_V_OK);
  EXPECT_EQ(verify(third.issue("localhost")), X509_V_OK);
  EXPECT_EQ(in_memory(), 1);
  EXPECT_EQ(verify(stranger.issue("localhost")), X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY);
  EXPECT_EQ(in_memory(), 1);
  EXPECT_EQ(verify(first.issue("localhost")), X509_V_OK);
  EXPECT_EQ(in_memory(), 2);
}

TEST_F(RootBundleTest, FindsARootInABundleThatWasReplaced) {
  const fakes::TestCa first("first"), second("second"), other("other");
  write({&first, &second});
  ASSERT_TRUE(add_bundle());
  write({&second, &other});
  EXPECT_EQ(verify(second.issue("localhost")), X509_V_OK);
  EXPECT_EQ(verify(other.issue("localhost")), X509_V_OK);
  EXPECT_NE(verify(first.issue("localhost")), X509_V_OK);
}

TEST_F(RootBundleTest, ReadsNoFileOnceAHandshakeHasBegun) {
  const fakes::TestCa first("first"), second("second");
  write({&first, &second});
  ASSERT_TRUE(add_bundle());
  EXPECT_EQ(verify_without_text(first.issue("localhost")),
            X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY);
  EXPECT_EQ(verify(first.issue("localhost")), X509_V_OK);
  EXPECT_EQ(verify_without_text(first.issue("localhost")), X509_V_OK);  // it is in the store
  std::remove(file_.c_str());
  ASSERT_EQ(::mkfifo(file_.c_str(), 0600), 0);
  EXPECT_FALSE(fakes::run(bundle_->lend()));
  EXPECT_EQ(verify_without_text(first.issue("localhost")), X509_V_OK);
}

TEST_F(RootBundleTest, AFolderWorksWithoutItsFilesThatCannotBeRead) {
  const fakes::TestCa first("first"), second("second");
  const fakes::TemporaryDirectory folder;
  first.write_bundle(folder.path("0123abcd.0"));
  second.write_bundle(folder.path("second.pem"));  // no name of `openssl rehash`
  std::ofstream(folder.path("11111111.0")) << "-----BEGIN CERTIFICATE-----\nAAAA\n";
  ASSERT_EQ(::mkfifo(folder.path("00000000.0").c_str(), 0600), 0);
  std::filesystem::create_symlink("/dev/zero", folder.path("22222222.0"));
  file_ = folder.path();
  ASSERT_TRUE(add_bundle());
  EXPECT_EQ(verify(first.issue("localhost")), X509_V_OK);
  EXPECT_NE(verify(second.issue("localhost")), X509_V_OK);
}

TEST_F(RootBundleTest, RefusesWhatIsNoBundle) {
  struct Row {
    int line;
    const char* text;
  };
  const Row rows[] = {
      {__LINE__, ""},
      {__LINE__, "no PEM at all\n"},
      {__LINE__, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"},
      {__LINE__, "-----BEGIN CERTIFICATE-----\nMIIB"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.line);
    std::ofstream(file_) << row.text;
    EXPECT_FALSE(add_bundle());
    ERR_clear_error();
  }
  std::remove(file_.c_str());
  EXPECT_FALSE(add_bundle());
  const fakes::TemporaryDirectory empty;
  file_ = empty.path();
  EXPECT_FALSE(add_bundle());
  ERR_clear_error();
}

}  // namespace
}  // namespace remora::net
