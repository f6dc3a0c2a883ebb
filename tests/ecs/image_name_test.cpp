#include "remora/ecs/image_name.hpp"

#include <gtest/gtest.h>

namespace remora::ecs {
namespace {

struct Case {
  const char* image;
  const char* long_name;
  const char* short_name;
  const char* tag;
  const char* digest;
  const char* registry;
};
class SplitImageName : public testing::TestWithParam<Case> {};

TEST_P(SplitImageName, GivesTheParts) {
  const ImageName n = split_image_name(GetParam().image);
  EXPECT_EQ(n.long_name, GetParam().long_name);
  EXPECT_EQ(n.short_name, GetParam().short_name);
  EXPECT_EQ(n.tag, GetParam().tag);
  EXPECT_EQ(n.digest, GetParam().digest);
  EXPECT_EQ(n.registry, GetParam().registry);
}

INSTANTIATE_TEST_SUITE_P(
    Images, SplitImageName,
    testing::Values(
        Case{"redis", "redis", "redis", "", "", ""}, Case{"redis:7", "redis", "redis", "7", "", ""},
        Case{"public.ecr.aws/docker/library/redis:7.2", "public.ecr.aws/docker/library/redis",
             "redis", "7.2", "", "public.ecr.aws"},
        Case{"registry:5000/a/b", "registry:5000/a/b", "b", "", "", "registry:5000"},
        Case{"localhost/a:1", "localhost/a", "a", "1", "", "localhost"},
        Case{"a/b:1@sha256:ff", "a/b", "b", "1", "sha256:ff", ""},
        Case{"a/b@sha256:ff", "a/b", "b", "", "sha256:ff", ""},
        Case{"sha256:ff", "", "", "", "", ""}, Case{"", "", "", "", "", ""},
        Case{"redis:", "redis", "redis", "", "", ""},
        // Before the deployment: what stands in a reference separates nothing.
        Case{"${AWS::AccountId}.dkr.ecr.x.com/redis:${AWS::StackName}",
             "${AWS::AccountId}.dkr.ecr.x.com/redis", "redis", "${AWS::StackName}", "",
             "${AWS::AccountId}.dkr.ecr.x.com"},
        Case{"r.x/${AWS::StackName}", "r.x/${AWS::StackName}", "${AWS::StackName}", "", "", "r.x"},
        Case{"${Repo:-a/b}:1", "${Repo:-a/b}", "${Repo:-a/b}", "1", "", ""},
        Case{"{{resolve:ssm:/app/image:3}}", "{{resolve:ssm:/app/image:3}}",
             "{{resolve:ssm:/app/image:3}}", "", "", ""},
        Case{"a/b:${Open", "a/b", "b", "${Open", "", ""}));

}  // namespace
}  // namespace remora::ecs
