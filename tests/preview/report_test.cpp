#include "remora/preview/report.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "preview/fault_text.hpp"

namespace remora::preview {
namespace {

using autodiscovery::Fault;
using autodiscovery::Severity;

constexpr auto kImages = std::to_array<std::string_view>({"redis"});

taskdef::TaskDefinition definition_of(taskdef::ContainerDefinition container) {
  taskdef::TaskDefinition out;
  out.family = "f";
  out.launch_type = "EC2";
  out.network_mode = "awsvpc";
  taskdef::ContainerDefinition agent;
  agent.name = "datadog-agent";
  agent.image = "remora:1";
  agent.secrets = {"DD_API_KEY", "PORT"};
  agent.environment = {{"WORD", "open"}};
  agent.health_check = {"CMD-SHELL", "agent health"};
  out.containers = {agent, std::move(container)};
  out.agent = 0;
  return out;
}

taskdef::ContainerDefinition redis(const std::string& port = "6379") {
  taskdef::ContainerDefinition out;
  out.name = "cache";
  out.image = "redis:7";
  out.labels["com.datadoghq.ad.checks"] =
      R"({"redisdb":{"instances":[{"host":"%%host%%","port":)" + port + "}]}}";
  return out;
}

PreviewOptions options() {
  PreviewOptions out;
  const autodiscovery::BuiltInTemplate built_in{"redisdb", kImages,
                                                R"({"host":"%%host%%","port":6379})"};
  out.files = autodiscovery::load_files({}, std::span(&built_in, 1), {});
  return out;
}

const model::Value* option(const CheckPreview& check, const char* name) {
  return check.instance.find(name);
}

TEST(Report, ResolvesAnInstanceAsTheDaemonWould) {
  const Report report = make_report(definition_of(redis()), options());
  EXPECT_EQ(report.errors + report.warnings, 0u);
  ASSERT_EQ(report.containers.size(), 2u);
  ASSERT_EQ(report.containers[1].checks.size(), 1u);
  const CheckPreview& check = report.containers[1].checks[0];
  EXPECT_EQ(check.check, "redisdb");
  EXPECT_EQ(check.origin, "label com.datadoghq.ad.checks");
  EXPECT_EQ(*option(check, "host"), model::Value("192.0.2.10"));
  EXPECT_EQ(option(check, "tags"), nullptr);  // shown on their own
  EXPECT_NE(std::find(check.tags.begin(), check.tags.end(), "short_image:redis"), check.tags.end());
  EXPECT_EQ(check.interval.count(), 15);
  EXPECT_FALSE(check.metrics.empty());
  EXPECT_FALSE(report.labels_may_be_hidden);
  EXPECT_FALSE(check.file);
}

// AWS_EXECUTION_ENV of the options is not what ECS will set.
TEST(Report, GoesByTheLaunchTypeOfTheDefinition) {
  const auto count = [](const char* launch_type, const char* fargate) {
    auto definition = definition_of(redis());
    definition.launch_type = launch_type;
    PreviewOptions some = options();
    some.environment.execution_env = "AWS_ECS_FARGATE";
    some.environment.ecs_fargate = fargate;
    const Report report = make_report(definition, some);
    EXPECT_EQ(report.labels_may_be_hidden, definition.launch_type == "MANAGED_INSTANCES");
    return std::count_if(
        report.container_metrics.begin(), report.container_metrics.end(),
        [](const auto& metric) { return metric.name.starts_with("ecs.fargate."); });
  };
  const auto all = count("FARGATE", "");
  EXPECT_GT(all, 0);
  EXPECT_EQ(count("MANAGED_INSTANCES", ""), 0);
  EXPECT_EQ(count("MANAGED_INSTANCES", "true"), all);
}

TEST(Report, ShowsTheBuiltInConfigurationOfAnImageWithoutLabel) {
  auto container = redis();
  container.labels.clear();
  const Report report = make_report(definition_of(container), options());
  ASSERT_EQ(report.containers[1].checks.size(), 1u);
  EXPECT_EQ(report.containers[1].checks[0].origin, "built in, for images called redis");
}

TEST(Report, LeavesOutTheBuiltInOneThatIsIgnored) {
  auto container = redis();
  container.labels.clear();
  PreviewOptions without = options();
  without.files.templates.clear();
  EXPECT_TRUE(make_report(definition_of(container), without).containers[1].checks.empty());
}

struct Network {
  const char *name, *mode, *host, *address;
};
class NetworkModes : public testing::TestWithParam<Network> {};

TEST_P(NetworkModes, DecideTheExampleAddress) {
  auto definition = definition_of(redis());
  definition.network_mode = GetParam().mode;
  const Report report = make_report(definition, options());
  EXPECT_EQ(report.address, GetParam().address);
  const auto& checks = report.containers[1].checks;
  if (std::string_view(GetParam().host).empty()) {
    EXPECT_TRUE(checks.empty());
    EXPECT_EQ(report.errors, 1u);
  } else {
    ASSERT_EQ(checks.size(), 1u);
    EXPECT_EQ(*option(checks[0], "host"), model::Value(GetParam().host));
  }
}

INSTANTIATE_TEST_SUITE_P(Modes, NetworkModes,
                         testing::Values(Network{"Awsvpc", "awsvpc", "192.0.2.10", "192.0.2.10"},
                                         Network{"Bridge", "bridge", "192.0.2.10", "192.0.2.10"},
                                         Network{"Host", "host", "127.0.0.1", ""},
                                         Network{"None", "none", "", ""}),
                         [](const auto& network) { return network.param.name; });

TEST(Report, ReadsVariablesOfTheAgentsContainerAlone) {
  auto container = redis(R"("%%env_PORT%%","password":"%%env_WORD%%","username":"%%env_HOME%%")");
  container.environment = {{"HOME", "/"}};
  const Report report = make_report(definition_of(container), options());
  ASSERT_EQ(report.containers[1].faults.size(), 1u);
  EXPECT_EQ(
      report.containers[1].faults[0].message,
      "redisdb does not run: %%env_HOME%%: the environment variable is not set in the agent's "
      "container");
}

TEST(Report, MasksSecretsOfBothKinds) {
  const Report report =
      make_report(definition_of(redis(R"("%%env_PORT%%","password":"%%env_WORD%%")")), options());
  EXPECT_EQ(report.errors, 0u);
  ASSERT_EQ(report.containers[1].checks.size(), 1u);
  EXPECT_EQ(*option(report.containers[1].checks[0], "port"), model::Value("********"));
  EXPECT_EQ(*option(report.containers[1].checks[0], "password"), model::Value("********"));
}

// A secret by the name of its variable stays one under any option.
TEST(Report, MasksASecretVariableWhereverItStands) {
  auto definition = definition_of(redis(R"(1,"name":"with %%env_DB_PASSWORD%%")"));
  definition.containers[0].environment.emplace_back("DB_PASSWORD", "hunter2-of-the-db");
  const Report report = make_report(definition, options());
  EXPECT_EQ(*option(report.containers[1].checks.at(0), "name"), model::Value("with ********"));
}

TEST(Report, SaysWhichContainersAreExcluded) {
  PreviewOptions excluding = options();
  excluding.reconciler.excluded = [](const ecs::ContainerMetadata& container) {
    return container.name == "cache";
  };
  const Report report = make_report(definition_of(redis()), excluding);
  EXPECT_TRUE(report.containers[1].excluded);
  EXPECT_FALSE(report.containers[1].metrics_excluded);
  EXPECT_TRUE(report.containers[1].checks.empty());
}

TEST(Report, PutsTagsWhereTheirCardinalityPutsThem) {
  auto container = redis();
  container.labels["com.datadoghq.ad.tags"] = R"(["team:web"])";
  const auto has = [](const model::TagList& tags, const std::string& tag) {
    return std::find(tags.begin(), tags.end(), tag) != tags.end();
  };
  Report report = make_report(definition_of(container), options());
  EXPECT_FALSE(has(report.containers[1].tags, "team:web"));
  EXPECT_TRUE(has(report.containers[1].metric_tags, "team:web"));
  PreviewOptions high = options();
  high.cardinality = tagger::Cardinality::high;
  report = make_report(definition_of(container), high);
  EXPECT_TRUE(has(report.containers[1].tags, "team:web"));
  EXPECT_TRUE(has(report.containers[1].checks.at(0).tags, "team:web"));
  EXPECT_TRUE(report.containers[1].metric_tags.empty());
}

// The file stands for the label where the agent cannot see it.
TEST(Report, GivesTheFileForALabelOnManagedInstances) {
  auto definition =
      definition_of(redis(R"("%%env_PORT%%","password":"%%env_WORD%%","tags":["a:b"])"));
  definition.launch_type = "MANAGED_INSTANCES";
  const Report report = make_report(definition, options());
  EXPECT_TRUE(report.labels_may_be_hidden);
  ASSERT_TRUE(report.containers[1].checks.at(0).file);
  const CheckFile& file = *report.containers[1].checks[0].file;
  EXPECT_EQ(file.path, "/etc/datadog-agent/conf.d/redisdb.d/cache.yaml");
  autodiscovery::FaultList faults;
  const auto parsed = autodiscovery::parse_file("redisdb", file.path, file.content, {}, faults);
  ASSERT_TRUE(parsed);
  EXPECT_TRUE(faults.empty());
  EXPECT_EQ(parsed->identifiers, std::vector<std::string>{"redis"});
  EXPECT_EQ(
      parsed->instances.at(0).json_text(),
      R"({"host":"%%host%%","port":"%%env_PORT%%","password":"%%env_WORD%%","tags":["a:b"]})");
}

// One file holds all instances of a check; a thousand of them would make a thousand files of it.
TEST(Report, GivesOneFileForAllInstancesOfACheck) {
  auto definition = definition_of(redis(R"(1},{"host":"%%host%%","port":2)"));
  definition.launch_type = "MANAGED_INSTANCES";
  const Report report = make_report(definition, options());
  const auto& checks = report.containers[1].checks;
  ASSERT_EQ(checks.size(), 2u);
  ASSERT_TRUE(checks[0].file);
  EXPECT_NE(checks[0].file->content.find("\"port\":2"), std::string::npos);
  EXPECT_FALSE(checks[1].file);
}

TEST(Report, SaysTheSameFaultOnce) {
  auto container = redis();
  std::string instances;
  for (int i = 0; i < 300; ++i) instances += (i ? "," : "") + std::string(R"({"port":"%%port%%"})");
  container.labels["com.datadoghq.ad.checks"] = R"({"redisdb":{"instances":[)" + instances + "]}}";
  const Report report = make_report(definition_of(container), options());
  EXPECT_EQ(report.errors, 1u);  // one text, said once
}

TEST(Report, CountsFaultsItDoesNotShow) {
  auto container = redis();
  std::string checks;
  for (int i = 0; i < 250; ++i) {
    const std::string n = std::to_string(i);
    checks += (i ? ",\"c" : "\"c") + n + R"(":{"instances":[{"x":"%%env_NONE)" + n + R"(%%"}]})";
  }
  container.labels["com.datadoghq.ad.checks"] = "{" + checks + "}";
  const Report report = make_report(definition_of(container), options());
  EXPECT_EQ(report.errors, 250u);
  EXPECT_EQ(report.containers[1].faults.size(), 200u);
  EXPECT_EQ(report.notes, std::vector<std::string>{"50 more errors are not shown"});
}

TEST(Report, AsJsonIsADocument) {
  const std::vector<Report> reports{make_report(definition_of(redis()), options())};
  const auto json = nlohmann::json::parse(to_json("f.json", reports));
  EXPECT_EQ(json["file"], "f.json");
  EXPECT_EQ(json["errors"], 0);
  const auto& check = json["task_definitions"][0]["containers"][1]["checks"][0];
  EXPECT_EQ(check["check"], "redisdb");
  EXPECT_EQ(check["runs"], true);
  EXPECT_EQ(check["instance"], nlohmann::json::parse(R"({"host":"192.0.2.10","port":6379})"));
  EXPECT_GT(check["metrics"].size(), 50u);
}

TEST(Report, JsonCountsWhatIsUnread) {
  const std::vector<Report> reports{make_report(definition_of(redis()), options())};
  const std::vector<taskdef::Unread> unread{{"Snippet", "password=hunter2 is not known"}};
  const auto json = nlohmann::json::parse(to_json("f.yaml", reports, unread));
  EXPECT_EQ(json["errors"], 1);
  EXPECT_EQ(json["unread"], nlohmann::json::parse(
                                R"([{"resource":"Snippet",
                                     "message":"password=******** is not known"}])"));
}

