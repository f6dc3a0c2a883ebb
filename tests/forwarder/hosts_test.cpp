#include "remora/forwarder/hosts.hpp"

#include <gtest/gtest.h>

namespace remora::forwarder {
namespace {

struct Row {
  const char* name;
  const char* site;
  const char* dd_url;
  const char* version;
  const char* expected;
};

class InfraUrl : public testing::TestWithParam<Row> {};

TEST_P(InfraUrl, NamesTheHost) {
  const Row& row = GetParam();
  const auto url = infra_url(row.site, row.dd_url, row.version);
  ASSERT_TRUE(url) << url.error().message();
  EXPECT_EQ(url->origin(), row.expected);
}

INSTANTIATE_TEST_SUITE_P(
    Hosts, InfraUrl,
    testing::Values(
        Row{"Us1", "datadoghq.com", "", "7.72.1", "https://7-72-1-app.agent.datadoghq.com"},
        Row{"NoSiteIsUs1", "", "", "7.72.1", "https://7-72-1-app.agent.datadoghq.com"},
        Row{"BlankSiteIsUs1", " \n", "", "7.72.1", "https://7-72-1-app.agent.datadoghq.com"},
        Row{"Us3", "us3.datadoghq.com", "", "7.72.1", "https://7-72-1-app.agent.us3.datadoghq.com"},
        Row{"Eu", " datadoghq.eu\n", "", "7.72.1", "https://7-72-1-app.agent.datadoghq.eu"},
        Row{"UpperCase", "US5.DatadogHQ.com", "", "7.72.1",
            "https://7-72-1-app.agent.us5.datadoghq.com"},
        Row{"Gov", "ddog-gov.com", "", "7.72.1", "https://7-72-1-app.agent.ddog-gov.com"},
        Row{"Gov2", "us2.ddog-gov.com", "", "7.72.1", "https://7-72-1-app.agent.us2.ddog-gov.com"},
        Row{"FinalDotGoes", "datadoghq.com.", "", "7.72.1",
            "https://7-72-1-app.agent.datadoghq.com"},
        Row{"PreRelease", "datadoghq.com", "", "7.72.1-rc.3+git",
            "https://7-72-1-app.agent.datadoghq.com"},
        Row{"NoVersion", "datadoghq.com", "", "dev", "https://app.datadoghq.com"},
        Row{"UnknownSite", "example.com", "", "7.72.1", "https://app.example.com"},
        Row{"LooksLikeDatadog", "notdatadoghq.com", "", "7.72.1", "https://app.notdatadoghq.com"},
        Row{"DdUrlWins", "datadoghq.com", "http://localhost:8080", "7.72.1",
            "http://localhost:8080"},
        Row{"DdUrlOfDatadog", "", "https://app.datadoghq.eu", "7.72.1",
            "https://7-72-1-app.agent.datadoghq.eu"},
        Row{"DdUrlOfAnotherHost", "", "https://api.datadoghq.eu", "7.72.1",
            "https://api.datadoghq.eu"},
        Row{"Failover", "", "https://app.mrf.us3.datadoghq.com", "7.72.1",
            "https://7-72-1-app.agent.mrf.us3.datadoghq.com"}),
    [](const auto& row) { return row.param.name; });

TEST(InfraUrl, KeepsThePathOfDdUrl) {
  EXPECT_EQ(infra_url("", "https://proxy.example:3834/datadog", "7.72.1")->target, "/datadog");
}

TEST(InfraUrl, NamesTheVariableAtFault) {
  for (const char* site : {"https://datadoghq.com", "datadoghq.com/x", "a b", "user@host", ".eu"}) {
    const auto url = infra_url(site, "", "7.72.1");
    ASSERT_FALSE(url) << site;
    EXPECT_EQ(url.error().code(), Errc::invalid_config);
    EXPECT_NE(url.error().message().find("DD_SITE"), std::string::npos);
  }
  const auto url = infra_url("", "ftp://x", "7.72.1");
  ASSERT_FALSE(url);
  EXPECT_EQ(url.error().code(), Errc::invalid_config);
  EXPECT_NE(url.error().message().find("DD_DD_URL"), std::string::npos);
}

struct Base {
  const char* infra;
  const char* expected;
};

class ValidationBase : public testing::TestWithParam<Base> {};

TEST_P(ValidationBase, IsTheApiHostOfTheSite) {
  EXPECT_EQ(validation_base(*net::parse_url(GetParam().infra)).origin(), GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(
    Hosts, ValidationBase,
    testing::Values(Base{"https://7-72-1-app.agent.datadoghq.com", "https://api.datadoghq.com"},
                    Base{"https://7-72-1-app.agent.us3.datadoghq.com",
                         "https://api.us3.datadoghq.com"},
                    Base{"https://app.datadoghq.eu:8443/x", "https://api.datadoghq.eu"},
                    Base{"https://app.us2.ddog-gov.com", "https://api.us2.ddog-gov.com"},
                    Base{"http://localhost:9000", "http://localhost:9000"},
                    Base{"https://notdatadoghq.com", "https://notdatadoghq.com"}));

TEST(KnownSites, BeginsWithUs1) {
  EXPECT_EQ(known_sites().front(), "datadoghq.com");
  for (const std::string_view site : known_sites()) {
    const auto url = infra_url(site, "", "7.72.1");
    ASSERT_TRUE(url);
    EXPECT_EQ(validation_base(*url).host, "api." + std::string(site));
  }
}

}  // namespace
}  // namespace remora::forwarder
