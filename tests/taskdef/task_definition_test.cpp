#include "remora/taskdef/task_definition.hpp"

#include <gtest/gtest.h>

#include "fakes/source_dir.hpp"

namespace remora::taskdef {
namespace {

Result<TaskDefinition> first_of(Result<std::vector<TaskDefinition>> all) {
  if (!all) return all.error();
  EXPECT_EQ(all->size(), 1u);
  return all->front();
}
Result<TaskDefinition> parsed(std::string_view text) { return first_of(parse_definitions(text)); }

TEST(ParseTaskDefinition, ReadsTheExampleOfTheRepository) {
  const auto task =
      first_of(read_definitions(fakes::source_dir() + "/task-definitions/example.json"));
  ASSERT_TRUE(task) << task.error().message();
  EXPECT_EQ(task->family, "my-app");
  EXPECT_EQ(task->launch_type, "MANAGED_INSTANCES");
  EXPECT_EQ(task->cpu_vcpu, 0.5);  // "512" CPU units
  EXPECT_EQ(task->memory_mib, 1024u);
  ASSERT_EQ(task->containers.size(), 3u);
  EXPECT_EQ(task->agent, 0u);
  EXPECT_TRUE(task->containers[0].has_secret("DD_API_KEY"));
  EXPECT_EQ(*task->containers[0].variable("DD_ECS_DEPLOYMENT_MODE"), "sidecar");
  EXPECT_EQ(task->containers[2].labels.at("com.datadoghq.ad.check_names"), R"(["redisdb"])");
  EXPECT_EQ(task->containers[2].ports[0].container_port, 6379);
}

TEST(ParseTaskDefinition, TakesWhatDescribeTaskDefinitionPrints) {
  const auto task = parsed(
      R"({"taskDefinition": {"family": "f", "cpu": ".25 vCPU", "memory": "2 GB",
          "requiresCompatibilities": ["EC2", "FARGATE"],
          "containerDefinitions": [{"name": "a", "image": "i", "cpu": 0}]}})");
  ASSERT_TRUE(task) << task.error().message();
  EXPECT_EQ(task->cpu_vcpu, 0.25);
  EXPECT_EQ(task->memory_mib, 2048u);
  EXPECT_EQ(task->launch_type, "EC2");
  EXPECT_FALSE(task->has_agent());
}

TEST(ParseTaskDefinition, TakesWhatCliInputYamlTakes) {
  const auto task = parsed(
      "family: f\nnetworkMode: host\ncontainerDefinitions:\n- name: a\n  image: i:1\n"
      "  essential: false\n  cpu: 128\n  portMappings: [{containerPort: 80}]\n"
      "  dockerLabels: {com.datadoghq.ad.check_names: '[\"redisdb\"]', v: 1.0}\n");
  ASSERT_TRUE(task) << task.error().message();
  const ContainerDefinition& a = task->containers[0];
  EXPECT_EQ(task->network_mode, "host");
  EXPECT_FALSE(a.essential);
  EXPECT_EQ(a.cpu_units, 128);
  EXPECT_EQ(a.ports[0].container_port, 80);
  EXPECT_EQ(a.labels.at("v"), "1.0");
  EXPECT_EQ(task->syntax, Syntax::yaml);
}

struct Mode {
  const char *name, *compatibilities, *variable, *expected;
};
class LaunchTypeOf : public testing::TestWithParam<Mode> {};

TEST_P(LaunchTypeOf, FollowsTheDefinitionThenTheVariables) {
  const Mode& mode = GetParam();
  const auto task =
      parsed(R"({"family": "f", "requiresCompatibilities": [)" + std::string(mode.compatibilities) +
             R"(], "containerDefinitions": [{"name": "datadog-agent", "image": "i",
                               "environment": [{"name": ")" +
             mode.variable + R"(", "value": "true"}]}]})");
  ASSERT_TRUE(task) << task.error().message();
  EXPECT_EQ(task->launch_type, mode.expected);
}

INSTANTIATE_TEST_SUITE_P(
    Definitions, LaunchTypeOf,
    testing::Values(Mode{"Nothing", "", "X", "EC2"},
                    Mode{"VariableAlone", "", "ECS_FARGATE", "FARGATE"},
                    Mode{"OneOfTwo", R"("EC2", "FARGATE")", "ECS_FARGATE", "FARGATE"},
                    Mode{"FirstOfTwo", R"("EC2", "FARGATE")", "X", "EC2"},
                    Mode{"NotAmongThem", R"("EC2")", "ECS_FARGATE", "EC2"},
                    Mode{"Managed", "", "ECS_MANAGED_INSTANCES", "MANAGED_INSTANCES"}),
    [](const auto& mode) { return mode.param.name; });

