// Reads a payload of tests/fixtures/ecs/.
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>

#include "fakes/source_dir.hpp"

namespace remora::fakes {

inline std::string ecs_fixture(const std::string& name) {
  std::ifstream in(fakes::source_dir() + "/tests/fixtures/ecs/" + name);
  EXPECT_TRUE(in) << "no fixture " << name;
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace remora::fakes
