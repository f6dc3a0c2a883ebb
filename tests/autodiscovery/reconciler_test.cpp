#include "remora/autodiscovery/reconciler.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

namespace remora::autodiscovery {
namespace {

using Strings = std::vector<std::string>;
using Labels = std::map<std::string, std::string>;
using ecs::LaunchType;

ecs::ContainerMetadata container(const std::string& id, const std::string& image,
                                 const Labels& labels = {}) {
  ecs::ContainerMetadata out;
  out.docker_id = id;
  out.name = "c-" + id;
  out.image = image;
  out.known_status = "RUNNING";
  out.networks = {{"awsvpc", {"10.0.0.5"}, {}}};
  for (const auto& [name, value] : labels) out.labels[std::string(kLabelPrefix) + name] = value;
  return out;
}

ecs::TaskMetadata task(std::vector<ecs::ContainerMetadata> containers) {
  ecs::TaskMetadata out;
  out.task_arn = "arn";
  out.known_status = "RUNNING";
  out.containers = std::move(containers);
  return out;
}

Labels check(const std::string& name, const std::string& instances = "[{}]") {
  return {{"checks", "{\"" + name + "\":{\"instances\":" + instances + "}}"}};
}

// What the auto_conf.yaml files of the Agent say, for every check of the first sets that has one.
constexpr std::array<std::string_view, 1> kRedis{"redis"}, kHttpd{"httpd"}, kMemcached{"memcached"},
    kRabbitmq{"rabbitmq"}, kConsul{"consul"};
constexpr std::array<std::string_view, 2> kElasticsearch{"elasticsearch", "elasticsearch-oss"};
constexpr auto kBuiltIn = std::to_array<BuiltInTemplate>(
    {{"redisdb", kRedis, R"({"host":"%%host%%","port":"6379"})"},
     {"apache", kHttpd, R"({"apache_status_url":"http://%%host%%/server-status?auto"})"},
     {"mcache", kMemcached, R"({"url":"%%host%%","port":11211})"},
     {"rabbitmq", kRabbitmq, R"({"prometheus_plugin":{"url":"http://%%host%%:15692"}})"},
     {"elastic", kElasticsearch, R"({"url":"http://%%host%%:9200"})"},
     {"consul", kConsul,
      R"({"url":"http://%%host%%:8500","catalog_checks":true,"new_leader_checks":true})"}});

FileTemplates built_in() { return load_files({}, kBuiltIn, {}); }

FileTemplates files(const std::vector<std::pair<std::string, std::string>>& texts) {
  FileTemplates out;
  for (const auto& [name, text] : texts) {
    if (auto one = parse_file(name, "/conf.d/" + name + ".yaml", text, {}, out.faults)) {
      out.templates.push_back(*std::move(one));
    }
  }
  return out;
}

// "check container instance", in the order scheduled.
Strings scheduled(const Changes& changes) {
  Strings out;
  for (const ConfigPtr& one : changes.schedule) {
    out.push_back(one->check + " " + one->container_name + " " + one->instance.json_text());
  }
  return out;
}

Strings lines(const std::vector<Fault>& faults) {
  Strings out;
  for (const Fault& fault : faults) out.push_back(to_string(fault));
  return out;
}

struct Auto {
  const char* name;
  const char* image;
  Strings scheduled;
};
class BuiltIns : public testing::TestWithParam<Auto> {};
TEST_P(BuiltIns, MatchTheShortImageName) {
  Reconciler reconciler({}, built_in());
  EXPECT_EQ(scheduled(reconciler.update(task({container("a", GetParam().image)}), LaunchType::ec2)),
            GetParam().scheduled);
  EXPECT_TRUE(reconciler.faults().empty());
}
INSTANTIATE_TEST_SUITE_P(
    Images, BuiltIns,
    testing::Values(
        Auto{"Redis", "redis:7.2", {R"(redisdb c-a {"host":"10.0.0.5","port":"6379"})"}},
        Auto{"RedisElsewhere",
             "public.ecr.aws/docker/library/redis:7@sha256:00",
             {R"(redisdb c-a {"host":"10.0.0.5","port":"6379"})"}},
        Auto{"Httpd",
             "httpd",
             {R"(apache c-a {"apache_status_url":"http://10.0.0.5/server-status?auto"})"}},
        Auto{"Memcached", "memcached:1.6", {R"(mcache c-a {"url":"10.0.0.5","port":11211})"}},
        Auto{"Rabbitmq",
             "rabbitmq:3-management",
             {R"(rabbitmq c-a {"prometheus_plugin":{"url":"http://10.0.0.5:15692"}})"}},
        Auto{"Elasticsearch",
             "docker.elastic.co/elasticsearch/elasticsearch:8.1",
             {R"(elastic c-a {"url":"http://10.0.0.5:9200"})"}},
        Auto{"ElasticsearchOss",
             "elasticsearch-oss",
             {R"(elastic c-a {"url":"http://10.0.0.5:9200"})"}},
        Auto{
            "Consul",
            "consul:1",
            {R"(consul c-a {"url":"http://10.0.0.5:8500","catalog_checks":true,"new_leader_checks":true})"}},
        Auto{"Nginx", "nginx", {}}, Auto{"OtherRedis", "redis-exporter", {}},
        Auto{"Digest", "sha256:0000", {}}, Auto{"NoImage", "", {}}),
    [](const auto& c) { return c.param.name; });

struct Priority {
  const char* name;
  Labels labels;
  Strings scheduled;
};
class Priorities : public testing::TestWithParam<Priority> {};
TEST_P(Priorities, OfLabelsAndFiles) {
  FileTemplates both =
      files({{"redisdb", "ad_identifiers: [redis]\ninstances: [{from: file}]"},
             {"tcp_check", "ad_identifiers: [redis, x/redis]\ninstances: [{t: 1}]"},
             {"named", "ad_identifiers: [custom]\ninstances: [{n: 1}]"},
             {"by_id", "ad_identifiers: ['docker://a']\ninstances: [{i: 1}]"}});
  Reconciler reconciler({}, std::move(both));
  EXPECT_EQ(scheduled(reconciler.update(task({container("a", "x/redis:7", GetParam().labels)}),
                                        LaunchType::ec2)),
            GetParam().scheduled);
}
const std::string kFile = R"(redisdb c-a {"from":"file"})";
const std::string kTcp = R"(tcp_check c-a {"t":1})";
const std::string kById = R"(by_id c-a {"i":1})";
INSTANTIATE_TEST_SUITE_P(
    Rows, Priorities,
    testing::Values(Priority{"FilesAlone", {}, {kFile, kTcp, kById}},
                    Priority{"SameCheckFromTheLabel",
                             check("redisdb", R"([{"from":"label"}])"),
                             {R"(redisdb c-a {"from":"label"})", kTcp, kById}},
                    Priority{"SameCheckUnderTheProductsName",
                             check("redis", R"([{"from":"label"}])"),
                             {R"(redisdb c-a {"from":"label"})", kTcp, kById}},
                    Priority{"OtherCheck", check("nginx"), {"nginx c-a {}", kFile, kTcp, kById}},
                    Priority{"EmptyNames", {{"check_names", "[]"}}, {}},
                    Priority{"CheckId", {{"check.id", "custom"}}, {R"(named c-a {"n":1})"}},
                    Priority{"CheckIdUnknown", {{"check.id", "none"}}, {}},
                    // Nothing came of the label, so the file applies: as in the Agent.
                    Priority{"BrokenLabel", {{"checks", "{"}}, {kFile, kTcp, kById}}),
    [](const auto& c) { return c.param.name; });

struct Eligible {
  const char* name;
  void (*change)(ecs::ContainerMetadata&);
  bool scheduled;
};
class Containers : public testing::TestWithParam<Eligible> {};
TEST_P(Containers, CountWhileTheyRun) {
  auto one = container("a", "redis");
  GetParam().change(one);
  ReconcilerOptions options;
  options.excluded = [](const ecs::ContainerMetadata& c) { return c.name == "excluded"; };
  Reconciler reconciler(std::move(options), built_in());
  EXPECT_EQ(reconciler.update(task({one}), LaunchType::fargate).schedule.size(),
            GetParam().scheduled ? 1u : 0u);
}
INSTANTIATE_TEST_SUITE_P(
    Kinds, Containers,
    testing::Values(Eligible{"Running", [](auto&) {}, true},
                    Eligible{"Normal", [](auto& c) { c.type = "NORMAL"; }, true},
                    Eligible{"Stopped", [](auto& c) { c.known_status = "STOPPED"; }, false},
                    Eligible{"Created", [](auto& c) { c.known_status = "CREATED"; }, false},
                    Eligible{"NoId", [](auto& c) { c.docker_id = ""; }, false},
                    Eligible{"Pause", [](auto& c) { c.type = "CNI_PAUSE"; }, false},
                    Eligible{"Excluded", [](auto& c) { c.name = "excluded"; }, false}),
    [](const auto& c) { return c.param.name; });

TEST(Reconciler, ConfigCarriesWhereItComesFrom) {
  Labels labels = check("redisdb", R"([{"port":1}])");
  labels["checks"] =
      R"({"redisdb":{"init_config":{"a":"%%env_X%%"},"instances":[{"name":"n","port":1}],)"
      R"("ignore_autodiscovery_tags":true,"check_tag_cardinality":"high"}})";
  ReconcilerOptions options;
  options.variables.environment = [](std::string_view) { return "0x1"; };
  Reconciler reconciler(std::move(options), {});
  const auto changes =
      reconciler.update(task({container("a", "x/redis:7", labels)}), LaunchType::ec2);
  ASSERT_EQ(changes.schedule.size(), 1u);
  const CheckConfig& config = *changes.schedule[0];
  EXPECT_EQ(config.init_config.json_text(), R"({"a":"0x1"})");
  EXPECT_EQ(config.provider, Provider::container_label);
  EXPECT_EQ(config.source, "container:docker://a");
  EXPECT_EQ(config.place, "com.datadoghq.ad.checks");
  EXPECT_EQ(config.container_id, "a");
  EXPECT_EQ(config.container_name, "c-a");
  EXPECT_EQ(config.identifiers, (Strings{"docker://a", "x/redis", "redis"}));
  EXPECT_TRUE(config.ignore_tags);
  EXPECT_EQ(config.cardinality, tagger::Cardinality::high);
  EXPECT_TRUE(config.id.starts_with("redisdb:n:")) << config.id;
  EXPECT_EQ(reconciler.configs().at(config.id), changes.schedule[0]);
}

TEST(Reconciler, RuntimeOfTheEntityFollowsTheLaunchType) {
  const auto one = container("a", "redis");
  EXPECT_EQ(identifiers_of(one, "", LaunchType::fargate), (Strings{"ecsfargate://a", "redis"}));
  EXPECT_EQ(identifiers_of(one, "", LaunchType::managed_instances),
            (Strings{"containerd://a", "redis"}));
  EXPECT_EQ(identifiers_of(one, "custom", LaunchType::ec2), Strings{"custom"});
}

TEST(Reconciler, StaticFilesRunWithoutATask) {
  Reconciler reconciler({}, files({{"http_check", "instances: [{url: a}, {url: b}]"},
                                   {"redisdb", "ad_identifiers: [redis]\ninstances: [{}]"}}));
  const auto changes = reconciler.update();
  EXPECT_EQ(scheduled(changes),
            (Strings{R"(http_check  {"url":"a"})", R"(http_check  {"url":"b"})"}));
  EXPECT_EQ(changes.schedule[0]->source, "file:/conf.d/http_check.yaml");
  const auto more = reconciler.update(task({container("a", "redis")}), LaunchType::ec2);
  EXPECT_EQ(scheduled(more), Strings{"redisdb c-a {}"});
  EXPECT_TRUE(more.unschedule.empty());
}

// The life of a container: comes, stays, changes, is replaced, goes.
TEST(Reconciler, FollowsTheContainers) {
  Reconciler reconciler({}, {});
  const auto a = container("a", "app", check("nginx", R"([{"n":1},{"n":2}])"));
  const auto b = container("b", "app", check("redisdb"));

  const auto first = reconciler.update(task({a}), LaunchType::ec2);
  EXPECT_EQ(scheduled(first), (Strings{R"(nginx c-a {"n":1})", R"(nginx c-a {"n":2})"}));
  EXPECT_TRUE(reconciler.update(task({a}), LaunchType::ec2).empty());

  const auto second = reconciler.update(task({a, b}), LaunchType::ec2);
  EXPECT_EQ(scheduled(second), Strings{"redisdb c-b {}"});
  EXPECT_TRUE(second.unschedule.empty());

  auto changed = a;
  changed.labels = container("a", "app", check("nginx", R"([{"n":1},{"n":3}])")).labels;
  const auto third = reconciler.update(task({changed, b}), LaunchType::ec2);
  EXPECT_EQ(scheduled(third), (Strings{R"(nginx c-a {"n":1})", R"(nginx c-a {"n":3})"}));
  EXPECT_THAT(third.unschedule,
              testing::UnorderedElementsAre(first.schedule[0]->id, first.schedule[1]->id));

  auto replaced = b;
  replaced.docker_id = "b2";
  const auto fourth = reconciler.update(task({changed, replaced}), LaunchType::ec2);
  EXPECT_EQ(fourth.unschedule, Strings{second.schedule[0]->id});
  EXPECT_EQ(scheduled(fourth), Strings{"redisdb c-b {}"});

  auto stopped = replaced;
  stopped.known_status = "STOPPED";
  const auto fifth = reconciler.update(task({changed, stopped}), LaunchType::ec2);
  EXPECT_EQ(fifth.unschedule, Strings{fourth.schedule[0]->id});
  EXPECT_TRUE(fifth.schedule.empty());

  const auto restarted = reconciler.update(task({changed, replaced}), LaunchType::ec2);
  EXPECT_EQ(restarted.schedule.at(0)->id, fourth.schedule[0]->id) << "the same id: same content";

  const auto gone = reconciler.update(task({}), LaunchType::ec2);
  EXPECT_EQ(gone.unschedule.size(), 3u);
  EXPECT_TRUE(reconciler.configs().empty());
}

TEST(Reconciler, AStoppedTaskChangesNothing) {
  Reconciler reconciler({}, {});
  auto all = task({container("a", "app", check("nginx"))});
  (void)reconciler.update(all, LaunchType::ec2);
  all.known_status = "STOPPED";
  all.containers[0].known_status = "STOPPED";
  EXPECT_TRUE(reconciler.update(all, LaunchType::ec2).empty());
  EXPECT_EQ(reconciler.configs().size(), 1u);
}

TEST(Reconciler, WhatRunsKeepsItsObject) {
  Reconciler reconciler({}, {});
  const auto a = container("a", "app", check("nginx"));
  const auto first = reconciler.update(task({a}), LaunchType::ec2);
  (void)reconciler.update(task({a, container("b", "app", check("x"))}), LaunchType::ec2);
  EXPECT_EQ(reconciler.configs().at(first.schedule[0]->id), first.schedule[0]);
}

TEST(Reconciler, AnotherAddressIsAnotherConfiguration) {
  Reconciler reconciler({}, built_in());
  auto one = container("a", "redis");
  const auto first = reconciler.update(task({one}), LaunchType::ec2);
  one.networks[0].ipv4 = {"10.0.0.9"};
  const auto second = reconciler.update(task({one}), LaunchType::ec2);
  EXPECT_EQ(second.unschedule, Strings{first.schedule.at(0)->id});
  EXPECT_EQ(scheduled(second), Strings{R"(redisdb c-a {"host":"10.0.0.9","port":"6379"})"});
}

TEST(Reconciler, FaultsOfVariablesNameContainerLabelAndVariable) {
  Reconciler reconciler({}, built_in());
  Labels labels = check("nginx", R"([{"port":"%%port%%"}])");
  auto good = container("b", "app", check("tcp_check"));
  auto redis = container("r", "redis");
  redis.networks.clear();
  good.networks.clear();
  auto bad = container("a", "app", labels);
  bad.networks.clear();
  const auto all = task({bad, good, redis});
  const auto changes = reconciler.update(all, LaunchType::managed_instances);
  EXPECT_EQ(scheduled(changes), Strings{"tcp_check c-b {}"});
  const Strings expected{
      "container \"c-a\", label com.datadoghq.ad.checks: nginx does not run: %%port%%: no port "
      "found: declare portMappings in the task definition, or write the port itself",
      "container \"c-r\", file redisdb (built in): redisdb does not run: %%host%%: no network "
      "found: the task metadata has no address of this container"};
  EXPECT_EQ(lines(changes.new_faults), expected);
  EXPECT_EQ(lines(reconciler.faults().kept()), expected);

  // Said once, shown as long as it lasts.
  const auto again = reconciler.update(all, LaunchType::managed_instances);
  EXPECT_TRUE(again.new_faults.empty());
  EXPECT_EQ(lines(reconciler.faults().kept()), expected);
  (void)reconciler.update(task({good}), LaunchType::managed_instances);
  EXPECT_TRUE(reconciler.faults().empty());
}

TEST(Reconciler, OneBadVariableDropsTheWholeConfiguration) {
  Reconciler reconciler({}, {});
  const auto changes = reconciler.update(
      task({container("a", "app", check("nginx", R"([{"n":1},{"h":"%%nope%%"}])"))}),
      LaunchType::ec2);
  EXPECT_TRUE(changes.schedule.empty());
  EXPECT_EQ(reconciler.faults().errors(), 1u);
}

TEST(Reconciler, SecretReferencesDoNotRunAsPasswords) {
  Reconciler reconciler({}, {});
  const auto changes = reconciler.update(
      task({container("a", "app", check("x", R"([{"deep":[{"password":"ENC[handle]"}]}])")),
            container("b", "app", check("y", R"([{"password":"abc-ENC[handle]"}])"))}),
      LaunchType::ec2);
  EXPECT_EQ(scheduled(changes), Strings{R"(y c-b {"password":"abc-ENC[handle]"})"});
  EXPECT_EQ(lines(changes.new_faults),
            Strings{"container \"c-a\", label com.datadoghq.ad.checks: x does not run: a secret "
                    "reference (ENC[...]) is not resolved by this agent (write: %%env_NAME%%, with "
                    "NAME in the `secrets` of the task definition)"});
}

TEST(Reconciler, TheSameInstanceTwiceRunsOnce) {
  Reconciler reconciler({}, {});
  const auto changes = reconciler.update(
      task({container("a", "app", check("x", R"([{"p":1,"q":2},{"q":2,"p":1}])"))}),
      LaunchType::ec2);
  EXPECT_EQ(changes.schedule.size(), 1u);
  EXPECT_EQ(lines(changes.new_faults),
            Strings{"container \"c-a\", label com.datadoghq.ad.checks: the same instance of x is "
                    "written twice; it runs once"});
}

TEST(Reconciler, TheSameLabelsOnTwoContainersAreTwoChecks) {
  Reconciler reconciler({}, {});
  const auto changes = reconciler.update(
      task({container("a", "app", check("x")), container("b", "app", check("x"))}),
      LaunchType::ec2);
  ASSERT_EQ(changes.schedule.size(), 2u);
  EXPECT_NE(changes.schedule[0]->id, changes.schedule[1]->id);
}

TEST(Reconciler, IdsDependOnContentAlone) {
  const auto id_of = [](const Labels& labels) {
    Reconciler reconciler({}, {});
    return reconciler.update(task({container("a", "app", labels)}), LaunchType::ec2)
        .schedule.at(0)
        ->id;
  };
  const auto v2 = [](const std::string& rest) {
    return Labels{{"checks", R"({"x":{"instances":[{"a":1,"b":2}])" + rest + "}}"}};
  };
  const std::string id = id_of(v2(""));
  EXPECT_EQ(id, "x:c6a421c93e6addfb");
  EXPECT_EQ(id_of(check("x", R"([{"b":2,"a":1}])")), id) << "the order of keys";
  EXPECT_NE(id_of(v2(R"(,"init_config":{"c":1})")), id);
  EXPECT_NE(id_of(v2(R"(,"ignore_autodiscovery_tags":true)")), id);
  EXPECT_NE(id_of(v2(R"(,"check_tag_cardinality":"high")")), id);
  EXPECT_EQ(id_of(v2(R"(,"check_tag_cardinality":"wrong")")), id);
}

TEST(Reconciler, LogsAreKeptWithTheirVariablesResolved) {
  Labels labels = check("x");
  labels["logs"] = R"([{"source":"s","service":"%%env_S%%"}])";
  ReconcilerOptions options;
  options.variables.environment = [](std::string_view) { return "web"; };
  Reconciler reconciler(std::move(options), {});
  (void)reconciler.update(task({container("a", "app", labels)}), LaunchType::fargate);
  ASSERT_EQ(reconciler.logs().size(), 1u);
  const LogConfig& logs = reconciler.logs()[0];
  EXPECT_EQ(logs.sources.json_text(), R"([{"source":"s","service":"web"}])");
  EXPECT_EQ(logs.container_id, "a");
  EXPECT_EQ(logs.source, "container:ecsfargate://a");
  EXPECT_EQ(logs.place, "com.datadoghq.ad.logs");
  EXPECT_EQ(reconciler.configs().size(), 1u);
}

TEST(Reconciler, InstancesOfTheTaskAreBoundedAndSharedOut) {
  const auto run = [](std::size_t max, std::vector<ecs::ContainerMetadata> containers) {
    ReconcilerOptions options;
    options.max_instances = max;
    Reconciler reconciler(std::move(options), files({{"f", "instances: [{n: 0}]"}}));
    return reconciler.update(task(std::move(containers)), LaunchType::ec2);
  };
  const auto greedy = container("a", "app", check("x", R"([{"n":1},{"n":2},{"n":3},{"n":4}])"));
  const auto modest = container("b", "app", check("y", R"([{"n":1}])"));
  const auto other = container("c", "app", check("z", R"([{"n":1},{"n":2}])"));
  // Whoever comes first does not take it all; of one container the first ones run.
  const auto tight = run(4, {greedy, modest, other});
  EXPECT_EQ(scheduled(tight),
            (Strings{R"(f  {"n":0})", R"(x c-a {"n":1})", R"(y c-b {"n":1})", R"(z c-c {"n":1})"}));
  EXPECT_EQ(lines(tight.new_faults),
            (Strings{"container \"c-a\": more than 4 check instances in the task: 3 of this "
                     "container do not run",
                     "container \"c-c\": more than 4 check instances in the task: 1 of this "
                     "container do not run"}));
  EXPECT_EQ(scheduled(run(5, {greedy, modest, other})).size(), 5u);
  EXPECT_EQ(scheduled(run(7, {greedy, modest, other})).size(), 7u);
  EXPECT_TRUE(run(8, {greedy, modest, other}).new_faults.empty());
  // One alone is held, too.
  const auto alone = run(3, {greedy});
  EXPECT_EQ(alone.schedule.size(), 3u);
}

TEST(Reconciler, NewFilesTakeEffectWithTheNextUpdate) {
  Reconciler reconciler({}, files({{"a", "instances: [{n: 1}]"}}));
  const auto first = reconciler.update();
  reconciler.set_files(files({{"a", "instances: [{n: 2}]"}, {"b", "instances: ["}}));
  const auto second = reconciler.update();
  EXPECT_EQ(second.unschedule, Strings{first.schedule[0]->id});
  EXPECT_EQ(scheduled(second), Strings{R"(a  {"n":2})"});
  EXPECT_EQ(second.new_faults.size(), 1u);
}

TEST(Reconciler, NamesExcludedContainersThatAskForChecks) {
  ReconcilerOptions options;
  options.excluded = [](const ecs::ContainerMetadata& c) { return c.docker_id != "4"; };
  Reconciler reconciler(options, built_in());
  const auto changes =
      reconciler.update(task({container("1", "web:1", check("nginx")), container("2", "redis:7"),
                              container("3", "app:1"), container("4", "redis:7")}),
                        LaunchType::fargate);
  EXPECT_EQ(changes.schedule.size(), 1u);
  EXPECT_THAT(reconciler.left_out(), testing::ElementsAre("c-1", "c-2"));
  (void)reconciler.update(task({}), LaunchType::fargate);
  EXPECT_THAT(reconciler.left_out(), testing::IsEmpty());
}

}  // namespace
}  // namespace remora::autodiscovery
