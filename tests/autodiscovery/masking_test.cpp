#include "remora/autodiscovery/masking.hpp"

#include <gtest/gtest.h>

namespace remora::autodiscovery {
namespace {

using model::Map;
using model::Value;

struct Key {
  const char* name;
  const char* key;
  bool secret;
};
class SecretKeys : public testing::TestWithParam<Key> {};
TEST_P(SecretKeys, AreRecognised) { EXPECT_EQ(is_secret_key(GetParam().key), GetParam().secret); }
INSTANTIATE_TEST_SUITE_P(
    Keys, SecretKeys,
    testing::Values(Key{"Password", "password", true},
                    Key{"Part", "tls_private_key_password", true}, Key{"Upper", "API_KEY", true},
                    Key{"Pass", "pass", true}, Key{"RedisUser", "sentinel_pass", true},
                    Key{"Token", "auth_token", true}, Key{"Secret", "client_secret", true},
                    Key{"Headers", "extra_headers", true},
                    Key{"Connection", "connection_string", true}, Key{"Port", "port", false},
                    Key{"Username", "username", false}, Key{"Bypass", "bypass", false},
                    Key{"AuthType", "auth_type", false}, Key{"Key", "keys", false}),
    [](const auto& c) { return c.param.name; });

TEST(Masked, HidesSecretsAtAnyDepthAndKeepsTheRest) {
  const Value instance(Map{{"host", "h"},
                           {"port", 6379},
                           {"password", "hunter2"},
                           {"empty_password", ""},
                           {"auth_token", Map{{"reader", Map{{"path", "/run/x"}}}}},
                           {"nested", Value::List{Map{{"api_key", 5}}}},
                           {"url", "http://user:hunter2@h:80/"},
                           {"tags", Value::List{"team:a", "0123456789abcdef0123456789abcdef"}}});
  EXPECT_EQ(masked(instance).json_text(),
            R"({"host":"h","port":6379,"password":"********","empty_password":"",)"
            R"("auth_token":"********","nested":[{"api_key":"********"}],)"
            R"("url":"http://user:********@h:80/",)"
            R"("tags":["team:a","***************************bcdef"]})");
}

TEST(WithPlaceholders, ShowsNoSecretAndNoAsterisk) {
  const Value instance(Map{{"host", "h"},
                           {"pass", "hunter2"},
                           {"empty_password", ""},
                           {"token", nullptr},
                           {"tls.private-key", 5},
                           {"password", "%%env_PW%%"},
                           {"nested", Value::List{Map{{"api_key", "x"}}}},
                           {"glob", "a*b**"},
                           {"query", "password=hunter2"}});
  EXPECT_EQ(with_placeholders(instance).json_text(),
            R"({"host":"h","pass":"<PASS>","empty_password":"","token":null,)"
            R"("tls.private-key":5,"password":"%%env_PW%%","nested":[{"api_key":"<API_KEY>"}],)"
            R"("glob":"a*b**","query":"password=<SECRET>"})");
}

}  // namespace
}  // namespace remora::autodiscovery
