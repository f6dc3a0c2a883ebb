#include "remora/core/scrub.hpp"

#include <gtest/gtest.h>

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
        Row{"UrlWithoutPassword", "http://user@proxy:3128 http://host:80/a@b:c",
            "http://user@proxy:3128 http://host:80/a@b:c"},
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

}  // namespace
}  // namespace remora::core
