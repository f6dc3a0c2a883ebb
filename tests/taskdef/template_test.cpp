// CloudFormation templates: what is resolved, what stays visible, and what is refused.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "fakes/source_dir.hpp"
#include "remora/taskdef/task_definition.hpp"

namespace remora::taskdef {
namespace {

// One container; `image` is what a row is about. Rows refer to these parameters and maps.
std::string yaml_template(const std::string& image) {
  return R"(Parameters:
  Tag: {Type: String, Default: '7'}
  Empty: {Type: String, Default: ''}
  Open: {Type: String}
  Secret: {Type: String, Default: hunter2, NoEcho: true}
  Stored: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /path}
  Zones: {Type: CommaDelimitedList, Default: 'a, b'}
  Count: {Type: Number, Default: 3}
Mappings:
  Images:
    prod: {redis: redis-prod}
    dev: {redis: redis-dev}
Conditions:
  IsSeven: !Equals [!Ref Tag, '7']
  IsNot: !Not [!Condition IsSeven]
  IsOpen: !Equals [!Ref Open, x]
  Both: !And [!Condition IsSeven, !Condition IsOpen]
  Either: !Or [!Condition IsOpen, !Condition IsSeven]
  Round: !Condition Round
Resources:
  Cluster: {Type: 'AWS::ECS::Cluster'}
  Task:
    Type: AWS::ECS::TaskDefinition
    Properties:
      Family: f
      ContainerDefinitions:
        - Name: a
          Image: )" +
         image + "\n";
}

struct Row {
  const char *name, *written, *image;
};
class Intrinsic : public testing::TestWithParam<Row> {};

TEST_P(Intrinsic, IsResolvedOrStaysVisible) {
  const auto all = parse_definitions(yaml_template(GetParam().written));
  ASSERT_TRUE(all) << all.error().message();
  EXPECT_EQ(all->at(0).containers[0].image, GetParam().image);
}

INSTANTIATE_TEST_SUITE_P(
    ShortAndLong, Intrinsic,
    testing::Values(
        Row{"Ref", "!Ref Tag", "7"}, Row{"RefNumber", "!Ref Count", "3"},
        Row{"RefLong", "{Ref: Tag}", "7"}, Row{"RefOpen", "!Ref Open", "${Open}"},
        Row{"RefNoEcho", "!Ref Secret", "${Secret}"}, Row{"RefStored", "!Ref Stored", "${Stored}"},
        Row{"RefResource", "!Ref Cluster", "${Cluster}"},
        Row{"Pseudo", "!Sub 'x.${AWS::URLSuffix}'", "x.amazonaws.com"},
        Row{"PseudoOpen", "!Ref AWS::Region", "${AWS::Region}"},
        Row{"Sub", "!Sub redis:${Tag}", "redis:7"},
        Row{"SubOpen", "!Sub '${AWS::AccountId}/redis:${Open}'", "${AWS::AccountId}/redis:${Open}"},
        Row{"SubLiteral", "!Sub 'a${!Tag}'", "a${Tag}"},
        Row{"SubOwn", "!Sub ['${A}:${Tag}', {A: !Join ['-', [x, y]]}]", "x-y:7"},
        Row{"SubLong", "{'Fn::Sub': 'redis:${Tag}'}", "redis:7"},
        Row{"SubUnclosed", "!Sub 'a${Tag'", "a${Tag"},
        Row{"GetAtt", "!GetAtt Repo.Uri", "${Repo.Uri}"},
        Row{"GetAttLong", "{'Fn::GetAtt': [Repo, Uri]}", "${Repo.Uri}"},
        Row{"Join", "!Join ['', [redis, ':', !Ref Tag]]", "redis:7"},
        Row{"JoinList", "!Join ['/', !Ref Zones]", "a/b"},
        Row{"If", "!If [IsSeven, yes, no]", "yes"}, Row{"IfNot", "!If [IsNot, yes, no]", "no"},
        Row{"IfEither", "!If [Either, yes, no]", "yes"},
        Row{"IfOpen", "!If [IsOpen, yes, no]", "yes"},
        Row{"IfBothOpen", "!If [Both, yes, no]", "yes"},
        Row{"IfRound", "!If [Round, yes, no]", "yes"},
        Row{"IfNothing", "!If [IsOpen, !Ref AWS::NoValue, no]", "no"},
        Row{"Map", "!FindInMap [Images, prod, redis]", "redis-prod"},
        Row{"MapOpen", "!FindInMap [Images, !Ref Open, redis]", "${Images.Open.redis}"},
        Row{"Import", "!ImportValue shared-image", "${shared-image}"},
        Row{"ImportSub", "!ImportValue {'Fn::Sub': 'img-${Tag}'}", "${img-7}"},
        Row{"Select", "!Select [1, [x, y]]", "y"},
        Row{"SelectSplit", "!Select ['1', !Split [':', 'a:b']]", "b"},
        Row{"SelectPast", "!Select [9, [x]]", "${Fn::Select}"},
        Row{"FirstOfAList", "!Join ['', [!Sub ['${A}', {A: a}], !Ref Tag]]", "a7"},
        Row{"CallInAList", "!Select [0, [!Join ['', [a, b]]]]", "ab"},
        Row{"ToJson", "{'Fn::ToJsonString': {a: !Ref Tag}}", R"({"a":"7"})"},
        Row{"Unknown", "!Base64 x", "${Fn::Base64}"}),
    [](const auto& row) { return row.param.name; });

