#include "checks/entity_tags.hpp"

#include <gtest/gtest.h>

#include "fakes/fake_sender.hpp"

namespace remora::checks {
namespace {

model::TagList runtime(const model::TagList&) { return model::TagList(1, "runtime:x"); }

TEST(EntityTags, AreBuiltOncePerListOfTheTagger) {
  fakes::FakeSender sender;
  EntityTags tags;
  int built = 0;
  const auto extras = [&](const model::TagList& base) {
    ++built;
    return runtime(base);
  };
  const model::Tags source = model::make_tags({"a:1"});
  tags.update(source, sender, extras);
  const model::Tags base = tags.base();
  const model::Tags eth = tags.with_interface("eth1", sender);
  tags.update(source, sender, extras);
  EXPECT_EQ(built, 1);
  EXPECT_EQ(*base, (model::TagList{"a:1", "runtime:x"}));
  EXPECT_EQ(*eth, (model::TagList{"a:1", "interface:eth1", "runtime:x"}));
  EXPECT_EQ(tags.base(), base);
  EXPECT_EQ(tags.with_interface("eth1", sender), eth);
}

TEST(EntityTags, ANewListOfTheSameContentKeepsTheOldOnes) {
  fakes::FakeSender sender;
  EntityTags tags;
  tags.update(model::make_tags({"a:1"}), sender, runtime);
  const model::Tags base = tags.base();
  tags.update(model::make_tags({"a:1"}), sender, runtime);
  EXPECT_EQ(tags.base(), base);
  EXPECT_TRUE(sender.forgotten.empty());
}

TEST(EntityTags, OtherContentForgetsTheOldLists) {
  fakes::FakeSender sender;
  EntityTags tags;
  tags.update(model::make_tags({"a:1"}), sender, runtime);
  (void)tags.with_interface("eth1", sender);
  tags.update(model::make_tags({"a:2"}), sender, runtime);
  EXPECT_EQ(sender.forgotten, (std::vector<model::TagList>{{"a:1", "interface:eth1", "runtime:x"},
                                                           {"a:1", "runtime:x"}}));
  EXPECT_EQ(*tags.base(), (model::TagList{"a:2", "runtime:x"}));
  EXPECT_EQ(*tags.with_interface("eth1", sender),
            (model::TagList{"a:2", "interface:eth1", "runtime:x"}));
}

TEST(EntityTags, InterfacesThatComeAndGoDoNotPileUp) {
  fakes::FakeSender sender;
  EntityTags tags;
  tags.update(model::make_tags({"a:1"}), sender, runtime);
  for (int i = 0; i < 128; ++i) (void)tags.with_interface("veth" + std::to_string(i), sender);
  EXPECT_TRUE(sender.forgotten.empty());
  (void)tags.with_interface("veth128", sender);
  EXPECT_EQ(sender.forgotten.size(), 128u);
}

}  // namespace
}  // namespace remora::checks
