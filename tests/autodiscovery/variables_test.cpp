#include "remora/autodiscovery/variables.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace remora::autodiscovery {
namespace {

using model::Map;
using model::Value;

ecs::ContainerMetadata container(std::vector<ecs::Network> networks,
                                 std::vector<std::uint16_t> ports = {}) {
  ecs::ContainerMetadata out;
  out.docker_id = "abc";
  out.name = "web";
  out.networks = std::move(networks);
  for (const auto port : ports) out.ports.push_back({port, 0, "tcp"});
  return out;
}

std::optional<std::string> environment(std::string_view name) {
  if (name == "PW") return "0123";
  if (name == "MY_LONG_NAME") return "long";
  if (name == "FLAG") return "true";
  if (name == "EMPTY") return "";
  return std::nullopt;
}

VariableOptions options() {
  VariableOptions out;
  out.environment = environment;
  return out;
}

Result<Value> resolved(const Value& value, const ecs::ContainerMetadata& of) {
  const Address address = address_of(of, {});
  return resolve(value, &address, options());
}

const auto kAwsvpc = container({{"awsvpc", {"10.0.0.5"}, {}}}, {8080, 80});
const auto kIpv6 = container({{"awsvpc", {}, {"fd00::1"}}}, {6379});

struct Case {
  const char* name;
  std::string text;
  Value value;
};
void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

class Variables : public testing::TestWithParam<Case> {};
TEST_P(Variables, BecomeValues) {
  const auto value = resolved(GetParam().text, kAwsvpc);
  ASSERT_TRUE(value) << value.error().message();
  EXPECT_EQ(value->json_text(), GetParam().value.json_text());
}
INSTANTIATE_TEST_SUITE_P(
    Texts, Variables,
    testing::Values(
        Case{"Host", "%%host%%", "10.0.0.5"}, Case{"HostOfANetwork", "%%host_awsvpc%%", "10.0.0.5"},
        Case{"HostOfAnUnknownNetwork", "%%host_other%%", "10.0.0.5"},
        Case{"HighestPort", "%%port%%", 8080}, Case{"FirstPort", "%%port_0%%", 80},
        Case{"SecondPort", "%%port_1%%", 8080}, Case{"MixedStaysText", "%%port%% ", "8080 "},
        Case{"Both", "%%host%%:%%port%%", "10.0.0.5:8080"},
        Case{"Url", "http://%%host%%:80", "http://10.0.0.5:80"}, Case{"Pid", "%%pid%%", 0},
        Case{"Hostname", "%%hostname%%", ""}, Case{"HostnameInside", "a%%hostname%%b", "ab"},
        Case{"EnvironmentStaysText", "%%env_PW%%", "0123"},
        Case{"EnvironmentBooleanStaysText", "%%env_FLAG%%", "true"},
        Case{"EnvironmentWithUnderscores", "%%env_MY_LONG_NAME%%", "long"},
        Case{"EnvironmentEmpty", "x%%env_EMPTY%%y", "xy"}, Case{"NoVariable", "plain", "plain"},
        Case{"NumberThatIsNone", "6379", "6379"}, Case{"OneSign", "50% of %", "50% of %"},
        Case{"Unclosed", "100%% sure", "100%% sure"}, Case{"FourSigns", "%%%%", "%%%%"},
        Case{"NotAcrossLines", "%%host\n%%", "%%host\n%%"},
        Case{"AfterABrokenLine", "100%%\n%%host%%", "100%%\n10.0.0.5"},
        Case{"LiteralPerMilleIsMangled", "a\u2030b", "a%%b"},
        Case{"Twice", "%%port%%%%port%%", "80808080"}),
    [](const auto& c) { return c.param.name; });

struct Coercion {
  const char* name;
  const char* host;
  Value value;
};
class WholeVariables : public testing::TestWithParam<Coercion> {};
TEST_P(WholeVariables, AreCoerced) {
  const auto value = resolved("%%host%%", container({{"bridge", {GetParam().host}, {}}}));
  ASSERT_TRUE(value);
  EXPECT_EQ(value->json_text(), GetParam().value.json_text());
}
INSTANTIATE_TEST_SUITE_P(
    Values, WholeVariables,
    testing::Values(Coercion{"Decimal", "42", 42}, Coercion{"Negative", "-1", -1},
                    Coercion{"Hex", "0x1F", 31}, Coercion{"Octal", "017", 15},
                    Coercion{"NewOctal", "0o17", 15}, Coercion{"Binary", "0b11", 3},
                    Coercion{"Underscores", "1_000", 1000},
                    Coercion{"BadUnderscores", "1__0", "1__0"}, Coercion{"NotOctal", "08", "08"},
                    Coercion{"PastRange", "9223372036854775808", "9223372036854775808"},
                    Coercion{"Least", "-9223372036854775808", std::int64_t{INT64_MIN}},
                    Coercion{"True", "True", true}, Coercion{"T", "t", true},
                    Coercion{"False", "F", false}, Coercion{"Yes", "yes", "yes"},
                    Coercion{"Fraction", "1.5", "1.5"}, Coercion{"Blank", " 1", " 1"}),
    [](const auto& c) { return c.param.name; });

struct Ipv6 {
  const char* name;
  const char* text;
  const char* value;
};
class Ipv6Hosts : public testing::TestWithParam<Ipv6> {};
TEST_P(Ipv6Hosts, GetBracketsInUrlsOnly) {
  const auto value = resolved(GetParam().text, kIpv6);
  ASSERT_TRUE(value) << value.error().message();
  EXPECT_EQ(*value->text(), GetParam().value);
}
INSTANTIATE_TEST_SUITE_P(
    Texts, Ipv6Hosts,
    testing::Values(Ipv6{"Alone", "%%host%%", "fd00::1"},
                    Ipv6{"Url", "http://%%host%%:80", "http://[fd00::1]:80"},
                    Ipv6{"UrlAndPort", "http://%%host%%:%%port%%/x", "http://[fd00::1]:6379/x"},
                    Ipv6{"UrlWithoutPort", "tcp://%%host%%/", "tcp://[fd00::1]/"},
                    Ipv6{"HostAndPortIsNoUrl", "%%host%%:%%port%%", "fd00::1:6379"},
                    Ipv6{"BadPort", "http://%%host%%:x", "http://fd00::1:x"},
                    Ipv6{"KeyValue", "host=%%host%% port=5432", "host=fd00::1 port=5432"},
                    Ipv6{"Query", "http://a/?h=%%host%%", "http://a/?h=[fd00::1]"},
                    Ipv6{"OtherVariable", "http://%%env_PW%%", "http://0123"}),
    [](const auto& c) { return c.param.name; });

struct Bad {
  const char* name;
  std::string text;
  ecs::ContainerMetadata of;
  std::string message;
};
void PrintTo(const Bad& c, std::ostream* out) { *out << c.name; }
const std::string kNoNetwork =
    "%%host%%: no network found: the task metadata has no address of this container";
class FaultyVariables : public testing::TestWithParam<Bad> {};
TEST_P(FaultyVariables, AreNamedWithTheReason) {
  const auto value = resolved(GetParam().text, GetParam().of);
  ASSERT_FALSE(value);
  EXPECT_EQ(value.error().code(), Errc::invalid_config);
  EXPECT_EQ(value.error().message(), GetParam().message);
}
INSTANTIATE_TEST_SUITE_P(
    Texts, FaultyVariables,
    testing::Values(
        Bad{"NoNetwork", "%%host%%", container({}), kNoNetwork},
        Bad{"NoneMode", "%%host%%", container({{"none", {}, {}}}), kNoNetwork},
        Bad{"AwsvpcWithoutAddress", "%%host%%", container({{"awsvpc", {}, {}}}), kNoNetwork},
        Bad{"SeveralNetworks", "%%host%%",
            container({{"a", {"1.1.1.1"}, {}}, {"b", {"2.2.2.2"}, {}}}),
            "%%host%%: several networks and none called bridge: write %%host_<network>%%"},
        Bad{"NoPort", "%%port%%", container({}),
            "%%port%%: no port found: declare portMappings in the task definition, or write the "
            "port itself"},
        Bad{"PortPastTheLast", "%%port_5%%", kAwsvpc, "%%port_5%%: the container has only 2 ports"},
        Bad{"PortFarPastTheLast", "%%port_99999999999999999999%%", kIpv6,
            "%%port_99999999999999999999%%: the container has only 1 port"},
        Bad{"PortNegative", "%%port_-1%%", kAwsvpc,
            "%%port_-1%%: ports have no names on ECS: write %%port_<n>%% with n from 0"},
        Bad{"PortByName", "%%port_http%%", kAwsvpc,
            "%%port_http%%: ports have no names on ECS: write %%port_<n>%% with n from 0"},
        Bad{"EnvironmentUnset", "%%env_NOPE%%", kAwsvpc,
            "%%env_NOPE%%: the environment variable is not set in the agent's container"},
        Bad{"EnvironmentNameless", "%%env%%", kAwsvpc,
            "%%env%%: the name of the environment variable is missing"},
        Bad{"NothingAfterUnderscore", "%%env_%%", kAwsvpc, "%%env_%%: nothing after '_'"},
        Bad{"Kube", "%%kube_namespace%%", kAwsvpc, "%%kube_namespace%%: not available on ECS"},
        Bad{"Extra", "%%extra_x%%", kAwsvpc, "%%extra_x%%: not available on ECS"},
        Bad{"Unknown", "%%hots%%", kAwsvpc, "invalid %%hots%% tag: there is no such variable"},
        Bad{"Blanks", "50%% to 60%%", kAwsvpc, "invalid %% to 60%% tag: there is no such variable"},
        Bad{"SecondOfTwo", "%%host%%:%%nope%%", kAwsvpc,
            "invalid %%nope%% tag: there is no such variable"}),
    [](const auto& c) { return c.param.name; });

struct Mode {
  const char* name;
  std::vector<ecs::Network> networks;
  const char* host;
};
class NetworkModes : public testing::TestWithParam<Mode> {};
TEST_P(NetworkModes, DecideTheHost) {
  const auto value = resolved("%%host%%", container(GetParam().networks));
  ASSERT_TRUE(value) << value.error().message();
  EXPECT_EQ(*value->text(), GetParam().host);
}
INSTANTIATE_TEST_SUITE_P(
    Modes, NetworkModes,
    testing::Values(
        Mode{"Awsvpc", {{"awsvpc", {"10.0.0.5", "10.0.0.6"}, {"fd00::1"}}}, "10.0.0.5"},
        Mode{"AwsvpcIpv6Only", {{"awsvpc", {}, {"fd00::1"}}}, "fd00::1"},
        Mode{"AwsvpcBesideOthers",
             {{"bridge", {"172.17.0.2"}, {}}, {"awsvpc", {"10.0.0.5"}, {}}},
             "10.0.0.5"},
        Mode{"Host", {{"host", {}, {}}}, "127.0.0.1"},
        Mode{"Bridge", {{"bridge", {"172.17.0.2"}, {}}}, "172.17.0.2"},
        Mode{"BridgeTwice", {{"bridge", {}, {}}, {"bridge", {"172.17.0.3"}, {}}}, "172.17.0.3"},
        Mode{"BridgeAmongOthers",
             {{"a", {"1.1.1.1"}, {}}, {"bridge", {"172.17.0.2"}, {}}},
             "172.17.0.2"},
        Mode{"OneOfItsOwn", {{"shop", {"172.18.0.2"}, {}}}, "172.18.0.2"}),
    [](const auto& c) { return c.param.name; });

TEST(AddressOf, TakesTheTasksOwnAddressWhereAContainerReportsNone) {
  ecs::TaskMetadata task;
  task.containers = {container({}), kAwsvpc};
  EXPECT_EQ(address_of(task.containers[0], task).hosts.at(0).second, "10.0.0.5");
  task.containers[1].networks = {{"bridge", {"172.17.0.2"}, {}}};
  EXPECT_TRUE(address_of(task.containers[0], task).hosts.empty())
      << "not another one's own address";
}

TEST(AddressOf, SortsPortsAndKeepsEachOnce) {
  const Address address = address_of(container({}, {443, 80, 443, 0, 8080}), {});
  EXPECT_EQ(address.ports, (std::vector<std::uint16_t>{80, 443, 8080}));
}

TEST(Resolve, ReachesEveryTextButNoKey) {
  const Value instance(
      Map{{"%%host%%", Value::List{"%%port%%", Map{{"x", "%%host%%"}}, 5}}, {"flag", true}});
  const auto value = resolved(instance, kAwsvpc);
  ASSERT_TRUE(value);
  EXPECT_EQ(value->json_text(), R"({"%%host%%":[8080,{"x":"10.0.0.5"},5],"flag":true})");
}

TEST(Resolve, WithoutAContainerKnowsTheEnvironmentOnly) {
  const auto good = resolve("%%env_PW%%", nullptr, options());
  ASSERT_TRUE(good);
  EXPECT_EQ(*good->text(), "0123");
  const auto bad = resolve("%%host%%", nullptr, options());
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().message(),
            "%%host%%: only a configuration with ad_identifiers knows a container");
}

