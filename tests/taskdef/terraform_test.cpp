// What Terraform prints as JSON: plans, states, and what is known only after an apply.
#include <gtest/gtest.h>

#include "remora/taskdef/task_definition.hpp"

namespace remora::taskdef {
namespace {

const std::string kHead = R"({"format_version":"1.2","terraform_version":"1.9.5",)";

// The text of `container_definitions`: JSON inside JSON, as the provider keeps it.
std::string values(const std::string& family, const std::string& image,
                   const std::string& more = "") {
  return R"({"family":")" + family + R"(",)" + more +
         R"("container_definitions":"[{\"name\":\"a\",\"image\":\")" + image + R"(\"}]"})";
}
std::string resource(const std::string& name, const std::string& inside,
                     const std::string& mode = "managed") {
  return R"({"address":"aws_ecs_task_definition.)" + name + R"(","mode":")" + mode +
         R"(","type":"aws_ecs_task_definition","name":")" + name + R"(","values":)" + inside + "}";
}

TEST(Terraform, PlanGivesTheDefinitionsOfAllModules) {
  const auto reading = parse_each(
      kHead + R"("planned_values":{"outputs":{"x":{"value":[1]}},"root_module":{"resources":[)" +
      R"({"address":"aws_s3_bucket.b","mode":"managed","type":"aws_s3_bucket","name":"b","values":{"family":"no"}},)" +
      resource("web", values("web", "i:1",
                             R"("network_mode":"host","requires_compatibilities":["EC2"],)"
                             R"("cpu":"512","memory":"1024",)")) +
      R"(],"child_modules":[{"address":"module.x","child_modules":[{"resources":[)" +
      resource("deep", values("deep", "i:2", R"("network_mode":null,)")) +
      R"(]}]}]}},"resource_changes":[{"type":"aws_ecs_task_definition","change":{"after":{}}}]})");
  ASSERT_TRUE(reading) << reading.error().message();
  EXPECT_TRUE(reading->unread.empty());
  ASSERT_EQ(reading->definitions.size(), 2u);
  const TaskDefinition& web = reading->definitions[0];
  EXPECT_EQ(web.resource, "aws_ecs_task_definition.web");
  EXPECT_EQ(web.family, "web");
  EXPECT_EQ(web.launch_type, "EC2");
  EXPECT_EQ(web.network_mode, "host");
  EXPECT_EQ(web.cpu_vcpu, 0.5);
  EXPECT_EQ(web.memory_mib, 1024u);
  EXPECT_EQ(web.containers.at(0).image, "i:1");
  EXPECT_TRUE(web.notes.empty());
  EXPECT_EQ(reading->definitions[1].family, "deep");
  EXPECT_EQ(reading->definitions[1].network_mode, "bridge");
  EXPECT_EQ(reading->definitions[1].notes,
            (std::vector<std::string>{"requiresCompatibilities is not known here: EC2 is assumed",
                                      "networkMode is not known here: bridge is assumed"}));
}

TEST(Terraform, StateGivesThemToo) {
  const auto reading = parse_each(kHead + R"("values":{"root_module":{"resources":[)" +
                                  resource("web", values("web", "i")) + "," +
                                  resource("old", "{}", "data") + "]}}}");
  ASSERT_TRUE(reading) << reading.error().message();
  ASSERT_EQ(reading->definitions.size(), 1u);
  EXPECT_TRUE(reading->unread.empty());  // a data source has no containers to read
}