TEST(ParseTaskDefinition, TakesARangeOfPorts) {
  const auto task = parsed(R"({"family": "f", "containerDefinitions": [{"name": "a", "image": "i",
      "portMappings": [{"containerPort": 3478, "protocol": "udp"},
                       {"containerPortRange": "10000-10010", "hostPort": 0}]}]})");
  ASSERT_TRUE(task) << task.error().message();
  ASSERT_EQ(task->containers[0].ports.size(), 1u);  // a range has no port to choose
  EXPECT_EQ(task->containers[0].ports[0].container_port, 3478);
  EXPECT_TRUE(task->faults.empty());
}

// What ECS refuses in one list is no reason to read nothing.
TEST(ParseTaskDefinition, KeepsReadingPastEntriesThatEcsRefuses) {
  const auto task = parsed(R"({"family": "f", "containerDefinitions": [{"name": "a", "image": "i",
      "environment": [{"value": "x"}, {"name": "A"}, null], "secrets": [{}],
      "portMappings": [{"hostPort": 80}], "healthCheck": {"command": []}}]})");
  ASSERT_TRUE(task) << task.error().message();
  EXPECT_EQ(*task->containers[0].variable("A"), "");
  std::vector<std::string> faults;
  for (const auto& fault : task->faults) faults.push_back(fault.place + ": " + fault.message);
  EXPECT_EQ(faults,
            (std::vector<std::string>{
                "environment: an entry has no name: ECS refuses it",
                "secrets: an entry has no name: ECS refuses it",
                "portMappings: an entry has neither containerPort nor containerPortRange: ECS "
                "refuses it",
                "healthCheck.command: is missing or empty: ECS refuses it"}));
}

struct NetworkDefault {
  const char *name, *fields, *mode, *fault;
};
class NetworkModeOf : public testing::TestWithParam<NetworkDefault> {};

TEST_P(NetworkModeOf, IsTheDefaultOfTheLaunchType) {
  const auto task = parsed(std::string(R"({"family": "f", )") + GetParam().fields +
                           R"("containerDefinitions": [{"name": "a", "image": "i"}]})");
  ASSERT_TRUE(task) << task.error().message();
  EXPECT_EQ(task->network_mode, GetParam().mode);
  std::string faults;
  for (const auto& fault : task->faults) faults += fault.message;
  EXPECT_EQ(faults, GetParam().fault);
  EXPECT_TRUE(task->notes.empty());
}

INSTANTIATE_TEST_SUITE_P(
    Types, NetworkModeOf,
    testing::Values(
        NetworkDefault{"Unsaid", "", "bridge", ""},
        NetworkDefault{"Ec2", R"("requiresCompatibilities": ["EC2"], )", "bridge", ""},
        NetworkDefault{"External", R"("requiresCompatibilities": ["EXTERNAL"], )", "bridge", ""},
        NetworkDefault{"Written", R"("networkMode": "host", )", "host", ""},
        NetworkDefault{"Fargate", R"("requiresCompatibilities": ["FARGATE"], )", "awsvpc",
                       "is missing: ECS takes bridge then, which FARGATE does not have"},
        NetworkDefault{"Managed", R"("requiresCompatibilities": ["MANAGED_INSTANCES"], )", "awsvpc",
                       "is missing: ECS takes bridge then, which MANAGED_INSTANCES does not have"}),
    [](const auto& mode) { return mode.param.name; });

// ECS refuses it; what was meant is plain, and so is what to write.
TEST(ParseTaskDefinition, ReadsALabelThatIsNoTextAndSaysSo) {
  const auto task = parsed(R"({"family": "f", "containerDefinitions": [{"name": "a", "image": "i",
      "dockerLabels": {"com.datadoghq.ad.instances": [{"port": 1}],
                       "com.datadoghq.ad.checks": {"x": {"instances": [{"password": "hunter2"}]}}}}]})");
  ASSERT_TRUE(task) << task.error().message();
  EXPECT_EQ(task->containers[0].labels.at("com.datadoghq.ad.instances"), R"([{"port":1}])");
  ASSERT_EQ(task->faults.size(), 2u);
  EXPECT_EQ(
      to_string(task->faults[0]),
      "container \"a\", label com.datadoghq.ad.instances: is a list, and ECS takes texts only "
      "(write: \"com.datadoghq.ad.instances\": \"[{\\\"port\\\":1}]\")");
  EXPECT_EQ(task->faults[1].place, "com.datadoghq.ad.checks");
  EXPECT_EQ(task->faults[1].correction, "");  // it would repeat the password
}

