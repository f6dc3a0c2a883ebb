#include "remora/checks/container/container_check.hpp"

#include "checks/task_fixture.hpp"

namespace remora::checks {
namespace {

using std::chrono::seconds;

class ContainerCheckTest : public TaskFixture {
 protected:
  static std::string id_tag(std::string_view id) { return "container_id:" + std::string(id); }
  std::unique_ptr<Check> check_ = make_container_check(source_, tagger_, clock_, {}, {});
};

TEST_F(ContainerCheckTest, FailsWithoutATask) {
  EXPECT_FALSE(run(*check_));
  EXPECT_TRUE(sender_.samples.empty());
}

TEST_F(ContainerCheckTest, ReportsRunningContainersWithTheirOwnTags) {
  update_task(task(container(kContainerA, "a") + "," + container(kContainerB, "b")));
  stats_body_ = "{" + stats(kContainerA, 100) + "," + stats(kContainerB, 200) + "}";
  ASSERT_TRUE(run(*check_));
  EXPECT_EQ(sender_.value("container.cpu.usage", id_tag(kContainerA)), 100);
  EXPECT_EQ(sender_.value("container.cpu.usage", id_tag(kContainerB)), 200);
  EXPECT_EQ(sender_.value("container.uptime", id_tag(kContainerA)), 60);
  EXPECT_EQ(sender_.value("container.cpu.limit", id_tag(kContainerA)), 500'000'000);
  EXPECT_EQ(sender_.count("container.cpu.usage"), 2u);
  for (const auto& sample : sender_.samples) {
    EXPECT_TRUE(fakes::FakeSender::has_tag(sample, "runtime:ecsmanagedinstances"));
  }
}

// Test vector 20: {}, null and a missing entry.
TEST_F(ContainerCheckTest, AContainerWithoutStatsCostsNobodyAnything) {
  update_task(task(container(kContainerA, "a") + "," + container(kContainerB, "b")));
  for (const char* none : {"{}", "null", ""}) {
    const std::string entry = *none == '\0' ? "" : ",\"" + std::string(kContainerB) + "\": " + none;
    stats_body_ = "{" + stats(kContainerA, 100) + entry + "}";
    clock_.advance(seconds(15));
    ASSERT_TRUE(run(*check_)) << none;
    EXPECT_EQ(sender_.count("container.cpu.usage"), 1u) << none;
    EXPECT_EQ(sender_.count("container.uptime"), 2u) << none;
  }
  stats_body_ = "{" + stats(kContainerB, 7) + "}";
  clock_.advance(seconds(15));
  ASSERT_TRUE(run(*check_));
  EXPECT_EQ(sender_.value("container.cpu.usage", id_tag(kContainerB)), 7);
}

TEST_F(ContainerCheckTest, AFailureOfTheStatsSendsNothing) {
  update_task(task(container(kContainerA, "a")));
  stats_status_ = 400;
  const auto result = run(*check_);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), Errc::http_status);
  EXPECT_TRUE(sender_.samples.empty());  // not even the uptime
}

TEST_F(ContainerCheckTest, LeavesOutStoppedOnesAndThoseWithoutAnId) {
  update_task(task(container(kContainerA, "a", "STOPPED") + "," + container("", "b") + "," +
                   container("", "c")));
  stats_body_ = "{" + stats(kContainerA, 100) + "}";
  ASSERT_TRUE(run(*check_));
  EXPECT_TRUE(sender_.samples.empty());
}

TEST_F(ContainerCheckTest, AContainerTheTaggerDoesNotKnowWaits) {
  update_task(task(container(kContainerA, "a")));
  task_body_ = task(container(kContainerA, "a") + "," + container(kContainerB, "b"));
  ASSERT_TRUE(fakes::run(io_, source_.refresh()));  // nobody tells the tagger
  ASSERT_TRUE(run(*check_));
  EXPECT_EQ(sender_.count("container.uptime"), 1u);
}

TEST_F(ContainerCheckTest, ForgetsAContainerThatWentAway) {
  update_task(task(container(kContainerA, "a") + "," + container(kContainerB, "b")));
  stats_body_ = "{" + stats(kContainerA, 100) + "," + stats(kContainerB, 200) + "}";
  ASSERT_TRUE(run(*check_));
  const model::TagList tags = *sender_.find("container.uptime", id_tag(kContainerB))->tags;
  update_task(task(container(kContainerA, "a") + "," + container(kContainerB, "b", "STOPPED")));
  clock_.advance(seconds(15));
  ASSERT_TRUE(run(*check_));
  EXPECT_EQ(sender_.forgotten, std::vector<model::TagList>{tags});
}

TEST_F(ContainerCheckTest, TheSameDocumentTwiceGivesNoCounters) {
  update_task(task(container(kContainerA, "a")));
  stats_body_ = "{" + stats(kContainerA, 100) + "}";
  ASSERT_TRUE(run(*check_));
  clock_.advance(seconds(1));  // the source still holds the document
  ASSERT_TRUE(run(*check_));
  EXPECT_EQ(sender_.count("container.cpu.usage"), 0u);
  EXPECT_EQ(sender_.value("container.memory.usage"), 1000);
  clock_.advance(seconds(14));
  ASSERT_TRUE(run(*check_));
  EXPECT_EQ(sender_.count("container.cpu.usage"), 1u);
}

TEST_F(ContainerCheckTest, ASteadyCycleBuildsNoTagLists) {
  update_task(task(container(kContainerA, "a")));
  stats_body_ = "{" + stats(kContainerA, 100) + "}";
  ASSERT_TRUE(run(*check_));
  const model::Tags tags = sender_.find("container.uptime")->tags;
  clock_.advance(seconds(15));
  ASSERT_TRUE(run(*check_));
  EXPECT_EQ(sender_.find("container.uptime")->tags, tags);
}

TEST_F(ContainerCheckTest, TheFilterApplies) {
  ecs::ContainerFilterOptions options;
  options.exclude = {"name:^b$"};
  std::vector<std::string> warnings;
  const auto check = make_container_check(source_, tagger_, clock_,
                                          ecs::ContainerFilter::create(options, warnings), {});
  update_task(task(container(kContainerA, "a") + "," + container(kContainerB, "b")));
  ASSERT_TRUE(run(*check));
  EXPECT_NE(sender_.find("container.uptime", id_tag(kContainerA)), nullptr);
  EXPECT_EQ(sender_.count("container.uptime"), 1u);
}

}  // namespace
}  // namespace remora::checks