TEST(Resolve, AsksForAllowedEnvironmentVariablesOnly) {
  VariableOptions some = options();
  some.allowed = {"PW"};
  EXPECT_TRUE(resolve("%%env_PW%%", nullptr, some));
  EXPECT_EQ(resolve("%%env_FLAG%%", nullptr, some).error().message(),
            "%%env_FLAG%%: the environment variable is not among DD_AD_ALLOWED_ENV_VARS");
  some.no_environment = true;
  EXPECT_EQ(resolve("%%env_PW%%", nullptr, some).error().message(),
            "%%env_PW%%: environment variables are switched off by "
            "DD_AD_DISABLE_ENV_VAR_RESOLUTION");
}

// A label's `url` would carry it to whoever wrote the label.
TEST(Resolve, GivesLabelsNoSecretOfTheAgentItself) {
  VariableOptions some = options();
  some.own_secrets = {"PW"};
  const auto refused = resolve("http://x/?k=%%env_PW%%", nullptr, some, Author::label);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message(),
            "%%env_PW%%: a secret of the agent itself, which labels do not read: "
            "DD_AD_ALLOWED_ENV_VARS can allow it");
  EXPECT_TRUE(resolve("%%env_FLAG%%", nullptr, some, Author::label));
  EXPECT_TRUE(resolve("%%env_PW%%", nullptr, some, Author::file));
  some.allowed = {"PW"};
  EXPECT_TRUE(resolve("%%env_PW%%", nullptr, some, Author::label));
}

TEST(Resolve, RefusesToGrowPastItsLimit) {
  VariableOptions big = options();
  big.environment = [](std::string_view) { return std::string(1024 * 1024, 'x'); };
  const auto value = resolve("%%env_A%%%%env_B%%%%env_C%%%%env_D%%%%env_E%%", nullptr, big);
  ASSERT_FALSE(value);
  EXPECT_EQ(value.error().code(), Errc::too_large);
  const auto list = resolve(Value::List(5, Value("%%env_A%%")), nullptr, big);
  ASSERT_FALSE(list);
  EXPECT_EQ(list.error().code(), Errc::too_large);
}

}  // namespace
}  // namespace remora::autodiscovery