const std::string kDeep = R"({"family": )" + std::string(5000, '[') + std::string(5000, ']') + "}";

struct Bad {
  const char* name;
  std::string_view text, expected;
};
class ParseTaskDefinitionRejects : public testing::TestWithParam<Bad> {};

TEST_P(ParseTaskDefinitionRejects, NamesThePlace) {
  const auto task = parsed(GetParam().text);
  ASSERT_FALSE(task);
  EXPECT_EQ(task.error().message(), GetParam().expected);
}

TEST(ParseTaskDefinition, RefusesWhatIsTooLarge) {
  const auto task = parsed(std::string(kMaxDefinitionBytes + 1, ' '));
  ASSERT_FALSE(task);
  EXPECT_EQ(task.error().code(), Errc::too_large);
}

TEST(ParseTaskDefinition, TakesALabelOfAlmostAMegabyte) {
  const auto task = parsed(R"({"family": "f", "containerDefinitions": [{"name": "a", "image": "i",
      "dockerLabels": {"x": ")" +
                           std::string(1'000'000, 'y') + R"("}}]})");
  ASSERT_TRUE(task) << task.error().message();
  EXPECT_EQ(task->containers[0].labels.at("x").size(), 1'000'000u);
}

INSTANTIATE_TEST_SUITE_P(
    Texts, ParseTaskDefinitionRejects,
    testing::Values(
        Bad{"Empty", "", "not valid JSON at line 1, column 1"},
        Bad{"Comma", "{\"family\": \"f\",\n \"cpu\": \"1\",}",
            "not valid JSON at line 2, column 13 (a comma before the closing bracket?)"},
        Bad{"Root", "[1]", "not a JSON object"},
        Bad{"NoContainers", R"({"family": "f"})", "containerDefinitions holds no container"},
        Bad{"NoFamily", R"({"containerDefinitions": [{"name": "a", "image": "i"}]})",
            "family is missing"},
        Bad{"NoName", R"({"family": "f", "containerDefinitions": [{"image": "i"}]})",
            "containerDefinitions[0]: name is missing"},
        Bad{"NoImage", R"({"family": "f", "containerDefinitions": [{"name": "a"}]})",
            "container a: image is missing"},
        Bad{"Twice", R"({"family": "f", "containerDefinitions": [{"name": "a", "image": "i"},
             {"name": "a", "image": "i"}]})",
            "container a: the name is used twice"},
        Bad{"Environment", R"({"family": "f", "containerDefinitions": [{"name": "a", "image": "i",
             "environment": [{"name": "PORT", "value": 8080}]}]})",
            "container a: environment PORT: value must be text (put it in quotes)"},
        Bad{"Port", R"({"family": "f", "containerDefinitions": [{"name": "a", "image": "i",
             "portMappings": [{"containerPort": 70000}]}]})",
            "container a: portMappings: containerPort must be a port (1-65535)"},
        Bad{"Capital", R"({"family": "f", "ContainerDefinitions": []})",
            "ContainerDefinitions is written containerDefinitions here"},
        Bad{"Deep", kDeep, "nested deeper than 100 levels"},
        Bad{"Yaml", "family: f\ncontainerDefinitions:\n  - name: a\n   image: i\n",
            "not valid YAML: line 4, column 4"},
        Bad{"YamlTab", "family: f\n\tcpu: 1\n", "not valid YAML: line 2, column 1"},
        Bad{"YamlKey", "family: f\n? [a]\n: b\n",
            "not valid YAML: line 2, column 3: a key is missing or not a text"},
        Bad{"Words", "hello", "neither a task definition nor a template"},
        Bad{"Terraform", "resource \"aws_ecs_task_definition\" \"app\" {\n  family = \"f\"\n}\n",
            "a configuration of Terraform: give what `terraform show -json` prints, of a plan or "
            "of "
            "the state"},
        Bad{"Cdk", "import * as ecs from 'aws-cdk-lib/aws-ecs';\n",
            "sources of the CDK are not read: give the template that `cdk synth` prints"},
        Bad{"Cpu", R"({"family": "f", "cpu": "much", "containerDefinitions": []})",
            "cpu must be a number"}),
    [](const auto& bad) { return bad.param.name; });

TEST(ReadTaskDefinition, NamesTheFileThatIsMissing) {
  const auto task = read_definitions("/nonexistent/task.json");
  ASSERT_FALSE(task);
  EXPECT_EQ(task.error().code(), Errc::not_found);
  EXPECT_NE(task.error().message().find("/nonexistent/task.json"), std::string::npos);
}

}  // namespace
}  // namespace remora::taskdef
