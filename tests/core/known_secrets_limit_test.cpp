// Of its own and last among the sources: it fills the list, of which there is one for the process.
#include <gtest/gtest.h>

#include <string>

#include "remora/core/known_secrets.hpp"

namespace remora::core {
namespace {

std::string hidden(std::string text) {
  hide_known_secrets(text);
  return text;
}

TEST(KnownSecretsLimit, KeepsNoMoreThanAThousand) {
  for (std::size_t i = 0; i < kMostSecrets + 10; ++i) {
    remember_secret("generated-" + std::to_string(i) + "-end");
  }
  EXPECT_EQ(hidden("generated-5-end"), "********");
  EXPECT_EQ(hidden("generated-" + std::to_string(kMostSecrets + 9) + "-end"),
            "generated-" + std::to_string(kMostSecrets + 9) + "-end");
}

}  // namespace
}  // namespace remora::core