TEST(Template, SaysWhatItAssumed) {
  const auto all = parse_definitions(yaml_template("!If [IsOpen, yes, no]"));
  ASSERT_TRUE(all) << all.error().message();
  EXPECT_EQ(all->at(0).notes,
            std::vector<std::string>{"the condition IsOpen is not known before the deployment: it "
                                     "is taken as true"});
}

std::string read(const std::string& name) {
  std::ifstream file(fakes::source_dir() + name);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(Template, OfTheRepositoryIsRead) {
  const auto all = parse_definitions(read("/cloudformation/example.yaml"));
  ASSERT_TRUE(all) << all.error().message();
  ASSERT_EQ(all->size(), 1u);
  const TaskDefinition& task = all->front();
  EXPECT_EQ(task.resource, "TaskDefinition");
  EXPECT_EQ(task.family, "${AWS::StackName}-app");
  EXPECT_EQ(task.launch_type, "MANAGED_INSTANCES");
  EXPECT_EQ(task.cpu_vcpu, 0.5);
  ASSERT_EQ(task.containers.size(), 3u);
  EXPECT_EQ(task.agent, 0u);
  EXPECT_EQ(task.containers[0].image, "${AgentImage}");
  EXPECT_EQ(*task.containers[0].variable("DD_SITE"), "datadoghq.com");
  EXPECT_TRUE(task.containers[0].has_secret("DD_API_KEY"));
  EXPECT_EQ(task.containers[0].health_check,
            (std::vector<std::string>{"CMD-SHELL", "agent health"}));
  EXPECT_EQ(task.containers[0].log_driver, "awslogs");
  EXPECT_EQ(task.containers[1].labels.at("com.datadoghq.tags.version"), "1.0.0");
  EXPECT_EQ(task.containers[2].ports[0].container_port, 6379);
  EXPECT_EQ(task.syntax, Syntax::template_yaml);
}

TEST(Template, OfJsonGivesEveryTaskDefinition) {
  const auto all = parse_definitions(R"({"Resources": {
      "A": {"Type": "AWS::ECS::TaskDefinition", "Properties": {"ContainerDefinitions":
            [{"Name": "a", "Image": {"Fn::Sub": "x:${V}"}, "PortMappings": [{"ContainerPort": 80}]}]}},
      "R": {"Type": "AWS::IAM::Role"},
      "B": {"Type": "AWS::ECS::TaskDefinition", "Condition": "Never", "Properties": {"Family": "b",
            "ContainerDefinitions": [{"Name": "b", "Image": "i", "Essential": "false"}]}}},
      "Conditions": {"Never": {"Fn::Equals": ["a", "b"]}}})");
  ASSERT_TRUE(all) << all.error().message();
  ASSERT_EQ(all->size(), 2u);
  EXPECT_EQ(all->at(0).family, "A");  // CloudFormation makes a name of the resource's
  EXPECT_EQ(all->at(0).containers[0].image, "x:${V}");
  EXPECT_EQ(all->at(0).containers[0].ports[0].container_port, 80);
  EXPECT_FALSE(all->at(1).containers[0].essential);
  EXPECT_EQ(all->at(1).notes,
            std::vector<std::string>{"the resource exists only with the condition Never, which "
                                     "the defaults of the parameters do not meet"});
}

