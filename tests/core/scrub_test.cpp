#include "remora/core/scrub.hpp"

#include <gtest/gtest.h>

#include <ctime>

#include "remora/core/known_secrets.hpp"

namespace remora::core {
namespace {

struct Row {
  const char* name;
  std::string text, expected;
};

class Scrub : public testing::TestWithParam<Row> {};

TEST_P(Scrub, HidesSecretsOnly) {
  EXPECT_EQ(scrub(GetParam().text), GetParam().expected);
  EXPECT_EQ(scrub(GetParam().expected), GetParam().expected);  // twice is once
}

INSTANTIATE_TEST_SUITE_P(
    Texts, Scrub,
    testing::Values(
        Row{"Key", "key 0123456789abcdef0123456789abcdef end",
            "key ***************************bcdef end"},
        Row{"KeyInUrl", "https://x/v1/input/0123456789ABCDEF0123456789ABCDEF",
            "https://x/v1/input/***************************BCDEF"},
        Row{"ThirtyOneDigits", "0123456789abcdef0123456789abcde",
            "0123456789abcdef0123456789abcde"},
        Row{"DockerId", std::string(64, 'a'), std::string(64, 'a')},
        Row{"FargateContainerId", "158d1c8083dd49d6b527399fd6414f5c-1234567890",
            "158d1c8083dd49d6b527399fd6414f5c-1234567890"},
        Row{"KeyThenDash", "158d1c8083dd49d6b527399fd6414f5c-12",
            "***************************14f5c-12"},
        Row{"TaskArn", "arn:aws:ecs:eu-west-1:1:task/demo/158d1c8083dd49d6b527399fd6414f5c",
            "arn:aws:ecs:eu-west-1:1:task/demo/158d1c8083dd49d6b527399fd6414f5c"},
        Row{"UrlPassword", "proxy http://user:p@ss:word@proxy:3128/x ok",
            "proxy http://user:********@proxy:3128/x ok"},
        Row{"UrlWithoutPassword", "http://token@proxy:3128 http://host:80/a@b:c",
            "http://********@proxy:3128 http://host:80/a@b:c"},
        Row{"SecretQueryValues", "url:http://h/x?sig=ab%2Bc&a=1&key=k,2;3&monkey=4 ok",
            "url:http://h/x?sig=********&a=1&key=********&monkey=4 ok"},
        Row{"NamesThatAreSecretInQueriesOnly", "sig=1 key=2 tag_key: 3", "sig=1 key=2 tag_key: 3"},
        Row{"Header", "GET / HTTP/1.1\nAuthorization: Bearer abc\nX-Api-Key: 12\nAccept: */*",
            "GET / HTTP/1.1\nAuthorization: ********\nX-Api-Key: ********\nAccept: */*"},
        Row{"Query", "GET /x?api_key=hunter2&y=1", "GET /x?api_key=********&y=1"},
        Row{"Variable", "DD_API_KEY=hunter2 DD_SITE=a", "DD_API_KEY=******** DD_SITE=a"},
        Row{"Yaml", "password: two words\nport: 1", "password: ********\nport: 1"},
        Row{"Json", R"({"token": "a\"b, c", "port": 1})", R"({"token": "********", "port": 1})"},
        Row{"YamlKeyKeepsItsEnd", "api_key: 0123456789abcdef0123456789abcdef",
            "api_key: ***************************bcdef"},
        Row{"AlreadyHidden", "api_key: \"***\"", "api_key: \"********\""},
        Row{"OtherNames", "api_key_validation: ok\nauth_token_file_path: /x\ntokens: 3",
            "api_key_validation: ok\nauth_token_file_path: /x\ntokens: 3"},
        Row{"EmptyValue", "password:\nnext: 1", "password:\nnext: 1"},
        Row{"UnclosedQuote", "token=\"abc", "token=\"********"},
        Row{"UnclosedEscape", "token=\"abc\\", "token=\"********"}),
    [](const auto& row) { return row.param.name; });

TEST(ScrubJson, HidesInsideStringsAndLeavesADocument) {
  EXPECT_EQ(scrub_json(R"({"MetricTags":["token:abc","a:b"],"n":1})"),
            R"({"MetricTags":["token:********","a:b"],"n":1})");
  EXPECT_EQ(scrub_json(R"({"password": "a\"b", "url":"http://u:p@h/\n?sig=x", "port":1})"),
            R"({"password": "********", "url":"http://u:********@h/\n?sig=********", "port":1})");
  const std::string clean = R"({"name":"redis","tags":["a:b\u001b\"c"]})";
  EXPECT_EQ(scrub_json(clean), clean);
}

TEST(Excerpt, ScrubsBeforeItCuts) {
  remember_secret("canary-of-excerpt");
  EXPECT_EQ(excerpt("abc canary-of-excerpt", 8), "abc ****");
  // The text that is looked at ends somewhere: never in the middle of what is shown of a secret.
  for (std::size_t before = 8'000; before < 8'400; before += 3) {
    const std::string text =
        std::string(before, '.') + "canary-of-excerpt" + std::string(100'000, '.');
    EXPECT_EQ(excerpt(text, 8'200).find("canary"), std::string::npos) << before;
  }
  std::string many;
  for (int i = 0; i < 10'000; ++i) many += "canary-of-excerpt";
  EXPECT_EQ(excerpt(many, 100).find("canar"), std::string::npos);
  EXPECT_EQ(excerpt("é", 1), "");
}

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

double seconds_for(const std::string& piece, std::size_t bytes) {
  std::string text;
  while (text.size() < bytes) text += piece;
  const double begin = cpu_seconds();
  (void)scrub(text);
  (void)scrub_json(text);
  return cpu_seconds() - begin;
}

// What a peer writes decides what these passes meet; each took time square in it: 64 times as long
// for eight times as much.
TEST(Scrub, TakesLinearTime) {
  const std::string key = "0123456789abcdef0123456789abcdef";
  remember_secret("aaaaaaaab");
  for (const std::string& piece :
       {"/" + key, "-" + key, std::string("://a:b@c"), std::string("token=x "),
        std::string("?sig=x"), std::string("a"), std::string("\"token\":\"b\",")}) {
    const double small = seconds_for(piece, 128u << 10);
    EXPECT_LT(seconds_for(piece, 1u << 20), 30 * small) << piece;
  }
}

}  // namespace
}  // namespace remora::core
