#include "remora/config/secrets.hpp"

#include <gtest/gtest.h>

#include <variant>

#include "remora/config/options.hpp"
#include "remora/core/scrub.hpp"

namespace remora::config {
namespace {

bool takes_text(const Option& option) {
  return std::holds_alternative<std::string Settings::*>(option.field) ||
         std::holds_alternative<std::vector<std::string> Settings::*>(option.field);
}

std::string canary_of(std::string_view name) { return "Canary-" + std::string(name) + "-7"; }

// Every text that the configuration shows before and after the scrubber has read it.
void expect_hidden(const Loaded& loaded, const Environment& environment, std::string_view canary,
                   std::string_view name) {
  remember_secrets(loaded, environment);
  std::string shown = core::scrub(dump(loaded));
  for (const std::string& warning : loaded.warnings) shown += core::scrub(warning);
  if (const auto valid = validate_for_run(loaded); !valid) {
    shown += core::scrub(valid.error().message());
  }
  // A server that answers with what it was sent.
  shown += core::scrub("you sent: " + std::string(canary) + " thank you");
  EXPECT_EQ(shown.find(canary), std::string::npos) << name << ": " << shown;
}

TEST(Secrets, InAnySettingThatTakesTextAreShownNowhere) {
  for (const Option& option : options()) {
    if (!takes_text(option)) continue;
    const std::string name(option.env.substr(0, option.env.find(' ')));
    const std::string canary = canary_of(name);
    for (const std::string& value :
         {"http://user:" + canary + "@host/x", "http://" + canary + "@host",
          "https://host/?a=b&sig=" + canary}) {
      const Environment environment = {{name, value}};
      expect_hidden(load_text(environment, "", ""), environment, canary, name);
      if (option.key.empty() || option.key.find('.') != std::string_view::npos) continue;
      expect_hidden(load_text({}, std::string(option.key) + ": \"" + value + "\"\n", "f"), {},
                    canary, option.key);
    }
  }
}

TEST(Secrets, OfApiKeysEndpointsAndVariablesAreKnown) {
  const Environment environment = {
      {"DD_API_KEY", "Canary-api-key-1"},
      {"DD_ADDITIONAL_ENDPOINTS", R"({"https://x.example":["Canary-second-key"]})"},
      {"DD_APP_KEY", "Canary-app-key"},
      {"AWS_SECRET_ACCESS_KEY", "Canary-aws-key"}};
  for (const char* canary :
       {"Canary-api-key-1", "Canary-second-key", "Canary-app-key", "Canary-aws-key"}) {
    expect_hidden(load_text(environment, "", ""), environment, canary, canary);
  }
}

}  // namespace
}  // namespace remora::config
