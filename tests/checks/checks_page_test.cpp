// Holds docs/checks.md and the tables of the integrations together, and the tables to their rules.
#include "checks/checks_page.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <set>

#include "config/page.hpp"
#include "fakes/source_dir.hpp"
#include "remora/checks/integration.hpp"

namespace remora::checks {
namespace {

TEST(ChecksPage, AndTablesSayTheSame) {
  std::ifstream in(fakes::source_dir() + "/docs/checks.md");
  const std::string page((std::istreambuf_iterator<char>(in)), {});
  ASSERT_NE(page.find("<!-- checks:begin -->"), std::string::npos);
  EXPECT_EQ(page, config::with_block(page, "checks", integrations_markdown(integrations())))
      << "run write_checks_page";
}

TEST(Integrations, AreSortedAndFoundByName) {
  const auto all = integrations();
  EXPECT_TRUE(std::is_sorted(all.begin(), all.end(),
                             [](const auto* a, const auto* b) { return a->name < b->name; }));
  for (const IntegrationInfo* info : all) EXPECT_EQ(find_integration(info->name), info);
  EXPECT_EQ(find_integration(""), nullptr);
  EXPECT_EQ(find_integration("redis"), nullptr);  // the check is redisdb
  EXPECT_EQ(find_integration("zzz"), nullptr);
}

TEST(Integrations, SayEverythingThePageNeeds) {
  const std::set<std::string_view> types{"gauge",           "rate",      "count",
                                         "monotonic_count", "histogram", "distribution"};
  for (const IntegrationInfo* info : integrations()) {
    SCOPED_TRACE(std::string(info->name));
    EXPECT_FALSE(info->title.empty());
    EXPECT_FALSE(info->label_example.empty());
    EXPECT_NE(info->create, nullptr);
    EXPECT_NE(info->label_example.find("\"" + std::string(info->name) + "\""),
              std::string_view::npos);
    std::set<std::string_view> names;
    for (const MetricInfo& metric : info->metrics) {
      EXPECT_TRUE(names.insert(metric.name).second) << metric.name << " is there twice";
      EXPECT_TRUE(types.contains(metric.type)) << metric.name << ": " << metric.type;
    }
    for (const OptionInfo& option : info->options) {
      EXPECT_FALSE(option.meaning.empty()) << option.name;
      const auto& declined = info->declined_options;
      EXPECT_EQ(std::find(declined.begin(), declined.end(), option.name), declined.end())
          << option.name << " is both implemented and declined";
    }
  }
}

TEST(IntegrationsMarkdown, ShowsATableAndASectionEach) {
  static constexpr std::array kMetrics = {MetricInfo{"demo.net.bytes", "rate", "byte"},
                                          MetricInfo{"demo.up", "gauge", ""}};
  static constexpr std::array kChecks = {ServiceCheckInfo{"demo.can_connect", "no answer"}};
  static constexpr std::array kOptions = {OptionInfo{"host", "", "where: `a|b`"},
                                          OptionInfo{"port", "80", "which"}};
  static constexpr std::array<std::string_view, 1> kDeclined = {"ssh"};
  static constexpr std::array<std::string_view, 1> kImages = {"demo"};
  IntegrationInfo info;
  info.name = "demo";
  info.title = "Demo";
  info.name_space = "demo";
  info.metrics = kMetrics;
  info.service_checks = kChecks;
  info.options = kOptions;
  info.declined_options = kDeclined;
  info.ad_identifiers = kImages;
  info.auto_instance = R"({"host":"%%host%%"})";
  info.label_example = R"({"demo":{"instances":[{"host":"%%host%%"}]}})";
  info.notes = "Read *this*.";
  info.max_returned_metrics = 2000;
  IntegrationInfo bare;
  bare.name = "other";
  bare.title = "Other";
  const std::array all = {static_cast<const IntegrationInfo*>(&info),
                          static_cast<const IntegrationInfo*>(&bare)};
  EXPECT_EQ(integrations_markdown(all), R"(| Check | For | Metrics | Without a label |
| --- | --- | --- | --- |
| [`demo`](#demo) | Demo | 2 | `demo` |
| [`other`](#other) | Other | those of the page | - |

## demo

Demo. Containers whose image is `demo` get it without a label, with the instance `{"host":"%%host%%"}`.

A label to copy, on the container that is to be checked:

```json
"dockerLabels": {
  "com.datadoghq.ad.checks": "{\"demo\":{\"instances\":[{\"host\":\"%%host%%\"}]}}"
}
```

Read *this*.

| Option | Default | Meaning |
| --- | --- | --- |
| `host` | - | where: `a\|b` |
| `port` | `80` | which |

`max_returned_metrics` is 2000 unless the instance says otherwise.

An instance that uses one of these is declined, and the option named: `ssh`.

| Metric | Type | Unit |
| --- | --- | --- |
| `demo.net.bytes` | rate | byte |
| `demo.up` | gauge | - |

| Service check | Critical when |
| --- | --- |
| `demo.can_connect` | no answer |

## other

Other. It runs where a label or a file asks for it.
)");
}

}  // namespace
}  // namespace remora::checks
