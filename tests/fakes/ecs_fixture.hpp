// Reads a payload of tests/fixtures/ecs/.
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>

namespace remora::fakes {

inline std::string ecs_fixture(const std::string& name) {
  std::ifstream in(std::string(REMORA_SOURCE_DIR) + "/tests/fixtures/ecs/" + name);
  EXPECT_TRUE(in) << "no fixture " << name;
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace remora::fakes
