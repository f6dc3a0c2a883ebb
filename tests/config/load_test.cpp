#include "remora/config/load.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

namespace remora::config {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
namespace fs = std::filesystem;

TEST(Load, WithoutAnythingGivesDefaults) {
  const Loaded loaded = load_text({}, "", "");
  EXPECT_EQ(loaded.settings.site, "datadoghq.com");
  EXPECT_EQ(loaded.settings.stop_timeout.count(), 10'000);
  EXPECT_EQ(loaded.origin.at("DD_SITE"), "default");
  EXPECT_EQ(loaded.origin.size(), options().size());
  EXPECT_THAT(loaded.warnings, IsEmpty());
}

TEST(Load, EnvironmentWinsOverTheFile) {
  const Loaded loaded = load_text({{"DD_SITE", "datadoghq.eu"}},
                                  "site: us3.datadoghq.com\nenv: prod\n", "/etc/x.yaml");
  EXPECT_EQ(loaded.settings.site, "datadoghq.eu");
  EXPECT_EQ(loaded.settings.env, "prod");
  EXPECT_EQ(loaded.origin.at("DD_SITE"), "DD_SITE");
  EXPECT_EQ(loaded.origin.at("DD_ENV"), "file");
  EXPECT_EQ(loaded.file, "/etc/x.yaml");
}

TEST(Load, ABadVariableLeavesTheValueOfTheFile) {
  const Loaded loaded = load_text({{"DD_HEALTH_PORT", "none"}}, "health_port: 5555\n", "f");
  EXPECT_EQ(loaded.settings.health_port, 5555);
  EXPECT_EQ(loaded.origin.at("DD_HEALTH_PORT"), "file");
}

TEST(Load, FirstNameThatIsSetWinsAndEmptyIsNotSet) {
  const Loaded loaded = load_text(
      {{"DD_PROXY_HTTPS", ""}, {"HTTPS_PROXY", "http://b"}, {"https_proxy", "http://c"}}, "", "");
  EXPECT_EQ(loaded.settings.proxy_https, "http://b");
  EXPECT_EQ(loaded.origin.at("DD_PROXY_HTTPS"), "HTTPS_PROXY");
}

struct Quoted {
  const char *name, *variable, *value;
  bool warned;
};
class QuotedValue : public testing::TestWithParam<Quoted> {};

// What a shell, an .env file or a template left around the value.
TEST_P(QuotedValue, IsReadWithoutTheQuotes) {
  const std::string variable = GetParam().variable;
  const Loaded loaded = load_text({{variable, GetParam().value}}, "", "");
  const Settings& settings = loaded.settings;
  if (variable == "DD_TAGS") {
    EXPECT_EQ(settings.tags, (std::vector<std::string>{"k1:v1", "k2:v2"}));
  } else if (variable == "DD_SITE") {
    EXPECT_EQ(settings.site, "datadoghq.eu");
  } else if (variable == "DD_HEALTH_PORT") {
    EXPECT_EQ(settings.health_port, 5555);
  } else if (variable == "DD_DOGSTATSD_NON_LOCAL_TRAFFIC") {
    EXPECT_TRUE(settings.dogstatsd_non_local_traffic);
  } else {
    EXPECT_EQ(settings.container_labels_as_tags, (std::map<std::string, std::string>{{"a", "b"}}));
  }
  if (GetParam().warned) {
    EXPECT_THAT(loaded.warnings, ElementsAre(HasSubstr("quotes around")));
  } else {
    EXPECT_THAT(loaded.warnings, testing::Each(testing::Not(HasSubstr("quotes around"))));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Forms, QuotedValue,
    testing::Values(Quoted{"JsonInSingle", "DD_CONTAINER_LABELS_AS_TAGS", R"('{"a":"b"}')", true},
                    Quoted{"JsonInDouble", "DD_CONTAINER_LABELS_AS_TAGS", R"("{"a":"b"}")", true},
                    Quoted{"JsonInJson", "DD_CONTAINER_LABELS_AS_TAGS", R"("{\"a\":\"b\"}")",
                           false},
                    Quoted{"ListInDouble", "DD_TAGS", R"("k1:v1 k2:v2")", true},
                    Quoted{"ListInSingle", "DD_TAGS", "'k1:v1,k2:v2'", true},
                    Quoted{"ListOfQuoted", "DD_TAGS", "'k1:v1','k2:v2'", true},
                    Quoted{"ListOfDoublyQuoted", "DD_TAGS", R"("k1:v1" "k2:v2")", true},
                    Quoted{"JsonListInSingle", "DD_TAGS", R"('["k1:v1","k2:v2"]')", true},
                    Quoted{"JsonList", "DD_TAGS", R"(["k1:v1","k2:v2"])", false},
                    Quoted{"Text", "DD_SITE", R"("datadoghq.eu")", true},
                    Quoted{"TextInBoth", "DD_SITE", R"('"datadoghq.eu"')", true},
                    Quoted{"TextWithBackslashes", "DD_SITE", R"(\"datadoghq.eu\")", true},
                    Quoted{"Blanks", "DD_SITE", R"( " datadoghq.eu " )", true},
                    Quoted{"Number", "DD_HEALTH_PORT", R"("5555")", true},
                    Quoted{"Boolean", "DD_DOGSTATSD_NON_LOCAL_TRAFFIC", "'true'", true}),
    [](const auto& quoted) { return quoted.param.name; });

TEST(Load, QuotesAroundNothingAreNothing) {
  const Loaded loaded = load_text({{"DD_SITE", R"("")"}, {"DD_ENV", "'"}}, "", "");
  EXPECT_EQ(loaded.settings.site, "datadoghq.com");
  EXPECT_EQ(loaded.settings.env, "'");
}

TEST(Load, QuotesAroundTheApiKeyAreRemovedAndTheKeyIsNotShown) {
  const std::string key = "0123456789abcdef0123456789abcdef";
  const Loaded loaded = load_text({{"DD_API_KEY", '"' + key + '"'}}, "", "");
  EXPECT_EQ(loaded.settings.api_key, key);
  EXPECT_THAT(loaded.warnings, ElementsAre(HasSubstr("DD_API_KEY: the quotes")));
  EXPECT_EQ(loaded.warnings[0].find(key), std::string::npos);
}

TEST(Load, TwoDifferentIntakeUrlsAreNamed) {
  const Loaded loaded =
      load_text({{"DD_URL", "https://a.example"}, {"DD_DD_URL", "https://b.example"}}, "", "");
  EXPECT_EQ(loaded.settings.dd_url, "https://b.example");
  EXPECT_THAT(loaded.warnings, ElementsAre(HasSubstr("DD_DD_URL is used")));
  EXPECT_THAT(load_text({{"DD_URL", "https://a"}, {"DD_DD_URL", "https://a"}}, "", "").warnings,
              IsEmpty());
}

TEST(Load, AnIntakeUrlWithoutASchemeGetsHttps) {
  const Loaded loaded = load_text({{"DD_DD_URL", "intake.example:8443"}}, "", "");
  EXPECT_EQ(loaded.settings.dd_url, "https://intake.example:8443");
  EXPECT_EQ(loaded.warnings.size(), 1u);
}

TEST(Load, BlanksAroundTheApiKeyAreRemoved) {
  const Loaded loaded = load_text({{"DD_API_KEY", "00000000000000000000000000000000\n"}}, "", "");
  EXPECT_EQ(loaded.settings.api_key, "00000000000000000000000000000000");
  EXPECT_THAT(loaded.warnings, ElementsAre(HasSubstr("DD_API_KEY: blanks")));
}

struct SiteRow {
  const char* name;
  const char* text;
  const char* site;
  const char* warning;  ///< part of the only one; empty = none
};
class Site : public testing::TestWithParam<SiteRow> {};
TEST_P(Site, IsCorrectedOrNamed) {
  const Loaded loaded = load_text({{"DD_SITE", GetParam().text}}, "", "");
  EXPECT_EQ(loaded.settings.site, GetParam().site);
  if (std::string_view(GetParam().warning).empty()) {
    EXPECT_THAT(loaded.warnings, IsEmpty());
  } else {
    EXPECT_THAT(loaded.warnings, ElementsAre(HasSubstr(GetParam().warning)));
  }
}
INSTANTIATE_TEST_SUITE_P(
    Texts, Site,
    testing::Values(
        SiteRow{"Published", "ap1.datadoghq.com", "ap1.datadoghq.com", ""},
        SiteRow{"PastedUrl", "https://app.datadoghq.com/", "datadoghq.com", "was read as"},
        SiteRow{"Slip", "datadog.eu", "datadog.eu", "the nearest is datadoghq.eu (published: data"},
        SiteRow{"RegionName", "us5", "us5", "the nearest is us5.datadoghq.com"},
        SiteRow{"Own", "intake.example.org", "intake.example.org", ""},
        SiteRow{"NewRegion", "us9.datadoghq.com", "us9.datadoghq.com", ""}),
    [](const auto& row) { return row.param.name; });

TEST(LoadFile, ALoneKeyAppendedByAStartScriptIsRead) {
  const Loaded loaded = load_text({}, "\nhostname: web-1\n", "f");
  EXPECT_EQ(loaded.settings.hostname, "web-1");
  EXPECT_THAT(loaded.warnings, IsEmpty());
}

TEST(LoadFile, NestedKeysListsAndMaps) {
  const Loaded loaded = load_text({},
                                  "proxy:\n  https: http://p:3128\n  no_proxy: [a, b]\n"
                                  "tags:\n  - env:prod\n  - team:x\n"
                                  "docker_labels_as_tags:\n  com.example.team: team\n"
                                  "additional_endpoints:\n  https://b.example: [k1, k1]\n"
                                  "forwarder_timeout: 30\nskip_ssl_validation: true\nenv:\n",
                                  "f");
  EXPECT_EQ(loaded.settings.proxy_https, "http://p:3128");
  EXPECT_THAT(loaded.settings.proxy_no_proxy, ElementsAre("a", "b"));
  EXPECT_THAT(loaded.settings.tags, ElementsAre("env:prod", "team:x"));
  EXPECT_EQ(loaded.settings.docker_labels_as_tags.at("com.example.team"), "team");
  EXPECT_THAT(loaded.settings.additional_endpoints.at("https://b.example"), ElementsAre("k1"));
  EXPECT_EQ(loaded.settings.forwarder_timeout.count(), 30);
  EXPECT_TRUE(loaded.settings.skip_ssl_validation);
  EXPECT_EQ(loaded.origin.at("DD_ENV"), "default");
  EXPECT_THAT(loaded.warnings, IsEmpty());
}

TEST(LoadFile, ABrokenFileIsAWarningAndTheEnvironmentCounts) {
  for (const char* text : {"tags: [a", "- a\n- b\n", "just text", "\tsite: x"}) {
    const Loaded loaded = load_text({{"DD_ENV", "prod"}}, text, "d.yaml");
    EXPECT_EQ(loaded.settings.env, "prod") << text;
    EXPECT_THAT(loaded.warnings, ElementsAre(HasSubstr("d.yaml"))) << text;
  }
}

class LoadPath : public testing::Test {
 protected:
  void SetUp() override {
    directory_ = fs::path(testing::TempDir()) /
                 ("remora_config_" +
                  std::string(testing::UnitTest::GetInstance()->current_test_info()->name()));
    fs::remove_all(directory_);
    fs::create_directories(directory_);
  }
  void TearDown() override { fs::remove_all(directory_); }
  void write(const std::string& text) { std::ofstream(directory_ / "datadog.yaml") << text; }
  fs::path directory_;
};

TEST_F(LoadPath, IsAFileOrADirectory) {
  write("env: prod\n");
  for (const fs::path& path : {directory_, directory_ / "datadog.yaml"}) {
    const Loaded loaded = load({}, path.string());
    EXPECT_EQ(loaded.settings.env, "prod");
    EXPECT_EQ(loaded.file, (directory_ / "datadog.yaml").string());
  }
}

TEST_F(LoadPath, AMissingFileIsNoErrorAndAPathByHandIsNamed) {
  const Loaded loaded = load({{"DD_ENV", "prod"}}, directory_.string());
  EXPECT_EQ(loaded.settings.env, "prod");
  EXPECT_EQ(loaded.file, "");
  EXPECT_THAT(loaded.warnings, ElementsAre(HasSubstr("no such file")));
}

TEST_F(LoadPath, AFileOverTheLimitIsLeftOut) {
  write("env: prod\n#" + std::string(1024 * 1024, 'x'));
  const Loaded loaded = load({}, directory_.string());
  EXPECT_EQ(loaded.settings.env, "");
  EXPECT_THAT(loaded.warnings, ElementsAre(HasSubstr("larger than 1048576 bytes")));
}

TEST_F(LoadPath, ADirectoryInPlaceOfTheFileIsAWarning) {
  fs::create_directories(directory_ / "datadog.yaml");
  EXPECT_THAT(load({}, directory_.string()).warnings, ElementsAre(HasSubstr("not a regular file")));
}

TEST_F(LoadPath, APipeInPlaceOfTheFileIsNotWaitedFor) {
  ASSERT_EQ(::mkfifo((directory_ / "datadog.yaml").c_str(), 0600), 0);
  const Loaded loaded = load({{"DD_ENV", "prod"}}, directory_.string());
  EXPECT_EQ(loaded.settings.env, "prod");
  EXPECT_THAT(loaded.warnings, ElementsAre(HasSubstr("not a regular file")));
}

}  // namespace
}  // namespace remora::config
