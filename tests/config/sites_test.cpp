#include "remora/config/sites.hpp"

#include <gtest/gtest.h>

namespace remora::config {
namespace {

TEST(Sites, DefaultComesFirstAndAllArePublished) {
  ASSERT_EQ(published_sites().size(), 9u);
  EXPECT_EQ(published_sites().front(), "datadoghq.com");
  for (const auto site : published_sites()) EXPECT_TRUE(is_datadog_site(site)) << site;
}

TEST(Sites, FurtherRegionsOfTheSameDomainsCount) {
  EXPECT_TRUE(is_datadog_site("us9.datadoghq.com"));
  EXPECT_TRUE(is_datadog_site("datad0g.com"));
  EXPECT_FALSE(is_datadog_site("us5datadoghq.com"));
  EXPECT_FALSE(is_datadog_site("agent.datadoghq.com"));
  EXPECT_FALSE(is_datadog_site("us1.datadoghq.com"));
  EXPECT_FALSE(is_datadog_site(""));
}

struct SiteRow {
  const char* name;
  std::string_view text, expected;
};
class CorrectedSite : public testing::TestWithParam<SiteRow> {};
TEST_P(CorrectedSite, IsTheSiteInsideTheText) {
  EXPECT_EQ(corrected_site(GetParam().text), GetParam().expected);
}
INSTANTIATE_TEST_SUITE_P(
    Texts, CorrectedSite,
    testing::Values(
        SiteRow{"Right", "datadoghq.eu", "datadoghq.eu"},
        SiteRow{"PastedUrl", "https://us5.datadoghq.com/account/login?x", "us5.datadoghq.com"},
        SiteRow{"AppHost", "app.datadoghq.com", "datadoghq.com"},
        SiteRow{"ApiUrlWithPort", "https://api.us3.datadoghq.com:443", "us3.datadoghq.com"},
        SiteRow{"CapitalsAndBlanks", " DatadogHQ.eu\n", "datadoghq.eu"},
        SiteRow{"TrailingDot", "datadoghq.eu.", "datadoghq.eu"},
        SiteRow{"ShortCustomHost", "app.internal", "app.internal"},
        SiteRow{"PathWithoutScheme", "us5.datadoghq.com/", "us5.datadoghq.com"}),
    [](const auto& row) { return row.param.name; });

class NearestSite : public testing::TestWithParam<SiteRow> {};
TEST_P(NearestSite, IsWhatWasMeant) {
  EXPECT_EQ(nearest_site(GetParam().text), GetParam().expected);
}
INSTANTIATE_TEST_SUITE_P(
    Texts, NearestSite,
    testing::Values(SiteRow{"RegionName", "us5", "us5.datadoghq.com"},
                    SiteRow{"RegionNameUs1", "US1", "datadoghq.com"},
                    SiteRow{"Europe", "eu1", "datadoghq.eu"},
                    SiteRow{"EuropeAsAHost", "eu1.datadoghq.com", "datadoghq.eu"},
                    SiteRow{"MissingLetters", "datadog.com", "datadoghq.com"},
                    SiteRow{"Government", "us1-fed", "ddog-gov.com"},
                    SiteRow{"ProductHost", "http-intake.logs.us5.datadoghq.com",
                            "us5.datadoghq.com"},
                    SiteRow{"Foreign", "metrics.example.org", ""}),
    [](const auto& row) { return row.param.name; });

TEST(HostName, AllowsLettersDigitsDashesAndDots) {
  EXPECT_TRUE(is_host_name("us5.datadoghq.com"));
  for (const std::string bad :
       {"", "a b", "a..b", ".a", "a.", "a/b", "\"datadoghq.eu\"", "${SITE}"}) {
    EXPECT_FALSE(is_host_name(bad)) << bad;
  }
  EXPECT_FALSE(is_host_name(std::string(64, 'a')));
}

}  // namespace
}  // namespace remora::config
