#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "api/test_daemon.hpp"
#include "remora/cli/cli.hpp"
#include "remora/core/version.hpp"

namespace remora::cli {
namespace {

constexpr const char* kKey = "0123456789abcdef0123456789abcd42";

class Commands : public testing::Test {
 protected:
  Commands() {
    // The metadata URI makes the socket's name this test's own.
    const auto* info = testing::UnitTest::GetInstance()->current_test_info();
    context_.environment = {
        {"DD_API_KEY", kKey},
        {"ECS_CONTAINER_METADATA_URI_V4",
         std::string("http://169.254.170.2/v4/") + info->name() + std::to_string(getpid())}};
    context_.out = [this](std::string_view text) { out_ += text; };
    context_.err = [this](std::string_view text) { err_ += text; };
  }
  int call(const std::vector<std::string>& arguments) {
    out_.clear();
    err_.clear();
    Programs programs;
    programs.run = [this](const config::Loaded& loaded) {
      ran_with_ = loaded.settings.api_key;
      return 7;
    };
    programs.check = [this](const config::Loaded&, const CheckArguments& check, const Context&) {
      checked_ = check;
      return 8;
    };
    return dispatch(arguments, context_, programs);
  }
  [[nodiscard]] api::IpcIdentity identity() const {
    return ipc_identity(config::load(context_.environment, ""));
  }

