// From a task and files to scheduled instances, and what operators see of it.
#include "agent/integrations.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <fstream>

#include "agent/collector_status.hpp"
#include "fakes/fake_clock.hpp"
#include "fakes/temporary_directory.hpp"
#include "remora/api/status_view.hpp"
#include "remora/core/scrub.hpp"

namespace remora::agent {
namespace {

using testing::HasSubstr;
using testing::Not;
using Labels = std::map<std::string, std::string>;

ecs::ContainerMetadata container(const std::string& id, const std::string& image,
                                 const Labels& labels) {
  ecs::ContainerMetadata out;
  out.docker_id = id;
  out.name = id;
  out.image = image;
  out.known_status = "RUNNING";
  out.networks = {{"awsvpc", {"10.0.0.5"}, {}}};
  for (const auto& [name, value] : labels) out.labels["com.datadoghq.ad." + name] = value;
  return out;
}

class IntegrationsTest : public testing::Test {
 protected:
  ~IntegrationsTest() override {
    stop_.emit(asio::cancellation_type::terminal);
    integrations_.reset();
    io_.restart();
    io_.poll();
  }
  void file(const std::string& path, const std::string& text) {
    const std::filesystem::path whole = directory_.path() / path;
    std::filesystem::create_directories(whole.parent_path());
    std::ofstream(whole) << text;
  }
  Integrations& make(config::Environment environment = {}, ecs::ContainerFilter filter = {}) {
    environment["DD_CONFD_PATH"] = directory_.path().string();
    const config::Loaded loaded = config::load_text(environment, "", "");
    DiscoveryOptions options = discovery_options(loaded, {}, filter, environment);
    options.directories.resize(1);  // not the /conf.d of this machine
    integrations_ =
        std::make_unique<Integrations>(std::move(options), tagger_, clock_, io_.get_executor(),
                                       net::ClientOptions(), counters_, [](model::ServiceCheck) {});
    integrations_->start();
    return *integrations_;
  }
  void update(std::vector<ecs::ContainerMetadata> containers, std::string service = "") {
    ecs::TaskMetadata task;
    task.task_arn = "arn:aws:ecs:eu-west-1:123456789012:task/c/abc";
    task.cluster = "c";
    task.family = "shop";
    task.service_name = std::move(service);
    task.known_status = "RUNNING";
    task.containers = std::move(containers);
    tagger_.update(task, launch_type_);
    integrations_->update(task, launch_type_);
  }
  [[nodiscard]] std::string collector() const {
    return api::status_text(std::array{integrations_->collector_status()});
  }
  [[nodiscard]] std::string block() const {
    return api::status_text(std::array{integrations_->status()});
  }
  void advance(std::chrono::seconds by) {
    clock_.advance(by);
    io_.restart();
    io_.poll();
  }

