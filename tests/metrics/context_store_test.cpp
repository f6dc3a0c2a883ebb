#include "metrics/context_store.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

namespace remora::metrics {
namespace {

struct Identity {
  std::string name = "a", host;
  SampleType type = SampleType::gauge;
  OriginId origin = 0;
  std::vector<std::string> tags;
};

class Described {
 public:
  explicit Described(const Identity& identity) : tags_(identity.tags.begin(), identity.tags.end()) {
    description.name = identity.name;
    description.host = identity.host;
    description.type = identity.type;
    description.origin = identity.origin;
    description.tags = tags_;
  }
  ContextDescription description;

 private:
  std::vector<std::string_view> tags_;
};

ContextId intern(ContextStore& store, const Identity& identity) {
  const Described described(identity);
  std::uint64_t key = 0;
  const ContextId found = store.find(described.description, key);
  return found != kUnknownContext ? found : store.create(described.description, key);
}

TEST(ContextStore, EveryPartOfTheIdentityCounts) {
  ContextStore store;
  const std::vector<Identity> identities = {
      {},
      {"b", "", SampleType::gauge, 0, {}},
      {"a", "h", SampleType::gauge, 0, {}},
      {"a", "", SampleType::counter, 0, {}},
      {"a", "", SampleType::gauge, 1, {}},
      {"a", "", SampleType::gauge, 0, {"x:1"}},
      {"a", "", SampleType::gauge, 0, {"x:1", "y:2"}},
      {"a", "", SampleType::gauge, 0, {"x:1y:2"}},  // not the same as two tags
  };
  std::set<ContextId> ids;
  for (const Identity& identity : identities) ids.insert(intern(store, identity));
  EXPECT_EQ(ids.size(), identities.size());
  for (const Identity& identity : identities) ids.insert(intern(store, identity));
  EXPECT_EQ(ids.size(), identities.size()) << "a known identity made a second context";
  EXPECT_EQ(store.size(), identities.size());
}

TEST(ContextStore, KeepsNameHostAndTags) {
  ContextStore store;
  const std::string long_tag = "k:" + std::string(300, 'v');  // a length of two bytes
  const ContextId id =
      intern(store, {"metric.name", "web-1", SampleType::set, 7, {"a:b", long_tag}});
  const Record& record = store[id];
  EXPECT_EQ(store.name(record), "metric.name");
  EXPECT_EQ(ContextStore::host(record), "web-1");
  model::PackedTags tags = ContextStore::tags(record);
  std::string_view tag;
  ASSERT_TRUE(tags.next(tag));
  EXPECT_EQ(tag, "a:b");
  ASSERT_TRUE(tags.next(tag));
  EXPECT_EQ(tag, long_tag);
  EXPECT_FALSE(tags.next(tag));
}

// Lengths are stored in seven bits a byte.
TEST(ContextStore, KeepsTagsAndHostsOfEveryLength) {
  for (const std::size_t length : {0u, 1u, 126u, 127u, 128u, 129u, 16'383u, 16'384u, 16'385u}) {
    ContextStore store;
    const std::string text(length, 'v');
    const std::size_t before = store.bytes();
    const ContextId id = intern(store, {"m", text, SampleType::gauge, 0, {text, "z"}});
    EXPECT_EQ(ContextStore::host(store[id]), text);
    model::PackedTags tags = ContextStore::tags(store[id]);
    std::string_view tag;
    ASSERT_TRUE(tags.next(tag)) << length;
    EXPECT_EQ(tag, text);
    ASSERT_TRUE(tags.next(tag)) << length;
    EXPECT_EQ(tag, "z");
    EXPECT_TRUE(tags.empty()) << length;
    EXPECT_GE(store.bytes() - before, 2 * length);
  }
}

// Memory goes back when three quarters of at least 4,096 contexts have gone, not one earlier.
TEST(ContextStore, ShrinksAtAQuarterOfItsPeak) {
  struct Row {
    int peak, left;
    bool shrinks;
  };
  for (const Row row : {Row{4096, 1024, true}, Row{4096, 1025, false}, Row{4095, 10, false},
                        Row{5120, 1280, true}}) {
    ContextStore store;
    std::vector<ContextId> ids;
    for (int i = 0; i < row.peak; ++i)
      ids.push_back(intern(store, {"m", "", SampleType::gauge, 0, {"id:" + std::to_string(i)}}));
    while (static_cast<int>(ids.size()) > row.left) {
      store.erase(ids.back());
      ids.pop_back();
    }
    const std::size_t before = store.bytes();
    store.shrink();
    EXPECT_EQ(store.bytes() < before, row.shrinks) << row.peak << " " << row.left;
    EXPECT_EQ(store.size(), static_cast<std::size_t>(row.left));
    for (int i = 0; i < row.left; ++i) {
      EXPECT_EQ(intern(store, {"m", "", SampleType::gauge, 0, {"id:" + std::to_string(i)}}),
                ids[static_cast<std::size_t>(i)]);
    }
  }
}

TEST(ContextStore, FindsTheOthersAfterManyWereErased) {
  ContextStore store;
  std::vector<ContextId> ids;
  const auto identity = [](int i) {
    return Identity{
        "m" + std::to_string(i % 7), "", SampleType::gauge, 0, {"id:" + std::to_string(i)}};
  };
  constexpr int kContexts = 5'000;
  for (int i = 0; i < kContexts; ++i) ids.push_back(intern(store, identity(i)));
  for (int i = 0; i < kContexts; i += 3) store.erase(ids[static_cast<std::size_t>(i)]);
  for (int i = 0; i < kContexts; ++i) {
    const Identity wanted = identity(i);
    const Described described(wanted);
    std::uint64_t key = 0;
    const ContextId found = store.find(described.description, key);
    if (i % 3 == 0)
      EXPECT_EQ(found, kUnknownContext) << i;
    else
      EXPECT_EQ(found, ids[static_cast<std::size_t>(i)]) << i;
  }
}

TEST(ContextStore, AnAliasOfAnErasedContextLeadsNowhere) {
  ContextStore store;
  const ContextId first = intern(store, {"a", "", SampleType::gauge, 0, {}});
  store.put_alias(42, first);
  EXPECT_EQ(store.find_alias(42), first);
  store.erase(first);
  EXPECT_EQ(store.find_alias(42), kUnknownContext);
  const ContextId second = intern(store, {"b", "", SampleType::gauge, 0, {}});
  ASSERT_EQ(second, first) << "the place is used again";
  EXPECT_EQ(store.find_alias(42), kUnknownContext) << "the alias leads to somebody else's context";
}

TEST(ContextStore, KeepsEveryAliasWhileItGrows) {
  ContextStore store;
  std::vector<ContextId> ids;
  for (std::uint64_t i = 0; i < 20'000; ++i) {
    ids.push_back(intern(store, {"a", "", SampleType::gauge, 0, {"id:" + std::to_string(i)}}));
    store.put_alias((i * 0x9e3779b97f4a7c15u) ^ i, ids.back());
  }
  for (std::uint64_t i = 0; i < ids.size(); ++i) {
    ASSERT_EQ(store.find_alias((i * 0x9e3779b97f4a7c15u) ^ i), ids[i]);
  }
}

TEST(ContextStore, FilteredLinesDoNotGrowWithoutBound) {
  ContextStore store;
  for (std::uint64_t i = 0; i < 1'000'000; ++i) {
    store.put_alias(i * 0x9e3779b97f4a7c15u, kFilteredContext);
  }
  EXPECT_LT(store.bytes(), 2u << 20);
}

TEST(ContextStore, TheBytesOfErasedContextsAreGivenBack) {
  ContextStore store;
  const std::size_t empty = store.bytes();
  std::vector<ContextId> ids;
  for (int i = 0; i < 50'000; ++i) {
    ids.push_back(intern(store, {"m" + std::to_string(i), "", SampleType::gauge, 0, {"a:b"}}));
    store.put_alias(static_cast<std::uint64_t>(i) * 0x9e3779b97f4a7c15u, ids.back());
  }
  const std::size_t full = store.bytes();
  EXPECT_GT(full, 50'000u * 64);
  for (const ContextId id : ids) store.erase(id);
  store.shrink();
  EXPECT_LT(store.bytes(), empty + 64 * 1024);
  EXPECT_EQ(store.size(), 0u);
}

// docs/performance.md states what a context costs.
TEST(ContextStore, AContextOfFiveTagsCostsAtMost256Bytes) {
  ContextStore store;
  constexpr int kContexts = 100'000;
  for (int i = 0; i < kContexts; ++i) {
    const ContextId id = intern(store, {"app.request.count",
                                        "",
                                        SampleType::counter,
                                        0,
                                        {"endpoint:/api/v1/things", "env:production",
                                         "id:" + std::to_string(i), "method:GET", "status:200"}});
    store.put_alias(static_cast<std::uint64_t>(i) * 0x9e3779b97f4a7c15u, id);
  }
  EXPECT_LE(store.bytes() / kContexts, 256u);
}

}  // namespace
}  // namespace remora::metrics
