#include "checks/unknown_options.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checks/instance_settings.hpp"

namespace remora::checks {
namespace {

using model::Map;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

const IntegrationInfo& redis() { return *find_integration("redisdb"); }

TEST(UnknownOptions, AreNamedWithTheOneThatWasMeant) {
  EXPECT_THAT(
      unknown_options(redis(), Map{{"hots", "10.0.0.1"}, {"port", 1}, {"frobnicate", "hunter2"}}),
      ElementsAre("`hots` is not an option of redisdb here and has no effect: did you mean `host`?",
                  "`frobnicate` is not an option of redisdb here and has no effect"));
}

TEST(UnknownOptions, OfEveryCheckAndOfTheHttpWrapperAreKnown) {
  EXPECT_THAT(unknown_options(redis(), Map{{"tags", model::Value::List{}},
                                           {"service", "x"},
                                           {"min_collection_interval", 5},
                                           {"loader", "core"},
                                           {"metric_patterns", Map{}}}),
              IsEmpty());
  EXPECT_THAT(unknown_options(*find_integration("nginx"), Map{{"tls_ignore_warning", true},
                                                              {"kerberos_keytab", ""},
                                                              {"log_requests", true}}),
              IsEmpty());
}

TEST(UnknownOptions, EveryOptionThatThePageListsIsKnown) {
  for (const IntegrationInfo* info : integrations()) {
    Map instance;
    for (const OptionInfo& option : info->options) instance.set(option.name, "x");
    EXPECT_THAT(unknown_options(*info, instance), IsEmpty()) << info->name;
  }
}

TEST(UnknownOptions, AreBoundedAndReachTheNotes) {
  Map many;
  for (int i = 0; i < 100; ++i) many.set("zz" + std::to_string(i), 1);
  many.set(std::string(5000, 'q'), 1);
  EXPECT_THAT(unknown_options(redis(), many), SizeIs(20));
  InstanceConfig config;
  config.check = "redisdb";
  config.instance = Map{{"hots", "h"}};
  const auto settings = read_instance_settings(redis(), config);
  ASSERT_TRUE(settings);
  EXPECT_THAT(settings->notes, ElementsAre(testing::HasSubstr("`hots`")));
}

}  // namespace
}  // namespace remora::checks
