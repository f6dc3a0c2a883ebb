// Documents of other kinds: one line says what they are and what to give.
#include <gtest/gtest.h>

#include "remora/taskdef/task_definition.hpp"

namespace remora::taskdef {
namespace {

struct Other {
  const char* name;
  std::string text, expected;
};
class OtherDocuments : public testing::TestWithParam<Other> {};

TEST_P(OtherDocuments, AreNamed) {
  const auto reading = parse_each(GetParam().text);
  ASSERT_FALSE(reading);
  EXPECT_EQ(reading.error().code(), Errc::unsupported);
  EXPECT_EQ(reading.error().message(), GetParam().expected);
}

const std::string kTerraform =
    "a configuration of Terraform: give what `terraform show -json` prints, of a plan or of the "
    "state";
std::string describe(const std::string& name) {
  return "give what `aws ecs describe-task-definition --task-definition " + name + "` prints";
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, OtherDocuments,
    testing::Values(
        Other{"DescribeTasks",
              R"({"tasks":[{"taskDefinitionArn":"arn:aws:ecs:eu-west-1:1:task-definition/buoy:3",
                  "containers":[{"name":"a","image":"i"}]}],"failures":[]})",
              "the answer of describe-tasks, a running task and not its definition: " +
                  describe("buoy:3")},
        Other{"DescribeTasksOfNone", R"({"tasks":[],"failures":[]})",
              "the answer of describe-tasks, a running task and not its definition: " +
                  describe("<NAME>")},
        Other{"DescribeTasksHostile", R"({"tasks":[{"taskDefinitionArn":"x/`rm`"}]})",
              "the answer of describe-tasks, a running task and not its definition: " +
                  describe("<NAME>")},
        Other{"DescribeServices",
              R"({"services":[{"taskDefinition":"arn:aws:ecs:x:1:task-definition/quay:9"}]})",
              "the answer of describe-services: " + describe("quay:9")},
        Other{"ListTaskDefinitions",
              R"({"taskDefinitionArns":["arn:x:task-definition/a:1","arn:x:task-definition/a:2"]})",
              "the answer of list-task-definitions: " + describe("a:2")},
        Other{"MetadataEndpoint",
              R"({"Cluster":"c","TaskARN":"t","Family":"buoy","Containers":[{"Name":"a"}]})",
              "the answer of the task metadata endpoint, a running task and not its definition: " +
                  describe("buoy")},
        Other{"Overrides", R"({"containerOverrides":[{"name":"a"}]})",
              "overrides of run-task: " + describe("<NAME>")},
        Other{"GetTemplate", R"({"TemplateBody":{"Resources":{}},"StagesAvailable":[]})",
              "the answer of get-template: give the template in it, which `--query TemplateBody` "
              "prints"},
        Other{"Copilot",
              "name: quay\ntype: Load Balanced Web Service\nimage:\n  build: ./Dockerfile\n"
              "variables:\n  LOG_LEVEL: info\n",
              "a manifest of AWS Copilot: give the template that `copilot svc package --name quay "
              "--env <ENV>` prints"},
        Other{"CopilotJob", "name: nightly\ntype: Scheduled Job\n",
              "a manifest of AWS Copilot: give the template that `copilot job package --name "
              "nightly --env <ENV>` prints"},
        Other{"Terraform",
              "# tasks\nresource \"aws_ecs_task_definition\" \"a\" {\n  cpu = 256\n}\n",
              kTerraform},
        Other{"TerraformModule", "module \"task\" {\n  source = \"./m\"\n}\n", kTerraform},
        Other{"TerraformLocals",
              "locals {\n  containers = jsonencode([{\n    name = \"a\" }])\n}\n", kTerraform},
        Other{"TerraformJson", R"({"resource":{"aws_ecs_task_definition":{"a":{"family":"a"}}}})",
              kTerraform},
        Other{"TerraformLog",
              "{\"@level\":\"info\",\"@message\":\"Terraform 1.9\"}\n{\"@level\":\"info\"}\n",
              "the log of `terraform plan -json`: give what `terraform show -json` prints of the "
              "plan"},
        Other{
            "Compose", "services:\n  web:\n    image: nginx\n",
            "a file of Docker Compose: tasks of ECS have a task definition, " + describe("<NAME>")},
        Other{
            "ComposeWithVersion", "version: '3'\nservices: {web: {image: nginx}}\n",
            "a file of Docker Compose: tasks of ECS have a task definition, " + describe("<NAME>")},
        Other{"Kubernetes",
              "apiVersion: apps/v1\nkind: Deployment\nspec: {template: {spec: {containers: []}}}\n",
              "a manifest of Kubernetes (Deployment): tasks of ECS have a task definition, " +
                  describe("<NAME>")},
        Other{"AppSpec",
              "version: 0.0\nResources:\n  - TargetService: {Type: 'AWS::ECS::Service'}\n",
              "an AppSpec file of CodeDeploy: " + describe("<NAME>")},
        Other{"Pulumi", R"({"version":3,"deployment":{"resources":[]}})",
              "an export of Pulumi: " + describe("<NAME>")},
        Other{"CdkJson", R"({"app":"npx ts-node","context":{}})",
              "sources of the CDK are not read: give the template that `cdk synth` prints"},
        Other{"Several", R"([{"family":"a","containerDefinitions":[]},{"family":"b"}])",
              "an array of task definitions: give one of them"}),
    [](const auto& other) { return other.param.name; });

struct Array {
  const char* name;
  std::string text;
  Syntax syntax = Syntax::json;
};
class ContainerArrays : public testing::TestWithParam<Array> {};

// Terraform's `container_definitions`, in the forms that people have at hand.
TEST_P(ContainerArrays, AreReadAndSayWhatIsAssumed) {
  const auto reading = parse_each(GetParam().text);
  ASSERT_TRUE(reading) << reading.error().message();
  const TaskDefinition& task = reading->definitions.at(0);
  EXPECT_EQ(task.family, kUnknownFamily);
  EXPECT_EQ(task.network_mode, "bridge");
  EXPECT_EQ(task.syntax, GetParam().syntax);
  EXPECT_EQ(task.containers.at(0).image, "i");
  EXPECT_EQ(task.notes,
            (std::vector<std::string>{"requiresCompatibilities is not known here: EC2 is assumed",
                                      "networkMode is not known here: bridge is assumed"}));
}

INSTANTIATE_TEST_SUITE_P(
    Forms, ContainerArrays,
    testing::Values(Array{"Json", R"([{"name":"a","image":"i"}])"},
                    Array{"Nulls",
                          R"([{"name":"a","image":"i","environment":[null],"healthCheck":null,)"
                          R"("portMappings":null,"secrets":null,"dockerLabels":null}])"},
                    Array{"InQuotes", R"("[{\"name\":\"a\",\"image\":\"i\"}]")"},
                    Array{"OneContainer", R"({"name":"a","image":"i"})"},
                    Array{"ToBeFilledIn",
                          R"([{"name":"a","image":"i","cpu":${cpu},"essential":${e},)"
                          R"("portMappings":[{"containerPort":${port}}]}])"},
                    Array{"Yaml", "- name: a\n  image: i\n", Syntax::yaml}),
    [](const auto& array) { return array.param.name; });

TEST(ParseEach, SaysThatATextIsUtf16) {
  const auto reading = parse_each(std::string("\xff\xfe{\0}\0", 6));
  ASSERT_FALSE(reading);
  EXPECT_EQ(reading.error().message(), "is UTF-16: save it as UTF-8");
}

}  // namespace
}  // namespace remora::taskdef
