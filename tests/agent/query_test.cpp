#include "agent/query.hpp"

#include <gtest/gtest.h>

namespace remora::agent {
namespace {

struct Row {
  const char* name;
  const char* query;
  const char* value;
};
class QueryParameter : public testing::TestWithParam<Row> {};
TEST_P(QueryParameter, IsDecoded) {
  EXPECT_EQ(query_parameter(GetParam().query, "b"), GetParam().value);
}
INSTANTIATE_TEST_SUITE_P(
    Queries, QueryParameter,
    testing::Values(Row{"Absent", "a=1", ""}, Row{"Empty", "", ""},
                    Row{"Second", "a=1&b=2&c=3", "2"}, Row{"First", "b=2&b=3", "2"},
                    Row{"NoValue", "b&b=", ""}, Row{"OtherNames", "bb=1&ab=2", ""},
                    Row{"Blanks", "b=x+y", "x y"}, Row{"Path", "b=%2Ftmp%2fa%20b", "/tmp/a b"},
                    Row{"Percent", "b=100%&c=1", "100%"}, Row{"NoHex", "b=%zz%4", "%zz%4"},
                    Row{"AtTheEnd", "b=%41", "A"}),
    [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace remora::agent