// What has no value yet must not read as a mistake.
TEST(Template, LeavesOpenWhatOnlyADeploymentKnows) {
  const auto all = parse_definitions(R"(
Parameters: {Port: {Type: Number}, Cpu: {Type: Number}}
Resources:
  T:
    Type: AWS::ECS::TaskDefinition
    Properties:
      Cpu: !Ref Cpu
      RequiresCompatibilities: !Ref Kinds
      ContainerDefinitions:
        - Name: a
          Image: i
          Essential: !Ref E
          Environment: !FindInMap [Env, !Ref Stage, App]
          Secrets: [!Ref More, {Name: DD_API_KEY, ValueFrom: !Ref Arn}]
          PortMappings: [{ContainerPort: !Ref Port}]
          DockerLabels:
            com.datadoghq.ad.instances: !Sub '[{"host":"${!x}-${Host}","port":${Port}}]'
)");
  ASSERT_TRUE(all) << all.error().message();
  const TaskDefinition& task = all->front();
  EXPECT_FALSE(task.cpu_vcpu);
  EXPECT_TRUE(task.containers[0].ports.empty());
  EXPECT_TRUE(task.containers[0].has_secret("DD_API_KEY"));
  // The port stands in quotes: JSON before the deployment as well as after it.
  EXPECT_EQ(task.containers[0].labels.at("com.datadoghq.ad.instances"),
            R"([{"host":"${x}-${Host}","port":"${Port}"}])");
}

struct Bad {
  const char* name;
  std::string text, expected;
};
class TemplateRejects : public testing::TestWithParam<Bad> {};

TEST_P(TemplateRejects, NamesThePlace) {
  const auto all = parse_definitions(GetParam().text);
  ASSERT_FALSE(all);
  EXPECT_EQ(all.error().message(), GetParam().expected);
}

std::string task_with(const std::string& properties) {
  return "Resources:\n  T:\n    Type: AWS::ECS::TaskDefinition\n    Properties:\n" + properties;
}

std::string bomb() {
  std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 10; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before;
    for (int j = 1; j < 10; ++j) text += ", " + before;
    text += "]\n";
  }
  return text + "Resources: {}\n";
}

std::string long_join() {
  std::string parts = "!Ref P";
  for (int i = 0; i < 99; ++i) parts += ", !Ref P";
  return "Parameters: {P: {Type: String, Default: '" + std::string(100'000, 'x') + "'}}\n" +
         task_with("      ContainerDefinitions: [{Name: a, Image: !Join ['', [" + parts + "]]}]\n");
}

// Each condition asks twice for the next.
std::string condition_bomb() {
  std::string text = "Conditions:\n";
  for (int i = 0; i < 60; ++i) {
    const std::string next = "!Condition C" + std::to_string(i + 1);
    text += "  C" + std::to_string(i) + ": !And [" + next + ", " + next + "]\n";
  }
  return text + "  C60: !Equals [!Ref Open, x]\n" +
         task_with("      ContainerDefinitions: [{Name: a, Image: !If [C0, x, y]}]\n");
}