// The file of variables may hold it: neither missing nor a mistake.
TEST(Report, LeavesVariablesOfEnvironmentFilesOpen) {
  auto definition = definition_of(redis(R"("%%env_FROM_FILE%%")"));
  definition.containers[0].environment_files = {"arn:aws:s3:::b/dd.env"};
  const Report report = make_report(definition, options());
  EXPECT_EQ(report.errors, 0u);
  EXPECT_EQ(*option(report.containers[1].checks.at(0), "port"), model::Value("${FROM_FILE}"));
}

struct Paste {
  const char *name, *place, *message, *correction;
  taskdef::Syntax syntax;
  const char* expected;
  bool part = false;
};
class ToPaste : public testing::TestWithParam<Paste> {};

TEST_P(ToPaste, IsWhatTheDocumentTakes) {
  const Paste& paste = GetParam();
  const Fault fault{Severity::error,  "c",       "", paste.place, paste.message,
                    paste.correction, paste.part};
  EXPECT_EQ(to_paste(fault, paste.syntax), paste.expected);
}

INSTANTIATE_TEST_SUITE_P(
    Corrections, ToPaste,
    testing::Values(
        Paste{"WholeLabelInJson", "com.datadoghq.ad.instances", "is", R"([{"a":"it's"}])",
              taskdef::Syntax::json, R"("com.datadoghq.ad.instances": "[{\"a\":\"it's\"}]")"},
        Paste{"WholeLabelInYaml", "com.datadoghq.ad.instances", "is", R"([{"a":"it's"}])",
              taskdef::Syntax::template_yaml, R"(com.datadoghq.ad.instances: '[{"a":"it''s"}]')"},
        Paste{"PartOfChecks", "com.datadoghq.ad.checks", "instances of x is", R"([{"a":1}])",
              taskdef::Syntax::json, R"([{"a":1}])", true},
        Paste{"PartOfElement", "com.datadoghq.ad.init_configs", "element 0 is", "[{}]",
              taskdef::Syntax::json, "[{}]", true},
        Paste{"InitConfig", "com.datadoghq.ad.checks", "init_config is", "{}",
              taskdef::Syntax::json, "{}", true},
        Paste{"Name", "com.datadoghq.ad.checks", "the check", "\"redisdb\"", taskdef::Syntax::json,
              "\"redisdb\""},
        Paste{"Missing", "com.datadoghq.ad.init_configs", "missing",
              "com.datadoghq.ad.init_configs = [{}]", taskdef::Syntax::json,
              R"("com.datadoghq.ad.init_configs": "[{}]")"},
        Paste{"Field", "healthCheck.command", "is", R"(["CMD"])", taskdef::Syntax::json,
              R"(["CMD"])"},
        Paste{"Nothing", "com.datadoghq.ad.checks", "is", "", taskdef::Syntax::json, ""}),
    [](const auto& paste) { return paste.param.name; });

}  // namespace
}  // namespace remora::preview
