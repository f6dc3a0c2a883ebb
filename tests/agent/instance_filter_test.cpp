#include "agent/instance_filter.hpp"

#include <gtest/gtest.h>

namespace remora::agent {
namespace {

using model::Map;
using model::Value;

Value instance() {
  return Map{{"host", "10.0.0.1"},
             {"port", 6379},
             {"ratio", 0.5},
             {"tls", false},
             {"empty", nullptr},
             {"tags", Value::List{"env:prod", "team:web"}},
             {"a b", Map{{"c", "x\"y"}}}};
}

struct Row {
  int line;
  const char* filter;
  bool matches;
};

TEST(InstanceFilter, AnswersAsJqDoes) {
  const Row rows[] = {
      {__LINE__, R"(.host == "10.0.0.1")", true},
      {__LINE__, R"(.host=="10.0.0.2")", false},
      {__LINE__, ".port == 6379", true},
      {__LINE__, ".port == 6379.0", true},
      {__LINE__, R"(.port == "6379")", false},
      {__LINE__, ".port > 6378 and .port <= 6379", true},
      {__LINE__, ".port < 6379 or .ratio >= 0.5", true},
      {__LINE__, ".port != 6379", false},
      {__LINE__, ".tls", false},
      {__LINE__, ".tls | not", true},
      {__LINE__, ".tls == false", true},
      {__LINE__, ".empty == null", true},
      {__LINE__, ".nothing == null", true},
      {__LINE__, ".nothing.below == null", true},
      {__LINE__, R"(.["a b"].c == "x\"y")", true},
      {__LINE__, R"(."a b".c == "x\"y")", true},
      {__LINE__, R"(.tags[0] == "env:prod")", true},
      {__LINE__, R"(.tags[-1] == "team:web")", true},
      {__LINE__, ".tags[7] == null", true},
      {__LINE__, R"(.tags | contains(["env:prod"]))", true},
      {__LINE__, R"(.tags | contains(["env"]))", true},
      {__LINE__, R"(.tags | contains(["staging"]))", false},
      {__LINE__, R"(.host | contains("0.0"))", true},
      {__LINE__, R"(.host | startswith("10."))", true},
      {__LINE__, R"(.host | endswith(".2"))", false},
      {__LINE__, R"(.tags | length == 2)", true},
      {__LINE__, R"((.port | tostring) == "6379")", true},
      {__LINE__, R"((.port | type) == "number")", true},
      {__LINE__, R"(has("host") and (has("unix_socket_path") | not))", true},
      {__LINE__, R"(select(.port == 6379))", true},
      {__LINE__, R"(select(.port == 1))", false},
      {__LINE__, R"(.host | contains(5))", false},
      {__LINE__, ".port.deeper == 1", false},
      {__LINE__, ".host", false},
      {__LINE__, "true", true},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.line);
    const auto filter = InstanceFilter::parse(row.filter);
    ASSERT_TRUE(filter) << filter.error().message();
    EXPECT_EQ(filter->matches(instance()), row.matches);
  }
}

TEST(InstanceFilter, NamesThePlaceOfWhatItDoesNotTake) {
  struct Bad {
    int line;
    std::string filter;
    const char* says;
  };
  const Bad rows[] = {
      {__LINE__, "", "at byte 1"},
      {__LINE__, ".host ==", "at byte 9"},
      {__LINE__, ".host = 1", "at byte 7"},
      {__LINE__, ".a | map(.b)", "at byte 6"},
      {__LINE__, ".tags[]", "at byte 7"},
      {__LINE__, R"(.host == "open)", "at byte"},
      {__LINE__, "(.a", "at byte 4"},
      {__LINE__, ".a == 1 .b", "at byte 9"},
      {__LINE__, std::string(5000, ' '), "4096 bytes"},
      {__LINE__, std::string(4000, '('), "at byte"},
  };
  for (const Bad& row : rows) {
    SCOPED_TRACE(row.line);
    const auto filter = InstanceFilter::parse(row.filter);
    ASSERT_FALSE(filter);
    EXPECT_NE(filter.error().message().find(row.says), std::string::npos)
        << filter.error().message();
  }
}

}  // namespace
}  // namespace remora::agent