INSTANTIATE_TEST_SUITE_P(
    Texts, TemplateRejects,
    testing::Values(
        Bad{"NoTask", "Resources: {C: {Type: 'AWS::ECS::Cluster'}}",
            "a CloudFormation template without a resource of type AWS::ECS::TaskDefinition"},
        Bad{"NoProperties", "Resources: {T: {Type: 'AWS::ECS::TaskDefinition'}}",
            "resource T: Properties is missing"},
        Bad{"NoContainers", task_with("      Family: f\n"),
            "resource T: ContainerDefinitions holds no container"},
        Bad{"SmallLetters", task_with("      containerDefinitions: []\n"),
            "resource T: containerDefinitions is written ContainerDefinitions in a template"},
        Bad{"SmallSecret",
            task_with("      ContainerDefinitions:\n        - Name: a\n          Image: i\n"
                      "          Secrets: [{name: DD_API_KEY, ValueFrom: x}]\n"),
            "resource T: container a: Secrets: name is written Name in a template"},
        Bad{"NoName", task_with("      ContainerDefinitions: [{Image: i}]\n"),
            "resource T: ContainerDefinitions[0]: Name is missing"},
        Bad{"Port",
            task_with("      ContainerDefinitions:\n        - Name: a\n          Image: i\n"
                      "          PortMappings: [{ContainerPort: http}]\n"),
            "resource T: container a: PortMappings: ContainerPort must be a port (1-65535)"},
        Bad{"Health",
            task_with("      ContainerDefinitions:\n        - Name: a\n          Image: i\n"
                      "          HealthCheck: {Command: agent health}\n"),
            "resource T: container a: HealthCheck: Command must be a list"},
        Bad{"Broken", "Resources:\n  T: [\n", "not valid YAML: line 3, column 1"},
        Bad{"Bomb", bomb(), "more than 100000 values"},
        Bad{"SelfAlias", "Resources: &r {T: *r}",
            "not valid YAML: line 1, column 19: an alias refers to what it is part of"},
        Bad{"LongJoin", long_join(),
            "resource T: its functions make more than 4 MiB of text or 100000 values"},
        Bad{"ConditionBomb", condition_bomb(),
            "resource T: its functions make more than 4 MiB of text or 100000 values"},
        Bad{"DeepFlow", "Resources: " + std::string(5000, '['), "nested deeper than 100 levels"},
        Bad{"DeepBlock",
            "Resources:\n  " +
                [] {
                  std::string text;
                  for (int i = 0; i < 5000; ++i) text += "- ";
                  return text;
                }(),
            "nested deeper than 100 levels"},
        Bad{"DeepTags",
            "Resources: " +
                [] {
                  std::string text;
                  for (int i = 0; i < 300; ++i) text += "!Ref [x, ";
                  return text + std::string(300, ']');
                }(),
            "nested deeper than 100 levels"}),
    [](const auto& bad) { return bad.param.name; });

// One resource with `loop` around it; its family and notes.
std::string looping(const std::string& transform, const std::string& list) {
  return "Transform: " + transform +
         "\nParameters: {P: {Type: CommaDelimitedList, Default: 'a, b'}, "
         "Q: {Type: CommaDelimitedList}}\nResources:\n  Fn::ForEach::Tasks:\n    - Svc\n    - " +
         list +
         "\n    - Task${Svc}:\n        Type: AWS::ECS::TaskDefinition\n        Properties:\n"
         "          Family: !Sub '${Svc}-fam'\n          ContainerDefinitions:\n"
         "            - {Name: !Ref Svc, Image: 'x:&{Svc}'}\n";
}

struct Loop {
  const char* name;
  std::string text;
  std::vector<std::string> resources, families, images, notes;
};
class Loops : public testing::TestWithParam<Loop> {};

TEST_P(Loops, AreWrittenOut) {
  const auto reading = parse_each(GetParam().text);
  ASSERT_TRUE(reading) << reading.error().message();
  std::vector<std::string> resources, families, images;
  for (const TaskDefinition& task : reading->definitions) {
    resources.push_back(task.resource);
    families.push_back(task.family);
    images.push_back(task.containers[0].image);
  }
  EXPECT_EQ(resources, GetParam().resources);
  EXPECT_EQ(families, GetParam().families);
  EXPECT_EQ(images, GetParam().images);
  EXPECT_EQ(reading->definitions[0].notes, GetParam().notes);
}

const std::string kExtensions = "AWS::LanguageExtensions";
INSTANTIATE_TEST_SUITE_P(
    Lists, Loops,
    testing::Values(
        Loop{"Literal",
             looping(kExtensions, "[alpha, be-ta]"),
             {"Taskalpha", "Taskbe-ta"},
             {"alpha-fam", "be-ta-fam"},
             {"x:alpha", "x:beta"},
             {}},
        Loop{"Parameter",
             looping("[Some::Other, AWS::LanguageExtensions]", "!Ref P"),
             {"Taska", "Taskb"},
             {"a-fam", "b-fam"},
             {"x:a", "x:b"},
             {"the macro Some::Other may change the template when it is deployed"}},
        Loop{"KnownOnlyAtTheDeployment",
             looping(kExtensions, "!Ref Q"),
             {"Task${Svc}"},
             {"${Svc}-fam"},
             {"x:Svc"},
             {"Fn::ForEach::Tasks: its list is not known before the deployment; shown once, with "
              "${Svc} for an entry of it"}},
        Loop{"WithoutTransform",
             looping("AWS::Serverless-2016-10-31", "[a]"),
             {"Taska"},
             {"a-fam"},
             {"x:a"},
             {"Fn::ForEach::Tasks needs the transform AWS::LanguageExtensions, which the template "
              "does not name"}}),
    [](const auto& loop) { return loop.param.name; });

