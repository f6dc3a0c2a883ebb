#include "remora/ecs/container_filter.hpp"

#include <gtest/gtest.h>

namespace remora::ecs {
namespace {

using Strings = std::vector<std::string>;

ContainerMetadata container(std::string name, std::string image) {
  ContainerMetadata c;
  c.name = std::move(name);
  c.image = std::move(image);
  c.type = "NORMAL";
  return c;
}

ContainerFilter make(Strings include, Strings exclude, Strings* warnings = nullptr) {
  ContainerFilterOptions options;
  options.include = std::move(include);
  options.exclude = std::move(exclude);
  Strings ignored;
  return ContainerFilter::create(options, warnings ? *warnings : ignored);
}

TEST(ContainerFilter, IncludeWinsOverExclude) {
  const auto filter = make({"name:redis"}, {"image:.*"});
  EXPECT_FALSE(filter.excluded(container("redis", "redis:7")));
  EXPECT_TRUE(filter.excluded(container("web", "web:1")));
}

TEST(ContainerFilter, SearchesAnywhereInTheText) {
  const auto filter = make({}, {"image:edi", "name:^web$"});
  EXPECT_TRUE(filter.excluded(container("a", "redis:7")));
  EXPECT_TRUE(filter.excluded(container("web", "x")));
  EXPECT_FALSE(filter.excluded(container("web2", "x")));
}

TEST(ContainerFilter, MatchesTheRuntimeNameAsWell) {
  ContainerMetadata c = container("web", "x");
  c.docker_name = "ecs-shop-12-web-00ff";
  EXPECT_TRUE(make({}, {"name:^ecs-shop"}).excluded(c));
}

TEST(ContainerFilter, AnEmptyImageOrNameIsNeverExcluded) {
  EXPECT_FALSE(make({}, {"image:.*", "name:.*"}).excluded(container("", "")));
}

TEST(ContainerFilter, DropsPausesUnlessIncludedOrToldOtherwise) {
  ContainerMetadata pause = container("~internal~ecs~pause", "amazon/amazon-ecs-pause:0.1.0");
  EXPECT_TRUE(make({}, {}).excluded(pause));
  EXPECT_FALSE(make({"image:pause"}, {}).excluded(pause));
  ContainerMetadata by_type = container("helper", "x");
  by_type.type = "CNI_PAUSE";
  EXPECT_TRUE(make({}, {}).excluded(by_type));
  ContainerMetadata no_type = container("web", "x");
  no_type.type.clear();
  EXPECT_FALSE(make({}, {}).excluded(no_type));

  ContainerFilterOptions options;
  options.exclude_pause = false;
  Strings warnings;
  EXPECT_FALSE(ContainerFilter::create(options, warnings).excluded(pause));
  EXPECT_FALSE(ContainerFilter::create(options, warnings).excluded(by_type));
  EXPECT_FALSE(ContainerFilter().excluded(pause));
}

class PauseImages : public testing::TestWithParam<const char*> {};
TEST_P(PauseImages, AreKnown) { EXPECT_TRUE(make({}, {}).excluded(container("x", GetParam()))); }
INSTANTIATE_TEST_SUITE_P(Registries, PauseImages,
                         testing::Values("registry.k8s.io/pause:3.9", "k8s.gcr.io/x/pause-amd64",
                                         "602401143452.dkr.ecr.eu-west-1.amazonaws.com/eks/pause:3",
                                         "mcr.microsoft.com/oss/kubernetes/pause:3.6",
                                         "rancher/pause:3.1", "kubernetes/pause"));

TEST(ContainerFilter, LeavesOutBadItemsAndNamesThem) {
  Strings warnings;
  const auto filter = make({},
                           {"image:[", "label:x", "web", "name:" + std::string(5000, 'a'),
                            "name:web", "kube_namespace:x", ""},
                           &warnings);
  EXPECT_TRUE(filter.excluded(container("web", "")));
  ASSERT_EQ(warnings.size(), 4u);
  EXPECT_EQ(warnings[0],
            "container exclude filter: \"image:[\" is not a valid regular expression: missing ]: "
            "[; left out");
  EXPECT_EQ(warnings[1],
            "container exclude filter: \"label:x\" does not start with image: or name:; left out");
  EXPECT_NE(warnings[3].find("longer than 4096 bytes"), std::string::npos);
}

}  // namespace
}  // namespace remora::ecs