  asio::io_context io_;
  fakes::FakeClock clock_;
  fakes::TemporaryDirectory directory_;
  telemetry::Counters counters_;
  telemetry::HealthRegistry health_{clock_};
  tagger::Tagger tagger_{tagger::TaggerOptions{}, counters_};
  ecs::LaunchType launch_type_ = ecs::LaunchType::fargate;
  asio::cancellation_signal stop_;
  std::unique_ptr<Integrations> integrations_;
};

const Labels kRedisLabels{{"check_names", R"(["redisdb"])"},
                          {"init_configs", "[{}]"},
                          {"instances", R"([{"host":"%%host%%","port":6379}])"}};

TEST_F(IntegrationsTest, LabelsOfAContainerRunAsLongAsItDoes) {
  Integrations& it = make();
  EXPECT_EQ(it.scheduler().instances(), 0u);
  update({container("redis", "redis:7", kRedisLabels)});
  EXPECT_EQ(it.scheduler().instances(), 1u);  // the label, not the built-in one besides
  EXPECT_THAT(collector(), HasSubstr("Configuration Source: container:ecsfargate://redis"));
  EXPECT_THAT(block(), HasSubstr("Instances from labels: 1"));
  update({});
  EXPECT_EQ(it.scheduler().instances(), 0u);
}

TEST_F(IntegrationsTest, SecretsOfLabelsAndFilesAreShownNowhere) {
  file("http_check.d/conf.yaml",
       "instances:\n - {name: a, url: 'http://user:Canary-file-1@127.0.0.1:1/?sig=Canary-file-2', "
       "headers: {X-Api-Key: Canary-file-3}, proxy: {http: "
       "'http://p:Canary-file-4@127.0.0.1:1'}}\n");
  Integrations& it = make({{"LABEL_PASSWORD", "Canary-env-1"}});
  update({container("web", "nginx",
                    {{"check_names", R"(["http_check"])"},
                     {"init_configs", "[{}]"},
                     {"instances", R"([{"name":"b",
      "url":"http://Canary-label-1@127.0.0.1:1/?token=Canary-label-2","username":"u",
      "password":"Canary-label-3","tags":["url:http://x:Canary-label-4@h","k:%%env_LABEL_PASSWORD%%"],
      "unknown_option":"http://x:Canary-label-5@h"}])"}})});
  EXPECT_EQ(it.scheduler().instances(), 2u) << it.config_check(true);
  const std::string shown = core::scrub(it.config_check(true) + block() + collector());
  EXPECT_EQ(shown.find("Canary"), std::string::npos) << shown;
}

TEST_F(IntegrationsTest, AnImageThatIsKnownNeedsNoLabelUnlessItIsSwitchedOff) {
  make();
  update({container("r", "redis:7", {})});
  EXPECT_EQ(integrations_->scheduler().instances(), 1u);
  EXPECT_THAT(block(), HasSubstr("Instances from built-in configurations: 1"));
  make({{"DD_IGNORE_AUTOCONF", "redisdb"}});
  update({container("r", "redis:7", {})});
  EXPECT_EQ(integrations_->scheduler().instances(), 0u);
}

TEST_F(IntegrationsTest, FilesRunBeforeTheTaskIsKnownAndWithItsTagsAfterwards) {
  file("tcp_check.d/conf.yaml", "instances:\n - {name: db, host: db.internal, port: 5432}\n");
  Integrations& it = make();
  EXPECT_EQ(it.scheduler().instances(), 1u);
  EXPECT_THAT(it.config_check(false), Not(HasSubstr("task_family")));
  update({});
  EXPECT_EQ(it.scheduler().instances(), 1u);
  EXPECT_THAT(it.config_check(false), HasSubstr("- task_family:shop"));
}

TEST_F(IntegrationsTest, TagsThatComeLaterReachWhatRuns) {
  make();
  update({container("redis", "redis:7", kRedisLabels)});
  EXPECT_THAT(integrations_->config_check(false), Not(HasSubstr("ecs_service:web")));
  update({container("redis", "redis:7", kRedisLabels)}, "web");
  EXPECT_EQ(integrations_->scheduler().instances(), 1u);
  EXPECT_THAT(integrations_->config_check(false), HasSubstr("- ecs_service:web"));
}

TEST_F(IntegrationsTest, AFaultyLabelIsNamedAndItsNeighboursRun) {
  Labels bad = kRedisLabels;
  bad["instances"] = "[{'host':'%%host%%'}]";
  make();
  update({container("bad", "x:1", bad), container("good", "y:1", kRedisLabels)});
  EXPECT_EQ(integrations_->scheduler().instances(), 1u);
  EXPECT_THAT(collector(), HasSubstr("Config Errors"));
  EXPECT_THAT(collector(), HasSubstr("container \"bad\", label com.datadoghq.ad.instances"));
  EXPECT_THAT(block(), HasSubstr("Configuration errors: 1"));
  const std::string text = integrations_->config_check(false);
  EXPECT_EQ(text.find("=== Configuration errors ===\ncontainer \"bad\""), 0u) << text;
}

TEST_F(IntegrationsTest, WhatAnInstanceDeclinesStandsBesideIt) {
  Labels labels{{"checks", R"({"nginx":{"instances":[{"nginx_status_url":"http://%%host%%/s",)"
                           R"("auth_type":"kerberos"}]},"mongo":{"instances":[{}]}})"}};
  make();
  update({container("web", "web:1", labels)});
  const std::string text = integrations_->config_check(false);
  EXPECT_THAT(text, HasSubstr("This instance does not run: auth_type"));
  EXPECT_THAT(text, HasSubstr("This instance does not run: there is no check of the name mongo"));
  EXPECT_THAT(collector(), HasSubstr("Check Initialization Errors"));
}

TEST_F(IntegrationsTest, ConfigCheckShowsEverythingButSecrets) {
  make({{"REDIS_PASSWORD", "hunter2hunter2"}});
  update({container("redis", "redis:7",
                    {{"checks", R"({"redisdb":{"instances":[{"host":"%%host%%","port":"6379",)"
                                R"("password":"%%env_REDIS_PASSWORD%%"}],)"
                                R"("init_config":{"x":"http://u:pw@h/"}}})"},
                     {"check_tag_cardinality", "low"}})});
  const std::string text = integrations_->config_check(false);
  EXPECT_THAT(text, Not(HasSubstr("hunter2")));
  EXPECT_THAT(text, Not(HasSubstr("pw@")));
  EXPECT_THAT(text, HasSubstr("=== redisdb check ===\n"
                              "Configuration provider: container labels "
                              "(com.datadoghq.ad.checks)\n"
                              "Configuration source: container:ecsfargate://redis\n"
                              "Container: redis\n"
                              "Config for instance ID: redisdb:"));
  EXPECT_THAT(text, HasSubstr("\nhost: 10.0.0.5\nport: \"6379\"\npassword: \"********\"\ntags:\n"));
  EXPECT_THAT(text, HasSubstr("\n~\nInit Config:\nx: "));
  EXPECT_THAT(text, HasSubstr("Auto-discovery IDs:\n* ecsfargate://redis\n* redis\n===\n"));
}

TEST_F(IntegrationsTest, ASecretOfTheEnvironmentIsHiddenInWhateverOptionItStands) {
  make({{"STATUS_TOKEN", "tok-5c1e9a"}});
  update({container("web", "web:1",
                    {{"checks", R"({"nginx":{"instances":[{"nginx_status_url":)"
                                R"("http://%%host%%/s/%%env_STATUS_TOKEN%%"}]}})"}})});
  const std::string text = integrations_->config_check(false);
  EXPECT_THAT(text, HasSubstr("nginx_status_url: http://10.0.0.5/s/********"));
  EXPECT_THAT(text, Not(HasSubstr("tok-5c1e9a")));
}

TEST_F(IntegrationsTest, VerboseShowsWhatWaitsAndLogConfigurations) {
  file("redisdb.d/conf.yaml",
       "ad_identifiers: [my-cache]\ninstances: [{host: '%%host%%', port: 6379}]\n");
  make();
  update({container("app", "app:1", {{"logs", R"([{"source":"go","service":"shop"}])"}})});
  const std::string brief = integrations_->config_check(false);
  EXPECT_EQ(brief, "No check configuration is in use.\n");
  const std::string text = integrations_->config_check(true);
  EXPECT_THAT(text, HasSubstr("Log Config:\n- source: go\n  service: shop\n"));
  EXPECT_THAT(text, HasSubstr("=== Unresolved Configs ===\nredisdb: "));
  EXPECT_THAT(text, HasSubstr("waits for a container of my-cache\n"));
}

TEST_F(IntegrationsTest, AnExcludedContainerIsNamed) {
  std::vector<std::string> warnings;
  ecs::ContainerFilterOptions rules;
  rules.exclude = {"name:redis"};
  make({}, ecs::ContainerFilter::create(rules, warnings));
  update({container("redis", "redis:7", kRedisLabels)});
  EXPECT_EQ(integrations_->scheduler().instances(), 0u);
  EXPECT_THAT(integrations_->config_check(false),
              HasSubstr("=== Excluded containers ===\nredis: DD_CONTAINER_EXCLUDE"));
  EXPECT_THAT(block(), HasSubstr("Checks kept away by DD_CONTAINER_EXCLUDE: redis"));
}

TEST_F(IntegrationsTest, FilesAreReadAgainWhereThatIsAskedFor) {
  make({{"DD_AUTOCONF_CONFIG_FILES_POLL", "true"},
        {"DD_AUTOCONF_CONFIG_FILES_POLL_INTERVAL", "20"}});
  telemetry::HealthComponent& health = health_.add("autodiscovery", std::chrono::seconds(60));
  asio::co_spawn(io_, integrations_->run(health),
                 asio::bind_cancellation_slot(stop_.slot(), asio::detached));
  advance(std::chrono::seconds(0));
  file("tcp_check.d/conf.yaml", "instances:\n - {name: db, host: db.internal, port: 5432}\n");
  advance(std::chrono::seconds(15));
  EXPECT_EQ(integrations_->scheduler().instances(), 0u);
  advance(std::chrono::seconds(6));
  EXPECT_EQ(integrations_->scheduler().instances(), 1u);
}

TEST_F(IntegrationsTest, ItSleepsBetweenItsTurns) {
  Integrations& it = make();  // no DD_AUTOCONF_CONFIG_FILES_POLL
  auto& health = health_.add("autodiscovery", std::chrono::seconds(60));
  asio::co_spawn(io_, it.run(health), asio::bind_cancellation_slot(stop_.slot(), asio::detached));
  // A time of waking that stays in the past would never let this return.
  for (int i = 0; i < 20; ++i) advance(std::chrono::seconds(15));
  EXPECT_EQ(clock_.next(), clock_.now() + std::chrono::seconds(15));
}

TEST_F(IntegrationsTest, StatusExplainsHiddenLabelsOnManagedInstances) {
  launch_type_ = ecs::LaunchType::managed_instances;
  make();
  update({container("redis", "redis:7", {})});
  EXPECT_THAT(block(), HasSubstr("ad_identifiers"));
}

TEST(CollectorBlocks, OfTheSameTitleBecomeOne) {
  telemetry::StatusNode own, other, running, more;
  running.title = more.title = "Running Checks";
  running.add("Status", "No checks have run yet");
  telemetry::StatusNode redis;
  redis.title = "redisdb";
  more.children.push_back(redis);
  own.title = "Collector";
  own.children.push_back(running);
  other.children.push_back(more);
  telemetry::StatusNode errors;
  errors.title = "Config Errors";
  other.children.push_back(errors);
  const auto joined = joined_blocks(own, other);
  ASSERT_EQ(joined.children.size(), 2u);
  EXPECT_TRUE(joined.children[0].fields.empty());
  ASSERT_EQ(joined.children[0].children.size(), 1u);
  EXPECT_EQ(joined.children[0].children[0].title, "redisdb");
  EXPECT_EQ(joined.children[1].title, "Config Errors");
  // The other way round: checks of the agent's own have run, none of an integration.
  more.children.clear();
  running.fields.clear();
  running.children.push_back(redis);
  own.children = {running};
  more.add("Status", "No checks have run yet");
  other.children = {more};
  EXPECT_TRUE(joined_blocks(own, other).children[0].fields.empty());
}

}  // namespace
}  // namespace remora::agent