TEST(Template, WritesOutLoopsInsideOfLoopsAndOfProperties) {
  const auto all = parse_definitions(R"(
Transform: AWS::LanguageExtensions
Resources:
  Fn::ForEach::Outer:
    - A
    - [x, y]
    - Fn::ForEach::Inner:
        - B
        - [1, 2]
        - T${A}${B}:
            Type: AWS::ECS::TaskDefinition
            Properties:
              ContainerDefinitions:
                - Name: a
                  Image: i
                  DockerLabels:
                    Fn::ForEach::Labels: [L, [one, two], {'k.${L}': !Ref L}]
)");
  ASSERT_TRUE(all) << all.error().message();
  ASSERT_EQ(all->size(), 4u);
  EXPECT_EQ(all->at(3).resource, "Ty2");
  EXPECT_EQ(all->at(0).containers[0].labels,
            (std::map<std::string, std::string>{{"k.one", "one"}, {"k.two", "two"}}));
}

TEST(Template, LoopsThatMultiplyAreRefused) {
  std::string list = "[a";
  for (int i = 0; i < 99; ++i) list += ", a" + std::to_string(i);
  list += "]";
  std::string body = "'T${A}${B}${C}': {Type: X}";
  for (const char* name : {"C", "B", "A"})
    body = std::string("'Fn::ForEach::") + name + "': [" + name + ", " + list + ", {" + body + "}]";
  const auto all =
      parse_definitions("Transform: AWS::LanguageExtensions\nResources: {" + body + "}\n");
  ASSERT_FALSE(all);
  EXPECT_EQ(all.error().message(), "its loops make more than 4 MiB of text or 100000 values");
}

TEST(Template, OneBadResourceDoesNotHideTheGoodOnes) {
  const auto reading = parse_each(R"(
Resources:
  Quay:
    Type: AWS::ECS::TaskDefinition
    Properties: {ContainerDefinitions: [{Name: a, Image: i}]}
  Snippet:
    Type: AWS::ECS::TaskDefinition
    Properties: {'Fn::Transform': {Name: 'AWS::Include', Parameters: {Location: 's3://b/t.yaml'}}}
  Late:
    Type: AWS::ECS::TaskDefinition
    Properties: {ContainerDefinitions: !GetAtt Macro.Containers}
  Part:
    Type: AWS::ECS::TaskDefinition
    Properties:
      ContainerDefinitions:
        - {Name: a, Image: i, 'Fn::Transform': {Name: 'AWS::Include'}}
        - {'Fn::Transform': {Name: Sidecars}}
)");
  ASSERT_TRUE(reading) << reading.error().message();
  ASSERT_EQ(reading->definitions.size(), 2u);
  EXPECT_EQ(reading->definitions[0].resource, "Quay");
  EXPECT_TRUE(reading->definitions[0].notes.empty());
  EXPECT_EQ(reading->definitions[1].notes,
            (std::vector<std::string>{
                "Fn::Transform (AWS::Include) brings a snippet in: what is in it is not known here",
                "Fn::Transform (Sidecars) brings a snippet in: what is in it is not known here",
                "an entry of ContainerDefinitions is known only at the deployment: "
                "${Fn::Transform}"}));
  ASSERT_EQ(reading->unread.size(), 2u);
  EXPECT_EQ(reading->unread[0].resource, "Snippet");
  EXPECT_EQ(
      reading->unread[0].message,
      "ContainerDefinitions holds no container; Fn::Transform (AWS::Include) brings a snippet "
      "in: what is in it is not known here");
  EXPECT_EQ(reading->unread[1].message,
            "ContainerDefinitions is ${Macro.Containers}, known only at the deployment");
}

TEST(Template, OfManyTaskDefinitionsIsRefused) {
  std::string text = "Resources:\n";
  for (int i = 0; i < 101; ++i)
    text += "  T" + std::to_string(i) + ": {Type: 'AWS::ECS::TaskDefinition', Properties: " +
            "{ContainerDefinitions: [{Name: a, Image: i}]}}\n";
  const auto all = parse_definitions(text);
  ASSERT_FALSE(all);
  EXPECT_EQ(all.error().message(), "more than 100 task definitions");
}

}  // namespace
}  // namespace remora::taskdef
