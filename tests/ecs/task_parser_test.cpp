#include <gtest/gtest.h>

#include "fakes/ecs_fixture.hpp"
#include "remora/ecs/metadata.hpp"

namespace remora::ecs {
namespace {

using Strings = std::vector<std::string>;

TaskMetadata parse_fixture(const std::string& name) {
  auto task = parse_task(fakes::ecs_fixture(name));
  EXPECT_TRUE(task) << task.error().message();
  return task ? *task : TaskMetadata{};
}

TaskMetadata parse_containers(std::string_view containers) {
  auto task = parse_task(R"({"TaskARN":"arn:aws:ecs:r:1:task/t","Containers":)" +
                         std::string(containers) + "}");
  EXPECT_TRUE(task) << task.error().message();
  return task ? *task : TaskMetadata{};
}

Strings names(const TaskMetadata& task) {
  Strings all;
  for (const auto& c : task.containers) all.push_back(c.name);
  return all;
}

TEST(ParseTask, ReadsEc2Awsvpc) {
  const TaskMetadata t = parse_fixture("task_ec2_awsvpc.json");
  EXPECT_EQ(t.cluster_name(), "shop");
  EXPECT_EQ(t.task_id(), "5f0f4d0a6bd84c55a7a4d3f1a3c9e201");
  EXPECT_EQ(t.region(), "eu-west-1");
  EXPECT_EQ(t.account(), "111122223333");
  EXPECT_EQ(t.family, "shop");
  EXPECT_EQ(t.revision, "12");
  EXPECT_EQ(t.service_name, "Shop-Svc");
  EXPECT_EQ(t.availability_zone, "eu-west-1b");
  EXPECT_EQ(t.launch_type, LaunchType::ec2);
  EXPECT_EQ(t.cpu_limit_vcpu, 1.0);
  EXPECT_EQ(t.memory_limit_mib, 1024u);
  EXPECT_EQ(t.warnings, Strings{});
  EXPECT_EQ(names(t), (Strings{"init", "web", "~internal~ecs~pause"}));

  const ContainerMetadata& web = t.containers[1];
  EXPECT_EQ(web.docker_id, std::string(64, 'b'));
  EXPECT_EQ(web.docker_name, "ecs-shop-12-web-bbbb");
  EXPECT_TRUE(web.running());
  EXPECT_EQ(web.health, "HEALTHY");
  EXPECT_EQ(web.restart_count, 0);
  EXPECT_FALSE(web.exit_code);
  EXPECT_EQ(web.cpu_limit_units, 256.0);
  EXPECT_EQ(web.memory_limit_mib, 512u);
  EXPECT_EQ(web.started_at, core::WallTime(std::chrono::nanoseconds(1772359202250000001)));
  ASSERT_EQ(web.ports.size(), 2u);
  EXPECT_EQ(web.ports[1], (Port{9090, 9090, "tcp"}));
  ASSERT_EQ(web.networks.size(), 1u);
  EXPECT_EQ(web.networks[0], (Network{"awsvpc", {"10.0.2.61"}, {}}));
  EXPECT_EQ(web.labels.size(), 12u);
  EXPECT_EQ(web.labels.at("com.datadoghq.tags.env"), "prod");
  EXPECT_EQ(t.containers[0].exit_code, 0);
  EXPECT_EQ(t.containers[2].type, "CNI_PAUSE");
}

TEST(ParseTask, ReadsEc2BridgeWithPulledContainersThatHaveNoId) {
  const TaskMetadata t = parse_fixture("task_ec2_bridge.json");
  EXPECT_EQ(t.task_id(), "9781c248-0edd-4cdb-9a93-f63cb662a5d3");
  EXPECT_FALSE(t.cpu_limit_vcpu);
  EXPECT_FALSE(t.memory_limit_mib);
  EXPECT_EQ(names(t), (Strings{"api", "migrate", "seed"}));
  EXPECT_EQ(t.find(""), nullptr);
  ASSERT_EQ(t.containers[0].networks.size(), 2u);
  EXPECT_EQ(t.containers[0].networks[1], (Network{"default", {}, {}}));  // "" is no address
  EXPECT_EQ(t.warnings, Strings{});
}

TEST(ParseTask, ReadsFargate) {
  const TaskMetadata t = parse_fixture("task_fargate.json");
  EXPECT_EQ(t.cluster_name(), "demo");
  EXPECT_EQ(t.launch_type, LaunchType::fargate);
  EXPECT_EQ(t.cpu_limit_vcpu, 0.25);  // vCPU, not CPU units
  EXPECT_EQ(t.memory_limit_mib, 512u);
  EXPECT_EQ(t.ephemeral_utilized_mib, 261u);
  EXPECT_EQ(t.ephemeral_reserved_mib, 20496u);
  ASSERT_NE(t.find("0f6e2b2d8f6a4f5f8d8e6a4b7c9d1e21-2745590001"), nullptr);
  EXPECT_EQ(t.find("0f6e2b2d8f6a4f5f8d8e6a4b7c9d1e21-2745590001")->name, "curl");
}

TEST(ParseTask, ReadsManagedInstances) {
  const TaskMetadata t = parse_fixture("task_managed_instances.json");
  EXPECT_EQ(t.launch_type, LaunchType::managed_instances);
  EXPECT_EQ(t.cpu_limit_vcpu, 0.5);
  EXPECT_FALSE(t.ephemeral_reserved_mib);
  EXPECT_EQ(t.containers[1].cpu_limit_units, 2.0);
  EXPECT_FALSE(t.containers[1].memory_limit_mib);
}

TEST(ParseTask, ReadsAnIpv6OnlyTask) {
  const TaskMetadata t = parse_fixture("task_ipv6_only.json");
  EXPECT_FALSE(t.cpu_limit_vcpu);
  EXPECT_EQ(t.memory_limit_mib, 2048u);
  EXPECT_EQ(t.containers.at(0).networks.at(0).ipv4, Strings{});
  EXPECT_EQ(t.containers.at(0).networks.at(0).ipv6,
            Strings{"2600:1f14:30ab:4a02:9c1f:8d2e:3f4a:5b6c"});
}

TEST(ParseTask, NamesTheTagsThatEcsCouldNotRead) {
  const TaskMetadata t = parse_fixture("task_with_tags_errors.json");
  EXPECT_EQ(t.task_tags.at("Cost:Center"), "Retail");
  EXPECT_TRUE(t.container_instance_tags.empty());
  EXPECT_EQ(t.warnings,
            Strings{"ContainerInstanceTags could not be read by ECS: AccessDeniedException"});
}

struct BadRoot {
  const char* name;
  std::string body;
  std::string_view expected_in_message;
};
class ParseTaskRejects : public testing::TestWithParam<BadRoot> {};

TEST_P(ParseTaskRejects, NamesWhatIsWrong) {
  const auto task = parse_task(GetParam().body);
  ASSERT_FALSE(task);
  EXPECT_EQ(task.error().code(), Errc::malformed_payload);
  EXPECT_NE(task.error().message().find(GetParam().expected_in_message), std::string::npos)
      << "message was: " << task.error().message();
}

INSTANTIATE_TEST_SUITE_P(
    Bodies, ParseTaskRejects,
    testing::Values(BadRoot{"Empty", "", "JSON object"},
                    BadRoot{"Truncated", R"({"TaskARN":"arn)", "JSON object"},
                    BadRoot{"Array", "[]", "JSON object"},
                    BadRoot{"Text", R"("V4 task metadata handler: x")", "JSON object"},
                    BadRoot{"Null", "null", "JSON object"},
                    BadRoot{"TwoDocuments", R"({"TaskARN":"a"}{})", "JSON object"},
                    BadRoot{"MissingArn", R"({"Family":"x"})", "TaskARN is missing"},
                    BadRoot{"NullArn", R"({"TaskARN":null})", "TaskARN is missing"},
                    BadRoot{"NumberArn", R"({"TaskARN":7})", "TaskARN is not text"},
                    BadRoot{"ObjectArn", R"({"TaskARN":{}})", "TaskARN is not text"},
                    BadRoot{"LowerCaseKey", R"({"taskarn":"a"})", "TaskARN is missing"},
                    BadRoot{"Deep", R"({"TaskARN":"a","x":)" + std::string(32, '['), "deeper"}),
    [](const auto& bad) { return bad.param.name; });

TEST(ParseTask, NeverRepeatsTheBytesAroundASyntaxError) {
  const auto task = parse_task(R"({"LogOptions":{"apikey":"secret" "x"}})");
  ASSERT_FALSE(task);
  EXPECT_EQ(task.error().message().find("secret"), std::string::npos) << task.error().message();
}

struct BadField {
  const char* name;
  std::string_view json;
  Strings warnings;
};
class ParseTaskContainer : public testing::TestWithParam<BadField> {};

TEST_P(ParseTaskContainer, KeepsTheGoodFieldsAndTheNeighbours) {
  const TaskMetadata t = parse_containers(
      "[{" + std::string(GetParam().json) +
      R"(,"Name":"bad","DockerId":"1","KnownStatus":"RUNNING"},{"Name":"good","DockerId":"2"}])");
  EXPECT_EQ(names(t), (Strings{"bad", "good"}));
  EXPECT_TRUE(t.containers[0].running());
  EXPECT_EQ(t.warnings, GetParam().warnings);
  EXPECT_EQ(t.malformed_containers, GetParam().warnings.empty() ? 0u : 1u);
}

INSTANTIATE_TEST_SUITE_P(
    Fields, ParseTaskContainer,
    testing::Values(
        BadField{"ImageNumber", R"("Image":5)", {"container bad: Image is not usable"}},
        BadField{"ImageObject", R"("Image":{})", {"container bad: Image is not usable"}},
        BadField{"LabelsArray", R"("Labels":["x"])", {"container bad: Labels is not usable"}},
        BadField{"LabelNumber", R"("Labels":{"a":1})", {"container bad: Labels.a is not usable"}},
        BadField{"LabelObject", R"("Labels":{"a":{}})", {"container bad: Labels.a is not usable"}},
        BadField{"LimitText",
                 R"("Limits":{"CPU":"two","Memory":-1})",
                 {"container bad: Limits.CPU is not usable",
                  "container bad: Limits.Memory is not usable"}},
        BadField{"LimitsNone", R"("Limits":"None")", {}},
        BadField{"Nulls",
                 R"("Image":null,"Labels":null,"Limits":{"CPU":null},"Ports":null,"Networks":null,)"
                 R"("StartedAt":null,"ExitCode":null,"Health":null)",
                 {}},
        BadField{"PortTooLarge",
                 R"("Ports":[{"ContainerPort":70000}])",
                 {"container bad: Ports.ContainerPort is not usable"}},
        BadField{"NetworkText", R"("Networks":["x"])", {"container bad: Networks[] is not usable"}},
        BadField{"StartedAtGarbage",
                 R"("StartedAt":"yesterday")",
                 {"container bad: StartedAt is not usable"}},
        BadField{"StartedAtZero", R"("StartedAt":"0001-01-01T00:00:00Z")", {}},
        BadField{"Unknown", R"("FieldOfTheFuture":[{"a":[1]}])", {}}),
    [](const auto& bad) { return bad.param.name; });

TEST(ParseTask, SkipsEntriesThatAreNoContainer) {
  const TaskMetadata t = parse_containers(R"([null, 5, [], {"Name":"good"}])");
  EXPECT_EQ(names(t), Strings{"good"});
  EXPECT_EQ(t.malformed_containers, 3u);
  EXPECT_EQ(t.warnings, (Strings{"a container entry is null: skipped",
                                 "a container entry is not an object: skipped",
                                 "a container entry is not an object: skipped"}));
}

TEST(ParseTask, KeepsTheFirstOfTwoEntriesWithOneId) {
  const TaskMetadata t =
      parse_containers(R"([{"Name":"b","DockerId":"1"},{"Name":"a","DockerId":"1"}])");
  EXPECT_EQ(names(t), Strings{"b"});
  EXPECT_EQ(t.warnings, Strings{"container a: DockerId 1 occurs twice: skipped"});
}

TEST(ParseTask, TakesContainersOfAnotherTypeAsNone) {
  EXPECT_EQ(parse_containers("null").warnings, Strings{});
  EXPECT_EQ(parse_containers(R"({"a":{"Name":"x"}})").warnings,
            Strings{"task: Containers has a wrong type"});
  EXPECT_TRUE(parse_containers(R"({"a":{"Name":"x"}})").containers.empty());
}

TEST(ParseTask, KeepsAtMostAThousandContainers) {
  std::string list = "[";
  for (int i = 0; i < 1001; ++i) list += R"({"Name":"c"},)";
  list.back() = ']';
  const TaskMetadata t = parse_containers(list);
  EXPECT_EQ(t.containers.size(), 1000u);
  EXPECT_EQ(t.malformed_containers, 1u);
}

TEST(ParseTask, ReplacesBytesThatAreNotUtf8) {
  const TaskMetadata t = parse_containers("[{\"Name\":\"a\xff\",\"Image\":\"ok\xc3\xa9\"}]");
  EXPECT_EQ(t.containers.at(0).name, "a\xef\xbf\xbd");
  EXPECT_EQ(t.containers.at(0).image, "ok\xc3\xa9");
}

TEST(ParseTask, BoundsItsWarnings) {
  std::string list = "[";
  for (int i = 0; i < 200; ++i) list += "1,";
  list.back() = ']';
  const TaskMetadata t = parse_containers(list);
  ASSERT_EQ(t.warnings.size(), 51u);
  EXPECT_EQ(t.warnings.back(), "and 150 more");
}

TEST(ParseTask, TakesARevisionWrittenAsNumberAndAnyCaseOfTheLaunchType) {
  const auto t = parse_task(R"({"TaskARN":"a","Revision":7,"LaunchType":"fargate"})");
  ASSERT_TRUE(t);
  EXPECT_EQ(t->revision, "7");
  EXPECT_EQ(t->launch_type, LaunchType::fargate);
}

TEST(ParseOwnDockerId, TakesTheIdOfTheContainerDocument) {
  const auto id = parse_own_docker_id(R"({"Labels":{"DockerId":"2"},"DockerId":"1"})");
  ASSERT_TRUE(id);
  EXPECT_EQ(*id, "1");
  for (const char* bad : {"", "[]", "{}", R"({"DockerId":1})", R"({"DockerId":""})"}) {
    const auto none = parse_own_docker_id(bad);
    ASSERT_FALSE(none) << bad;
    EXPECT_EQ(none.error().code(), Errc::malformed_payload) << bad;
  }
}

TEST(TaskMetadata, IsTheSameWhileOnlyStorageMoves) {
  TaskMetadata a = parse_fixture("task_fargate.json");
  TaskMetadata b = a;
  b.ephemeral_utilized_mib = 300;
  b.warnings.push_back("x");
  EXPECT_TRUE(a.same_as(b));
  b.containers[0].known_status = "STOPPED";
  EXPECT_FALSE(a.same_as(b));
}

struct ArnCase {
  const char* arn;
  const char* region;
  const char* account;
};
class TaskArn : public testing::TestWithParam<ArnCase> {};
TEST_P(TaskArn, GivesRegionAndAccount) {
  TaskMetadata t;
  t.task_arn = GetParam().arn;
  EXPECT_EQ(t.region(), GetParam().region);
  EXPECT_EQ(t.account(), GetParam().account);
}
INSTANTIATE_TEST_SUITE_P(
    Forms, TaskArn,
    testing::Values(ArnCase{"arn:aws:ecs:us-west-2:111122223333:task/c/i", "us-west-2",
                            "111122223333"},
                    ArnCase{"arn:aws-us-gov:ecs:us-gov-west-1:1:task/c/i", "us-gov-west-1", "1"},
                    ArnCase{"arn:aws:ecs:us-west-2", "", ""}, ArnCase{"arn:azure:x:y:z:w", "", ""},
                    ArnCase{"task/1", "", ""}, ArnCase{"", "", ""}));

struct TimeCase {
  const char* text;
  std::optional<std::int64_t> nanoseconds;
};
class ParseRfc3339 : public testing::TestWithParam<TimeCase> {};
TEST_P(ParseRfc3339, GivesNanosecondsOrNothing) {
  const auto t = parse_rfc3339(GetParam().text);
  ASSERT_EQ(t.has_value(), GetParam().nanoseconds.has_value()) << GetParam().text;
  if (t) {
    EXPECT_EQ(t->time_since_epoch().count(), *GetParam().nanoseconds);
  }
}
INSTANTIATE_TEST_SUITE_P(
    Texts, ParseRfc3339,
    testing::Values(TimeCase{"1970-01-01T00:00:00Z", 0},
                    TimeCase{"2026-01-02T03:04:05.678901234Z", 1767323045678901234},
                    TimeCase{"2026-01-02T03:04:05.1Z", 1767323045100000000},
                    TimeCase{"2026-01-02T05:04:05+02:00", 1767323045000000000},
                    TimeCase{"2026-01-02T08:49:05+05:45", 1767323045000000000},
                    TimeCase{"2026-01-01T23:34:05-03:30", 1767323045000000000},
                    TimeCase{"2026-01-03T03:03:05+23:59", 1767323045000000000},
                    TimeCase{"2026-01-02T03:04:05+24:00", std::nullopt},
                    TimeCase{"2026-01-02T03:04:05+05:60", std::nullopt},
                    TimeCase{"2026-01-02T03:04:05+0545", std::nullopt},
                    TimeCase{"1970-01-01T23:59:60Z", 86'400'000'000'000},
                    TimeCase{"1970-01-01T23:59:61Z", std::nullopt},
                    TimeCase{"1970-01-01T23:60:00Z", std::nullopt},
                    TimeCase{"0001-01-01T00:00:00Z", std::nullopt},
                    // Differences of what is taken fit in 64 bits of nanoseconds.
                    TimeCase{"2261-12-31T23:59:59Z", 9214646399000000000},
                    TimeCase{"2262-01-01T00:00:00Z", std::nullopt},
                    TimeCase{"9999-12-31T23:59:59Z", std::nullopt},
                    TimeCase{"1969-12-31T23:59:59Z", std::nullopt},
                    TimeCase{"1678-01-01T00:00:00Z", std::nullopt},
                    TimeCase{"2026-02-30T00:00:00Z", std::nullopt},
                    TimeCase{"2026-01-02T03:04:05", std::nullopt},
                    TimeCase{"2026-01-02T03:04:05.Z", std::nullopt},
                    TimeCase{"2026-01-02T03:04:05.1234567890Z", std::nullopt},
                    TimeCase{"2026-01-02T24:04:05Z", std::nullopt},
                    TimeCase{"9999-01-02T03:04:05Z", std::nullopt}, TimeCase{"", std::nullopt}));

}  // namespace
}  // namespace remora::ecs
