#include "remora/dogstatsd/origins.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "dogstatsd/task_tagger.hpp"

namespace remora::dogstatsd {
namespace {

using tagger::Cardinality;
using testing::Contains;
using testing::Not;
using Strings = std::vector<std::string>;

class OriginsTest : public testing::Test {
 protected:
  Origins make(OriginOptions options = {}) {
    return Origins(std::move(options), task.tagger, counters,
                   [this](std::uint64_t inode) { return inode == 77 ? task.web : std::string(); });
  }
  /// Tags of containers (names "web" and "init", "task" for none) put together.
  Strings tags_of(const Strings& names, Cardinality level = Cardinality::low) {
    std::set<std::string> all;
    for (const std::string& name : names) {
      const auto list =
          name == "task" ? task.tagger.global_tags(level)
                         : task.tagger.container_tags(name == "web" ? task.web : task.init, level);
      all.insert(list->begin(), list->end());
    }
    return {all.begin(), all.end()};
  }

  TaskTagger task;
  telemetry::DogstatsdCounters counters;
};

TEST_F(OriginsTest, NothingClaimedIsTheTask) {
  Origins origins = make();
  EXPECT_EQ(origins.resolve({}), 0u);
  EXPECT_EQ(origins.tags(0), tags_of({"task"}));
  EXPECT_THAT(origins.tags(0), Contains("env:prod"));
  EXPECT_THAT(origins.tags(0), Not(Contains("ecs_container_name:web")));
}

struct ClaimRow {
  const char* name;
  bool socket_is_init;  ///< the socket's container is "init", else there is none
  std::string_view local_data;
  std::string_view entity_id;
  bool precedence;
  Strings legacy, unified;  ///< containers whose tags are wanted
};

// In local data, "web" stands for the id of that container.
class OriginClaims : public OriginsTest, public testing::WithParamInterface<ClaimRow> {
 protected:
  Strings resolve(bool unified) {
    const ClaimRow& row = GetParam();
    OriginOptions options;
    options.unified = unified;
    options.entity_id_precedence = row.precedence;
    Origins origins = make(options);
    std::string local(row.local_data);
    if (const auto at = local.find("web"); at != std::string::npos) {
      local.replace(at, 3, task.web);
    }
    OriginClaim claim;
    if (row.socket_is_init) claim.socket_container = origins.container(task.init);
    claim.local_data = local;
    claim.entity_id = row.entity_id;
    claim.external_data = "it-false,cn-web,pu-1";
    return origins.tags(origins.resolve(claim));
  }
};

TEST_P(OriginClaims, InLegacyMode) { EXPECT_EQ(resolve(false), tags_of(GetParam().legacy)); }
TEST_P(OriginClaims, InUnifiedMode) { EXPECT_EQ(resolve(true), tags_of(GetParam().unified)); }

INSTANTIATE_TEST_SUITE_P(
    All, OriginClaims,
    testing::Values(
        ClaimRow{"Nothing", false, "", "", false, {"task"}, {"task"}},
        ClaimRow{"Socket", true, "", "", false, {"init", "task"}, {"init"}},
        ClaimRow{"Client", false, "ci-web", "", false, {"web", "task"}, {"web"}},
        ClaimRow{"BareClient", false, "web", "", false, {"web", "task"}, {"web"}},
        ClaimRow{"OldClient", false, "cid-web", "", false, {"web", "task"}, {"web"}},
        ClaimRow{"Inode", false, "in-77", "", false, {"web", "task"}, {"web"}},
        ClaimRow{"UnknownInode", false, "in-78", "", false, {"task"}, {"task"}},
        ClaimRow{"IdBeforeInode", false, "ci-unknown,in-77", "", false, {"task"}, {"task"}},
        ClaimRow{"UnknownContainer", false, "ci-unknown", "", false, {"task"}, {"task"}},
        ClaimRow{"NotAContainer", false, "ci-a/../b", "", false, {"task"}, {"task"}},
        ClaimRow{"SocketAndClient", true, "ci-web", "", false, {"init", "web", "task"}, {"init"}},
        ClaimRow{"SocketAndUnknownClient", true, "ci-x", "", false, {"init", "task"}, {"init"}},
        // A pod is nobody here, but whose tags are not wanted stays as upstream.
        ClaimRow{"Pod", false, "ci-web", "pod", false, {"task"}, {"web"}},
        ClaimRow{"NoEntity", false, "ci-web", "none", false, {"task"}, {"web"}},
        ClaimRow{"SocketAndNoEntity", true, "ci-web", "none", false, {"init", "task"}, {"init"}},
        ClaimRow{"SocketAndPod", true, "ci-web", "pod", false, {"init", "task"}, {"init"}},
        ClaimRow{"PodBeforeSocket", true, "ci-web", "pod", true, {"task"}, {"init"}},
        ClaimRow{"NoEntityBeforeSocket", true, "", "none", true, {"task"}, {"init"}},
        ClaimRow{
            "SocketWithPrecedence", true, "ci-web", "", true, {"init", "web", "task"}, {"init"}}),
    [](const auto& row) { return row.param.name; });

TEST_F(OriginsTest, UnifiedModeAsksTheClientWhenTheSocketLeadsNowhere) {
  OriginOptions options;
  options.unified = true;
  Origins origins = make(options);
  OriginClaim claim;
  claim.socket_container = origins.container("unknown");
  claim.local_data = task.web;
  EXPECT_EQ(origins.tags(origins.resolve(claim)), tags_of({"web"}));
}

struct CardinalityRow {
  const char* name;
  std::string_view fallback, word;
  bool opt_out;
  bool unified;
  const char* expected;  ///< "low", "orchestrator", "high", "none"
};

class OriginCardinality : public OriginsTest, public testing::WithParamInterface<CardinalityRow> {};

TEST_P(OriginCardinality, ChoosesTags) {
  const CardinalityRow& row = GetParam();
  OriginOptions options;
  options.cardinality = row.fallback;
  options.opt_out = row.opt_out;
  options.unified = row.unified;
  options.extra_tags = {"extra:1"};
  Origins origins = make(options);
  OriginClaim claim;
  claim.local_data = task.web;
  claim.cardinality = row.word;
  Strings expected;
  if (const auto level = tagger::parse_cardinality(row.expected)) {
    expected = tags_of({"web", "task"}, *level);
  }
  expected.emplace_back("extra:1");
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(origins.tags(origins.resolve(claim)), expected);
}

INSTANTIATE_TEST_SUITE_P(
    All, OriginCardinality,
    testing::Values(
        CardinalityRow{"Default", "low", "", true, false, "low"},
        CardinalityRow{"DefaultOfTheOptions", "high", "", true, false, "high"},
        CardinalityRow{"Low", "high", "low", true, false, "low"},
        CardinalityRow{"Orchestrator", "low", "orchestrator", true, false, "orchestrator"},
        CardinalityRow{"High", "low", "high", true, false, "high"},
        CardinalityRow{"AnyCase", "low", "HIGH", true, false, "high"},
        CardinalityRow{"UnknownWord", "high", "huge", true, false, "high"},
        CardinalityRow{"LongWord", "high", "lowlowlowlowlowlow", true, false, "high"},
        CardinalityRow{"UnknownDefault", "huge", "", true, false, "low"},
        CardinalityRow{"OptOut", "low", "none", true, false, "none"},
        CardinalityRow{"NoOptOut", "orchestrator", "none", false, false, "orchestrator"},
        CardinalityRow{"UnifiedAlwaysOptsOut", "low", "none", false, true, "none"},
        CardinalityRow{"NoneByDefault", "none", "", true, false, "none"},
        CardinalityRow{"MoreThanTheDefault", "none", "low", true, false, "low"}),
    [](const auto& row) { return row.param.name; });

TEST_F(OriginsTest, ExtraTagsAreOnEveryList) {
  OriginOptions options;
  options.extra_tags = {"z:1", "", "a:1", "a:1", "env:prod"};
  Origins origins = make(options);
  Strings expected = tags_of({"task"});
  expected.insert(expected.end(), {"a:1", "z:1"});
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(origins.tags(0), expected);
  OriginClaim none;
  none.cardinality = "none";
  EXPECT_EQ(origins.tags(origins.resolve(none)), (Strings{"a:1", "env:prod", "z:1"}));
}

TEST_F(OriginsTest, NumbersAreStable) {
  Origins origins = make();
  EXPECT_EQ(origins.container(""), 0u);
  EXPECT_EQ(origins.container("a b"), 0u);
  EXPECT_EQ(origins.container(task.web), 1u);
  EXPECT_EQ(origins.container(task.init), 2u);
  EXPECT_EQ(origins.container(task.web), 1u);

  OriginClaim both;
  both.socket_container = origins.container(task.init);
  both.local_data = task.web;
  const auto origin = origins.resolve(both);
  both.socket_container = origins.container(task.web);
  both.local_data = task.init;
  EXPECT_EQ(origins.resolve(both), origin) << "the same tags, the same origin";
  both.local_data = task.web;
  EXPECT_NE(origins.resolve(both), origin);
  OriginClaim socket;
  socket.socket_container = origins.container(task.web);
  EXPECT_EQ(origins.resolve(socket), origins.resolve(both)) << "one container named twice";
}

// Applications send before the first answer of the metadata endpoint.
TEST_F(OriginsTest, TagsComeWhenTheTaskBecomesKnown) {
  TaskTagger late(false);
  Origins origins({}, late.tagger, counters, nullptr);
  OriginClaim claim;
  claim.local_data = late.web;
  const auto origin = origins.resolve(claim);
  EXPECT_EQ(origins.tags(origin), Strings{"env:prod"});
  const model::Tags before = origins.shared_tags(origin);
  late.learn();
  EXPECT_EQ(origins.tags(origin), Strings{"env:prod"}) << "lists stay until told";
  (void)origins.tags_changed();
  EXPECT_THAT(origins.tags(origin), Contains("ecs_container_name:web"));
  EXPECT_EQ(*before, Strings{"env:prod"}) << "kept by an event";
  EXPECT_EQ(origins.resolve(claim), origin);
}

// The intake cannot tell two series of equal tags apart: the later one would replace the other.
TEST_F(OriginsTest, EqualTagsAreOneOrigin) {
  Origins origins = make();
  OriginClaim claim;
  claim.local_data = "ci-unknown";
  EXPECT_EQ(origins.resolve(claim), 0u) << "the tags of the task";
  claim.local_data = "ci-another";
  EXPECT_EQ(origins.resolve(claim), 0u);
  claim.local_data = {};
  claim.cardinality = "orchestrator";
  const auto orchestrator = origins.resolve(claim);
  EXPECT_NE(orchestrator, 0u);
  claim.cardinality = "high";
  EXPECT_EQ(origins.resolve(claim), orchestrator) << "a task has no tags of high cardinality";
}

TEST_F(OriginsTest, AnUnknownContainerLeadsToTheTaskOnceThatIsKnown) {
  TaskTagger late(false);
  Origins origins({}, late.tagger, counters, nullptr);
  OriginClaim web, unknown;
  web.local_data = late.web;
  unknown.local_data = "unknown";
  const auto of_web = origins.resolve(web);
  const auto of_unknown = origins.resolve(unknown);
  EXPECT_NE(of_web, 0u) << "its tags may still come";
  EXPECT_NE(of_unknown, 0u);
  late.learn();
  EXPECT_TRUE(origins.tags_changed());
  EXPECT_EQ(origins.resolve(web), of_web);
  EXPECT_EQ(origins.resolve(unknown), 0u);
  EXPECT_EQ(origins.preferred(of_unknown), 0u) << "of contexts from before";
  EXPECT_FALSE(origins.tags_changed());
}

TEST_F(OriginsTest, AContainerThatLeftTheTaskKeepsItsTags) {
  Origins origins = make();
  OriginClaim web;
  web.local_data = task.web;
  const auto origin = origins.resolve(web);
  const Strings before = origins.tags(origin);
  task.forget_containers();
  EXPECT_FALSE(origins.tags_changed());
  EXPECT_EQ(origins.tags(origin), before);
  EXPECT_EQ(origins.resolve(web), origin);
}

TEST_F(OriginsTest, ListsAreBuiltOnce) {
  Origins origins = make();
  OriginClaim web, unknown;
  web.local_data = task.web;
  unknown.local_data = "unknown";
  const auto origin = origins.resolve(web);
  EXPECT_EQ(&origins.tags(origin), &origins.tags(origin));
  EXPECT_EQ(origins.shared_tags(origin).get(), &origins.tags(origin));
  // A thousand unknown containers cost no thousand lists.
  EXPECT_EQ(&origins.tags(origins.resolve(unknown)), &origins.tags(0));
}

TEST_F(OriginsTest, MoreThanTheLimitGetTheTagsOfTheTask) {
  OriginOptions options;
  options.max_origins = 6;        // four are those of the task
  const TaskTagger later(false);  // each may still turn out to be another container
  Origins origins(options, later.tagger, counters, nullptr);
  OriginClaim claim;
  for (const char* id : {"a", "b"}) {
    claim.local_data = id;
    EXPECT_NE(origins.resolve(claim), 0u) << id;
  }
  EXPECT_EQ(counters.origins_refused.value, 0u);
  claim.local_data = "c";
  EXPECT_EQ(origins.resolve(claim), 0u);
  EXPECT_EQ(counters.origins_refused.value, 1u);
  claim.local_data = "a";
  EXPECT_NE(origins.resolve(claim), 0u) << "those that are known stay";
  claim = {};
  claim.cardinality = "none";
  EXPECT_NE(origins.resolve(claim), 0u) << "the task has room at each level";

  for (const char* id : {"d", "e", "f"}) EXPECT_NE(origins.container(id), 0u) << id;
  EXPECT_EQ(origins.container("g"), 0u);
  EXPECT_EQ(counters.origins_refused.value, 2u);
}

struct NoTask final : TagRule {
  bool keeps(std::string_view tag) const override { return !tag.starts_with("task_"); }
};

TEST_F(OriginsTest, NarrowedOriginsKeepWhatTheRuleKeeps) {
  Origins origins = make();
  const NoTask rule, other;
  const auto narrowed = origins.narrowed(0, rule);
  EXPECT_NE(narrowed, 0u);
  EXPECT_EQ(origins.narrowed(0, rule), narrowed);
  EXPECT_EQ(origins.narrowed(0, other), narrowed) << "it keeps the same tags";
  Strings expected = tags_of({"task"});
  std::erase_if(expected, [&](const std::string& tag) { return !rule.keeps(tag); });
  ASSERT_LT(expected.size(), tags_of({"task"}).size());
  EXPECT_EQ(origins.tags(narrowed), expected);
}

}  // namespace
}  // namespace remora::dogstatsd
