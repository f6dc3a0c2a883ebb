#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "remora/config/load.hpp"

namespace remora::config {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* kGoodKey = "0123456789abcdef0123456789abcdef";

Loaded with_key(const std::string& key) { return load_text({{"DD_API_KEY", key}}, "", ""); }

TEST(Validate, AcceptsAKeyAndTheZerosOfTests) {
  EXPECT_TRUE(validate_for_run(with_key(kGoodKey)));
  EXPECT_TRUE(validate_for_run(with_key(std::string(32, '0'))));
  EXPECT_TRUE(validate_for_run(load_text({}, "api_key: " + std::string(kGoodKey) + "\n", "f")));
}

struct KeyRow {
  const char* name;
  std::string key;
  const char* said;
};
class BadKey : public testing::TestWithParam<KeyRow> {};
TEST_P(BadKey, IsOneLineWithWhatToDoAndWithoutTheKey) {
  const auto result = validate_for_run(with_key(GetParam().key));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), Errc::invalid_config);
  const std::string message = result.error().message();  // error() returns by value
  EXPECT_THAT(message, HasSubstr(GetParam().said));
  EXPECT_THAT(message, HasSubstr("`secrets` entry"));
  EXPECT_EQ(message.find('\n'), std::string::npos);
  if (GetParam().key.size() > 8) {
    EXPECT_THAT(message, Not(HasSubstr(GetParam().key)));
  }
}
INSTANTIATE_TEST_SUITE_P(
    Keys, BadKey,
    testing::Values(KeyRow{"Empty", "", "is not set"}, KeyRow{"Blank", " \n", "is not set"},
                    KeyRow{"Angle", "<YOUR_API_KEY>", "placeholder"},
                    KeyRow{"Words", "YOUR_API_KEY", "placeholder"},
                    KeyRow{"LongWords", "put-your-datadog-api-key-here-please", "placeholder"},
                    KeyRow{"Crosses", std::string(32, 'x'), "placeholder"},
                    KeyRow{"ChangeMe", "changeme", "placeholder"},
                    KeyRow{"ShellTemplate", "${DD_API_KEY_FROM_SOMEWHERE_ELSE}", "placeholder"},
                    KeyRow{"Mustache", "{{resolve:ssm:/datadog/api_key:1}}", "placeholder"},
                    KeyRow{"Short", "abc123", "too short"},
                    KeyRow{"Reference", "ENC[datadog_api_key_of_production]", "secret reference"},
                    KeyRow{"Arn", "arn:aws:secretsmanager:eu-west-1:111122223333:secret:dd", "ARN"},
                    KeyRow{"JsonSecret", R"({"key":"0123456789abcdef0123456789abcdef"})", "JSON"},
                    KeyRow{"BlankInside", "0123456789abcdef 0123456789abcdef", "blanks"}),
    [](const auto& row) { return row.param.name; });

TEST(Validate, ASiteThatIsNoHostNameIsNamedWithTheList) {
  const auto result =
      validate_for_run(load_text({{"DD_API_KEY", kGoodKey}, {"DD_SITE", "datadoghq eu"}}, "", ""));
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().message(), HasSubstr("us3.datadoghq.com, us5.datadoghq.com"));
  EXPECT_TRUE(validate_for_run(load_text(
      {{"DD_API_KEY", kGoodKey}, {"DD_SITE", "a b"}, {"DD_DD_URL", "http://intake.example"}}, "",
      "")))
      << "with a URL of its own the site is not used";
}

}  // namespace
}  // namespace remora::config
