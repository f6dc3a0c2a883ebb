#include "remora/api/ipc_auth.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <set>

namespace remora::api {
namespace {

IpcIdentity identity() {
  return {"0123456789abcdef0123456789abcdef", "http://169.254.170.2/v4/a", "mnt:[4026531840]"};
}

TEST(IpcAuth, NameDependsOnEveryPartOfTheIdentity) {
  IpcIdentity other_key = identity(), other_task = identity(), other_container = identity();
  other_key.secret.back() = '0';
  other_task.metadata_uri.back() = 'b';
  other_container.mount_namespace = "mnt:[4026531841]";
  std::set<std::string> names;
  for (const auto& id : {identity(), other_key, other_task, other_container}) {
    names.insert(ipc_socket_name(id, 0));
    names.insert(ipc_socket_name(id, 7));
  }
  EXPECT_EQ(names.size(), 8u);
  EXPECT_EQ(ipc_socket_name(identity(), 3), ipc_socket_name(identity(), 3));
}

TEST(IpcAuth, NameFitsASocketAddressAndShowsNoSecret) {
  const std::string name = ipc_socket_name(identity(), 5);
  ASSERT_EQ(name.size(), 7u + 32u + 2u);
  EXPECT_EQ(name.substr(0, 7), "remora/");
  EXPECT_EQ(name.substr(39), "/5");
  EXPECT_EQ(name.find("0123456789abcdef"), std::string::npos);
}

TEST(IpcAuth, EachNameHasItsOwnKey) {
  // An impostor on name 0 that passes lines on to the daemon on name 1 gets proofs of no use.
  EXPECT_NE(ipc_key(identity(), 0), ipc_key(identity(), 1));
}

TEST(IpcAuth, ProofCoversRoleNoncesAndRequest) {
  const IpcKey key = ipc_key(identity(), 0);
  const std::string proof = ipc_proof(key, "client", "n1", "n2", "health");
  EXPECT_EQ(proof.size(), 64u);
  EXPECT_TRUE(same_proof(proof, ipc_proof(key, "client", "n1", "n2", "health")));
  EXPECT_FALSE(same_proof(proof, ipc_proof(key, "server", "n1", "n2", "health")));
  EXPECT_FALSE(same_proof(proof, ipc_proof(key, "client", "n2", "n1", "health")));
  EXPECT_FALSE(same_proof(proof, ipc_proof(key, "client", "n1", "n2", "config")));
  EXPECT_FALSE(same_proof(proof, ""));
}

TEST(IpcAuth, NoncesAreFresh) {
  const std::string nonce = make_nonce();
  EXPECT_EQ(nonce.size(), 64u);
  EXPECT_NE(nonce, make_nonce());
}

class TokenFile : public testing::Test {
 protected:
  TokenFile() {
    char name[] = "/tmp/remora-token-XXXXXX";
    const int fd = mkstemp(name);
    if (fd >= 0) close(fd);
    path_ = name;
  }
  ~TokenFile() override { std::remove(path_.c_str()); }
  void write(const std::string& text) const { std::ofstream(path_) << text; }
  std::string path_;
};

TEST_F(TokenFile, ReplacesTheApiKeyWithoutItsLineEnd) {
  write("  token-1\n");
  EXPECT_EQ(ipc_identity("key", path_, "uri").secret, "token-1");
}

TEST_F(TokenFile, ThatIsEmptyTooLargeOrMissingLeavesTheApiKey) {
  EXPECT_EQ(ipc_identity("key", path_, "uri").secret, "key");
  write(std::string(4097, 'x'));
  EXPECT_EQ(ipc_identity("key", path_, "uri").secret, "key");
  EXPECT_EQ(ipc_identity("key", path_ + ".missing", "uri").secret, "key");
  EXPECT_EQ(ipc_identity("key", "", "uri").secret, "key");
}

TEST(IpcIdentityOfThisProcess, HasTheMountNamespace) {
  const IpcIdentity id = ipc_identity("key", "", "http://x/v4/a");
  EXPECT_EQ(id.metadata_uri, "http://x/v4/a");
  EXPECT_EQ(id.mount_namespace, current_mount_namespace());
  EXPECT_EQ(id.mount_namespace.substr(0, 5), "mnt:[");
}

}  // namespace
}  // namespace remora::api