  Context context_;
  std::string out_, err_, ran_with_;
  CheckArguments checked_;
};

TEST_F(Commands, RunHandsTheConfigurationToTheDaemonAndReturnsItsCode) {
  EXPECT_EQ(call({"run"}), 7);
  EXPECT_EQ(ran_with_, kKey);
  EXPECT_EQ(call({"start", "-p", "/nowhere/agent.pid"}), 7);  // a read-only root
  EXPECT_NE(err_.find("/nowhere/agent.pid"), std::string::npos);
}

TEST_F(Commands, RunWithoutAnApiKeyEndsWithOne) {
  for (const char* key : {"", "<YOUR_API_KEY>"}) {
    context_.environment["DD_API_KEY"] = key;
    EXPECT_EQ(call({"run"}), 1);
    EXPECT_EQ(err_.substr(0, 7), "Error: ");
    EXPECT_NE(err_.find("DD_API_KEY"), std::string::npos);
    EXPECT_EQ(ran_with_, "");
  }
}

TEST_F(Commands, HealthPasses) {
  api::TestDaemon daemon(identity(), [](std::string_view request) {
    return api::IpcReply{request == "health" ? 200 : 404,
                         R"({"Healthy":["a","b"],"Unhealthy":null,"Degraded":{"b":"late"}})"};
  });
  EXPECT_EQ(call({"health"}), 0);
  EXPECT_EQ(out_,
            "Agent health: PASS\n=== 2 healthy components ===\na, b\n"
            "=== 1 degraded component ===\nb: late\n");
  EXPECT_EQ(err_, "");
}

TEST_F(Commands, HealthOnATerminalHasOurColoursAndNoOthers) {
  api::TestDaemon daemon(identity(), [](std::string_view) {
    return api::IpcReply{200, R"({"Healthy":["a\u001b[8m"],"Unhealthy":null,"Degraded":null})"};
  });
  context_.colour = true;
  EXPECT_EQ(call({"health"}), 0);
  EXPECT_EQ(out_,
            "Agent health: \x1b[32mPASS\x1b[0m\n\x1b[32m=== 1 healthy component ===\x1b[0m\n"
            "a\\u001b[8m\n");
}

TEST_F(Commands, HealthFailsWithTheNumberOfUnhealthyComponents) {
  api::TestDaemon daemon(identity(), [](std::string_view) {
    return api::IpcReply{200, R"({"Healthy":null,"Unhealthy":["a"],"Degraded":null})"};
  });
  EXPECT_EQ(call({"health"}), 255);
  EXPECT_EQ(out_, "Agent health: FAIL\n=== 1 unhealthy component ===\na\n");
  EXPECT_EQ(err_, "Error: found 1 unhealthy components\n");
}

TEST_F(Commands, HealthWithoutADaemonSaysWhatToDo) {
  EXPECT_EQ(call({"health"}), 255);
  EXPECT_EQ(err_.substr(0, 28), "Error: could not reach agent");
  EXPECT_NE(err_.find("Make sure that the agent is running"), std::string::npos);
  EXPECT_EQ(out_, "");
}

TEST_F(Commands, HealthRefusesAnAnswerThatIsNoReport) {
  api::TestDaemon daemon(identity(), [](std::string_view) { return api::IpcReply{200, "{}"}; });
  EXPECT_EQ(call({"health"}), 255);
  EXPECT_EQ(out_, "");
}

TEST_F(Commands, HealthTakesATimeoutOfSecondsOnly) {
  for (const char* bad : {"0", "-1", "5s", "nan", "1e99", ""}) {
    EXPECT_EQ(call({"health", std::string("--timeout=") + bad}), 255) << bad;
  }
  EXPECT_NE(call({"health", "--timeout=x"}), 0);
  EXPECT_NE(err_.find("--timeout"), std::string::npos);
}

TEST_F(Commands, AnotherApiKeyReachesNothing) {
  api::TestDaemon daemon(identity());
  context_.environment["DD_API_KEY"] = "0123456789abcdef0123456789abcd43";
  EXPECT_EQ(call({"status"}), 255);
  EXPECT_EQ(out_, "");
}

TEST_F(Commands, StatusAsksForFormatAndSection) {
  api::TestDaemon daemon(identity());  // answers with what it was asked
  EXPECT_EQ(call({"status"}), 0);
  EXPECT_EQ(out_, "Getting the status from the agent.\n\necho status?format=text\n");
  EXPECT_EQ(call({"status", "-j"}), 0);
  EXPECT_EQ(out_, "echo status?format=json\n");
  EXPECT_EQ(call({"status", "API Key&x=1", "-p"}), 0);
  EXPECT_EQ(out_, "echo status?format=pretty-json&section=API+Key%26x%3D1\n");
}

TEST_F(Commands, StatusOfAnUnknownSectionFails) {
  api::TestDaemon daemon(identity(), [](std::string_view) {
    return api::IpcReply{404, "no section named x"};
  });
  EXPECT_EQ(call({"status", "x"}), 255);
  EXPECT_EQ(err_, "Error: no section named x\n");
}

TEST_F(Commands, StatusGoesIntoAFile) {
  api::TestDaemon daemon(identity());
  const std::string path = testing::TempDir() + "remora-status-" + std::to_string(getpid());
  EXPECT_EQ(call({"status", "-j", "-o", path}), 0);
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  std::remove(path.c_str());
  EXPECT_EQ(text.str(), "echo status?format=json\n");
  EXPECT_EQ(out_, "");
  EXPECT_EQ(call({"status", "-o", "/nowhere/x"}), 255);
}

TEST_F(Commands, ConfigIsTheDaemonsWhenOneRuns) {
  api::TestDaemon daemon(identity());
  EXPECT_EQ(call({"config"}), 0);
  EXPECT_EQ(out_, "echo config");
  EXPECT_EQ(err_, "");
}

TEST_F(Commands, ConfigWithoutADaemonIsTheEnvironmentsAndSaysSo) {
  context_.environment["DD_SITE"] = "datadoghq.eu";
  EXPECT_EQ(call({"config"}), 0);
  EXPECT_NE(out_.find("datadoghq.eu"), std::string::npos);
  EXPECT_EQ(out_.find(kKey), std::string::npos);
  EXPECT_EQ(err_.substr(0, 20), "No agent is running:");
}

TEST_F(Commands, ConfigSubcommandsAreNotYetSupported) {
  EXPECT_EQ(call({"config", "set", "log_level", "debug"}), 255);
  EXPECT_NE(err_.find("not yet supported"), std::string::npos);
}

TEST_F(Commands, HostnameIsTheConfiguredOneOrAnEmptyLine) {
  EXPECT_EQ(call({"hostname"}), 0);
  EXPECT_EQ(out_, "\n");
  EXPECT_NE(err_.find("DD_HOSTNAME"), std::string::npos);
  context_.environment["DD_HOSTNAME"] = "web-1";
  EXPECT_EQ(call({"hostname"}), 0);
  EXPECT_EQ(out_, "web-1\n");
  EXPECT_EQ(err_, "");
}

TEST_F(Commands, VersionIsOneLine) {
  EXPECT_EQ(call({"version"}), 0);
  EXPECT_EQ(out_.substr(0, 6), "Agent ");
  EXPECT_EQ(out_.find('\n'), out_.size() - 1);
}

TEST_F(Commands, FullVersionListsWhatIsLinkedIn) {
  EXPECT_EQ(call({"version"}), 0);
  const std::string line = out_;
  EXPECT_EQ(call({"version", "--full"}), 0);
  EXPECT_TRUE(out_.starts_with(line));
  for (const core::LinkedPackage& package : core::linked_packages()) {
    const std::string row = "  " + std::string(package.name) + " " + std::string(package.version);
    EXPECT_NE(out_.find(row + "\n"), std::string::npos) << row;
  }
}

TEST_F(Commands, HelpIsNoError) {
  EXPECT_EQ(call({}), 0);
  const std::string overview = out_;
  EXPECT_NE(overview.find("agent [command]"), std::string::npos);
  EXPECT_EQ(call({"help"}), 0);
  EXPECT_EQ(out_, overview);
  EXPECT_EQ(call({"health", "-h"}), 0);
  const std::string health = out_;
  EXPECT_NE(health.find("--timeout"), std::string::npos);
  EXPECT_EQ(call({"help", "health"}), 0);
  EXPECT_EQ(out_, health);
}

TEST_F(Commands, UnknownOnesEndWith255) {
  EXPECT_EQ(call({"healt"}), 255);
  EXPECT_EQ(err_.substr(0, 31), "Error: unknown command \"healt\";");
}

TEST_F(Commands, CheckHandsItsFlagsOn) {
  using std::chrono::milliseconds;
  EXPECT_EQ(call({"check", "redisdb"}), 8);
  EXPECT_EQ(checked_.name, "redisdb");
  EXPECT_EQ(checked_.times, 1);
  EXPECT_EQ(checked_.form, CheckArguments::Form::text);
  EXPECT_EQ(checked_.discovery_timeout, milliseconds(5000));
  EXPECT_EQ(call({"check", "redisdb", "-r"}), 8);
  EXPECT_EQ(checked_.times, 2);
  EXPECT_EQ(checked_.pause, milliseconds(1000));
  EXPECT_EQ(call({"check", "nginx", "--check-times", "5", "--pause", "20", "-d", "7", "--json",
                  "--instance-filter", ".port == 1", "--discovery-timeout=9",
                  "--discovery-min-instances", "2"}),
            8);
  EXPECT_EQ(checked_.times, 5);
  EXPECT_EQ(checked_.pause, milliseconds(20));
  EXPECT_EQ(checked_.delay, milliseconds(7));
  EXPECT_EQ(checked_.instance_filter, ".port == 1");
  EXPECT_EQ(checked_.discovery_timeout, milliseconds(9000));
  EXPECT_EQ(checked_.discovery_min_instances, 2u);
  EXPECT_EQ(checked_.form, CheckArguments::Form::json);
}

TEST_F(Commands, CheckRefusesWhatItCannotRead) {
  for (const std::vector<std::string>& words : {std::vector<std::string>{"check"},
                                                {"check", "a", "b"},
                                                {"check", "a", "-t", "x"},
                                                {"check", "a", "--pause", "-1"},
                                                {"check", "a", "--discovery-timeout", "1h"}}) {
    checked_ = {};
    EXPECT_EQ(call(words), 255);
    EXPECT_TRUE(err_.starts_with("Error: ")) << err_;
    EXPECT_EQ(checked_.name, "");
  }
}

TEST_F(Commands, ConfigCheckPrintsWhatTheDaemonSays) {
  std::string asked;
  api::TestDaemon daemon(identity(), [&](std::string_view request) {
    asked = request;
    return api::IpcReply{200, "=== redisdb check ===\n"};
  });
  EXPECT_EQ(call({"configcheck"}), 0);
  EXPECT_EQ(out_, "=== redisdb check ===\n");
  EXPECT_EQ(asked, "configcheck");
  EXPECT_EQ(call({"checkconfig", "-v"}), 0);
  EXPECT_EQ(asked, "configcheck?verbose=1");
}

}  // namespace
}  // namespace remora::cli