TEST(Terraform, StateFileGivesThemWithModuleAndIndex) {
  const auto reading = parse_each(
      R"({"version":4,"terraform_version":"1.9.5","serial":3,"outputs":{},"resources":[
          {"mode":"managed","type":"aws_iam_role","name":"r","instances":[{"attributes":{}}]},
          {"module":"module.m","mode":"managed","type":"aws_ecs_task_definition","name":"t",
           "instances":[{"index_key":"blue","attributes":)" +
      values("f", "i") + "}]}]}");
  ASSERT_TRUE(reading) << reading.error().message();
  ASSERT_EQ(reading->definitions.size(), 1u);
  EXPECT_EQ(reading->definitions[0].resource, R"(module.m.aws_ecs_task_definition.t["blue"])");
}

// One whose containers depend on what an apply makes does not hide the others.
TEST(Terraform, NamesTheDefinitionThatIsKnownOnlyAfterTheApply) {
  const auto reading =
      parse_each(kHead + R"("planned_values":{"root_module":{"resources":[)" +
                 resource("late", R"({"family":"late"})") + "," +
                 resource("broken", R"({"family":"b","container_definitions":"[{"})") + "," +
                 resource("object", R"({"family":"b","container_definitions":"{}"})") + "," +
                 resource("good", values("good", "i")) + "]}}}");
  ASSERT_TRUE(reading) << reading.error().message();
  ASSERT_EQ(reading->definitions.size(), 1u);
  ASSERT_EQ(reading->unread.size(), 3u);
  EXPECT_EQ(reading->unread[0].resource, "aws_ecs_task_definition.late");
  EXPECT_EQ(reading->unread[0].message,
            "container_definitions is known only after the apply: give what `terraform show -json` "
            "prints then, or the array of containers itself");
  EXPECT_EQ(reading->unread[1].message,
            "container_definitions: not valid JSON: syntax error at byte 3");
  EXPECT_EQ(reading->unread[2].message, "container_definitions is not an array of containers");
}

TEST(Terraform, PlansOfManyMegabytesAreRead) {
  std::string text = kHead + R"("resource_changes":[)";
  for (int i = 0; i < 20'000; ++i)
    text += (i ? "," : "") + std::string(R"({"type":"aws_iam_role","change":{"after":[")") +
            std::string(200, 'x') + R"("]}})";
  text += R"(],"planned_values":{"root_module":{"resources":[)";
  for (int i = 0; i < 5'000; ++i)
    text += R"({"type":"aws_iam_policy","name":"p","values":{"policy":")" + std::string(200, 'p') +
            R"("}},)";
  text += resource("web", values("web", "i")) + "]}}}";
  ASSERT_GT(text.size(), 5u * kMaxDefinitionBytes);
  const auto reading = parse_each(text);
  ASSERT_TRUE(reading) << reading.error().message();
  EXPECT_EQ(reading->definitions.size(), 1u);
}

struct Bad {
  const char* name;
  std::string text, expected;
};
class TerraformRejects : public testing::TestWithParam<Bad> {};

TEST_P(TerraformRejects, SaysWhy) {
  const auto reading = parse_each(GetParam().text);
  ASSERT_FALSE(reading);
  EXPECT_EQ(reading.error().message(), GetParam().expected);
}

std::string many() {
  std::string all;
  for (int i = 0; i < 101; ++i)
    all += (i ? "," : "") + resource("t" + std::to_string(i), values("f", "i"));
  return kHead + R"("values":{"root_module":{"resources":[)" + all + "]}}}";
}

INSTANTIATE_TEST_SUITE_P(
    Texts, TerraformRejects,
    testing::Values(
        Bad{"NoDefinition", kHead + R"("values":{"root_module":{}}})",
            "JSON of Terraform without a resource of type aws_ecs_task_definition"},
        Bad{"Empty", kHead + R"("planned_values":null})",
            "JSON of Terraform without a resource of type aws_ecs_task_definition"},
        Bad{"OnlyUnread",
            kHead + R"("values":{"root_module":{"resources":[)" +
                resource("web", R"({"container_definitions":"[]"})") + "]}}}",
            "resource aws_ecs_task_definition.web: containerDefinitions holds no container"},
        Bad{"Broken", kHead + "\n\"values\":,}", "not valid JSON at line 2, column 10"},
        Bad{"Deep",
            kHead + R"("values":{"root_module":)" + std::string(5000, '[') +
                std::string(5000, ']') + "}}",
            "nested deeper than 100 levels"},
        Bad{"Many", many(), "more than 100 task definitions"}),
    [](const auto& bad) { return bad.param.name; });

}  // namespace
}  // namespace remora::taskdef
