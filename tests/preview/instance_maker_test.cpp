#include "preview/instance_maker.hpp"

#include <gtest/gtest.h>

namespace remora::preview {
namespace {

using model::Map;
using model::Value;

Made make(const std::string& check, Map instance) {
  InstanceMaker maker;
  autodiscovery::CheckConfig config;
  config.check = check;
  config.init_config = Map{};
  return maker.make(config, Value(std::move(instance)));
}

struct Row {
  const char *name, *check;
  Map instance;
  std::string failure, correction;
};
class Instances : public testing::TestWithParam<Row> {};

TEST_P(Instances, CanBeMadeOrNot) {
  const Made made = make(GetParam().check, GetParam().instance);
  EXPECT_EQ(made.failure, GetParam().failure);
  EXPECT_EQ(made.correction, GetParam().correction);
}

INSTANTIATE_TEST_SUITE_P(
    Checks, Instances,
    testing::Values(
        Row{"Good", "tcp_check", {{"name", "a"}, {"host", "h"}, {"port", 1}}, "", ""},
        Row{"Missing", "tcp_check", {{"name", "a"}, {"host", "h"}}, "port: is missing", ""},
        // A secret or a parameter may be the number it has to be, a word may not.
        Row{"SecretForANumber",
            "tcp_check",
            {{"name", "a"}, {"host", "h"}, {"port", "********"}},
            "",
            ""},
        Row{"ParameterForANumber",
            "tcp_check",
            {{"name", "a"}, {"host", "h"}, {"port", "${Port}"}},
            "",
            ""},
        Row{"WordForANumber",
            "tcp_check",
            {{"name", "a"}, {"host", "h"}, {"port", "http"}},
            "`port` is a text that is not a whole number",
            ""},
        Row{"SecretHelpsNobodyElse",
            "tcp_check",
            {{"name", "${A}"}, {"host", "h"}},
            "port: is missing",
            ""},
        Row{"Typo",
            "htttp_check",
            {},
            "remora has no check called htttp_check: docs/checks.md lists "
            "those it has",
            "\"http_check\""},
        Row{"Short",
            "tcp",
            {},
            "remora has no check called tcp: docs/checks.md lists those it has",
            "\"tcp_check\""},
        Row{"Other",
            "kafka_consumer",
            {},
            "remora has no check called kafka_consumer: docs/checks.md lists those it has",
            ""}),
    [](const auto& row) { return row.param.name; });

TEST(InstanceMaker, SaysWhatWasPassedOver) {
  const Made made =
      make("tcp_check", {{"name", "a"}, {"host", "h"}, {"port", 1}, {"tags", "no list"}});
  EXPECT_EQ(made.failure, "");
  EXPECT_EQ(made.notes,
            std::vector<std::string>{"tags has to be a list of texts: it is passed over"});
}

TEST(InstanceMaker, DoesNotLookForCertificatesOfAnotherMachine) {
  const Made made =
      make("redisdb",
           {{"host", "h"}, {"port", 1}, {"ssl", true}, {"ssl_ca_certs", "/nonexistent/ca.pem"}});
  EXPECT_EQ(made.failure, "");
  EXPECT_TRUE(made.notes.empty());
}

}  // namespace
}  // namespace remora::preview
