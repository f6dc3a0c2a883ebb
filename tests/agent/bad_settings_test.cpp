// Bad values of every setting that takes a duration, a port, a URL, a file or a socket: the agent
// says which setting it was, and starts wherever it can work without it.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <boost/asio/io_context.hpp>
#include <cstdlib>
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include "agent/component_options.hpp"
#include "agent/discovery_options.hpp"
#include "agent/dogstatsd_options.hpp"
#include "config/render.hpp"
#include "fakes/fake_clock.hpp"
#include "fakes/temporary_directory.hpp"
#include "remora/api/ipc_auth.hpp"
#include "remora/config/load.hpp"
#include "remora/config/options.hpp"
#include "remora/dogstatsd/capture.hpp"
#include "remora/dogstatsd/listener.hpp"

namespace remora::agent {
namespace {

using config::Environment;
using config::Loaded;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr const char* kKey = "0123456789abcdef0123456789abcdef";

Loaded load(Environment environment) {
  environment.emplace("DD_API_KEY", kKey);
  return config::load_text(environment, "", "");
}
std::string first_name(const config::Option& option) {
  return std::string(option.env.substr(0, option.env.find(' ')));
}

TEST(BadDurations, AreNamedAndChangeNothing) {
  std::size_t durations = 0;
  for (const config::Option& option : config::options()) {
    if (config::type_name(option) != "duration") continue;
    ++durations;
    const std::string usual = config::rendered(option, config::Settings());
    for (const char* text : {"soon", "-5s", "5 parsecs", "1e999", "NaN", "inf", "99999999999h",
                             "99999999999999999999", "5s5", "0x10", "1,5s", "s", "--1"}) {
      const Loaded loaded = load({{first_name(option), text}});
      EXPECT_EQ(config::rendered(option, loaded.settings), usual) << first_name(option) << text;
      EXPECT_THAT(loaded.warnings,
                  ElementsAre(AllOf(HasSubstr(first_name(option)), HasSubstr(text))));
    }
  }
  EXPECT_GE(durations, 10u);
}

TEST(BadPorts, AreNamedAndChangeNothing) {
  std::size_t ports = 0;
  for (const config::Option& option : config::options()) {
    if (!option.env.ends_with("_PORT")) continue;
    ++ports;
    for (const char* text : {"65536", "-1", "http", "80/tcp", "1e3x", "99999999999999999999"}) {
      const Loaded loaded = load({{first_name(option), text}});
      EXPECT_EQ(config::rendered(option, loaded.settings),
                config::rendered(option, config::Settings()));
      EXPECT_THAT(loaded.warnings,
                  ElementsAre(AllOf(HasSubstr(first_name(option)), HasSubstr(text))));
    }
  }
  EXPECT_EQ(ports, 3u);
}

/// What one setting does to the component that reads it.
struct Outcome {
  bool starts = true;
  std::string said;  ///< warnings and the error, one line each
};

class BadSettings : public testing::Test {
 protected:
  BadSettings() {
    std::ofstream(directory_.path("empty"));
    std::ofstream(directory_.path("words")) << "no certificate";
    std::ofstream(directory_.path("large")) << std::string(5000, 'x');
    EXPECT_EQ(::mkfifo(directory_.path("fifo").c_str(), 0600), 0);
    EXPECT_EQ(::mkdir(directory_.path("dir").c_str(), 0700), 0);
  }
  /// Builds what the settings are for. A FIFO that somebody waits for would hang here.
  Outcome start(const Environment& environment) {
    const Loaded loaded = load(environment);
    const config::Settings& settings = loaded.settings;
    std::vector<std::string> said = loaded.warnings;
    Outcome outcome;
    const auto stops = [&](const Error& error) {
      outcome.starts = false;
      said.push_back(error.message());
    };
    if (auto domains = intake_domains(settings, said); !domains) stops(domains.error());
    if (auto client = client_options(settings); !client) {
      stops(client.error());
    } else {
      asio::io_context io;
      const auto http = net::BeastClient::create(io.get_executor(), std::move(*client));
      if (!http) stops(http.error());
    }
    if (!settings.ecs_metadata_uri_v4.empty()) {
      if (auto metadata = metadata_options(settings); !metadata) stops(metadata.error());
    }
    auto dogstatsd = dogstatsd_options(settings, {}, said);
    dogstatsd.listeners.any_free_port = settings.dogstatsd_port != 0;
    telemetry::DogstatsdCounters counters;
    (void)dogstatsd::Listeners::open(dogstatsd.listeners, counters, said);
    for (const std::string& line : said) outcome.said += line + "\n";
    return outcome;
  }
  void expect(const Environment& environment, bool starts, const std::string& word) {
    Environment all = environment;
    all.emplace("DD_DOGSTATSD_SOCKET", "off");
    all.emplace("DD_DOGSTATSD_PORT", "0");
    const Outcome outcome = start(all);
    const std::string what = environment.begin()->first + "=" + environment.begin()->second;
    EXPECT_EQ(outcome.starts, starts) << what << ": " << outcome.said;
    EXPECT_THAT(outcome.said, HasSubstr(word)) << what;
  }
  std::string at(const char* name) const { return directory_.path(name); }

  fakes::TemporaryDirectory directory_;
};

TEST_F(BadSettings, Urls) {
  for (const char* url :
       {"http://", "http://h:99999", "http://a b", "http://[::1", "http://h:port"}) {
    expect({{"DD_DD_URL", url}}, false, "DD_DD_URL");
    expect({{"DD_PROXY_HTTP", url}}, false, "DD_PROXY_HTTP");
    expect({{"DD_PROXY_HTTPS", url}}, false, "DD_PROXY_HTTPS");
    expect({{"ECS_CONTAINER_METADATA_URI_V4", url}}, false, "ECS_CONTAINER_METADATA_URI_V4");
    // One of several: the others and the main intake go on.
    expect({{"DD_ADDITIONAL_ENDPOINTS", std::string("{\"") + url + "\":[\"k\"]}"}}, true,
           "DD_ADDITIONAL_ENDPOINTS");
  }
  expect({{"DD_ADDITIONAL_ENDPOINTS", "https://app.datadoghq.eu"}}, true,
         "DD_ADDITIONAL_ENDPOINTS");
  expect({{"DD_PROXY_HTTPS", "socks5://proxy:1080"}}, false, "DD_PROXY_HTTPS");
}

TEST_F(BadSettings, APasswordInABadUrlIsNotRepeated) {
  for (const char* name : {"DD_DD_URL", "DD_PROXY_HTTP", "DD_PROXY_HTTPS"}) {
    const Outcome outcome =
        start({{name, "http://user:hunter2@:99999"}, {"DD_DOGSTATSD_SOCKET", "off"}});
    EXPECT_THAT(outcome.said, AllOf(HasSubstr(name), Not(HasSubstr("hunter2"))));
  }
}

TEST_F(BadSettings, FilesOfCertificates) {
  for (const char* name : {"DD_TLS_CERT_FILE", "SSL_CERT_FILE"}) {
    for (const char* file : {"missing", "dir", "empty", "words", "fifo"}) {
      expect({{name, at(file)}}, false, at(file));
    }
  }
  // Looked at with the first https request, and none of ours is known then: nothing to say at
  // start.
  expect({{"SSL_CERT_DIR", at("missing")}}, true, "");
}

TEST_F(BadSettings, ATokenFileThatIsNoneLeavesTheApiKey) {
  for (const char* file : {"missing", "dir", "empty", "large", "fifo"}) {
    const Loaded loaded = load({{"DD_AUTH_TOKEN_FILE_PATH", at(file)}});
    const auto identity =
        api::ipc_identity(loaded.settings.api_key, loaded.settings.auth_token_file_path, "");
    EXPECT_EQ(identity.secret, kKey) << file;
  }
}

TEST_F(BadSettings, ADirectoryOfChecksThatIsNoneIsEmpty) {
  const std::size_t built_in = built_in_templates().size();
  for (const char* name : {"missing", "empty", "fifo", "dir"}) {
    DiscoveryOptions options = discovery_options(load({{"DD_CONFD_PATH", at(name)}}), {}, {}, {});
    options.directories.resize(1);  // not the /conf.d of this machine
    EXPECT_EQ(load_templates(options).templates.size(), built_in) << name;
  }
}

TEST_F(BadSettings, ACaptureSaysThatItsDirectoryIsNone) {
  const fakes::FakeClock clock;
  for (const char* name : {"missing", "empty", "fifo"}) {
    dogstatsd::CaptureOptions options;
    options.directory =
        load({{"DD_DOGSTATSD_CAPTURE_PATH", at(name)}}).settings.dogstatsd_capture_path;
    dogstatsd::Capture capture(options, clock);
    const auto started = capture.start({});
    ASSERT_FALSE(started) << name;
    EXPECT_THAT(started.error().message(), HasSubstr(at(name)));
    EXPECT_FALSE(capture.running());
  }
}

TEST_F(BadSettings, ALogFileThatCannotBeWrittenIsToldAndTheLogGoesOn) {
  for (const char* name : {"words/log", "dir"}) {
    EXPECT_EXIT(
        {
          core::start_logging(log_options(load({{"DD_LOG_FILE", at(name)}}).settings));
          core::Logger("test").info("still here");
          core::stop_logging(std::chrono::seconds(5));
          std::exit(0);
        },
        testing::ExitedWithCode(0), AllOf(HasSubstr(at(name)), HasSubstr("still here")));
  }
}

TEST_F(BadSettings, Sockets) {
  const std::string too_long = "/tmp/" + std::string(120, 's');
  for (const char* name : {"DD_DOGSTATSD_SOCKET", "DD_DOGSTATSD_STREAM_SOCKET"}) {
    expect({{name, "0.0.0.0:8125"}}, true, "not an absolute path");
    expect({{name, "relative/dsd.socket"}}, true, "not an absolute path");
    expect({{name, too_long}}, true, too_long);
    expect({{name, at("dir")}}, true, at("dir"));
    expect({{name, at("words")}}, true, at("words"));
    expect({{name, at("words") + "/dsd.socket"}}, true, at("words"));
  }
  // What stood there is still there.
  std::string text;
  std::getline(std::ifstream(at("words")), text);
  EXPECT_EQ(text, "no certificate");
}

TEST_F(BadSettings, HostsToListenOn) {
  expect({{"DD_BIND_HOST", "192.0.2.1"}, {"DD_DOGSTATSD_PORT", "8125"}}, true, "192.0.2.1");
  expect({{"DD_STATSD_FORWARD_HOST", "copy"}}, true, "DD_STATSD_FORWARD_PORT");
}

/// Every setting that names a file, a socket or a URL stands in a test above.
TEST(BadSettingsTable, IsComplete) {
  const std::set<std::string> tested{
      "DD_DD_URL",
      "DD_PROXY_HTTP",
      "DD_PROXY_HTTPS",
      "DD_TLS_CERT_FILE",
      "SSL_CERT_FILE",
      "SSL_CERT_DIR",
      "DD_CONFD_PATH",
      "DD_AUTH_TOKEN_FILE_PATH",
      "DD_ADDITIONAL_ENDPOINTS",
      "DD_LOG_FILE",
      "DD_DOGSTATSD_SOCKET",
      "DD_DOGSTATSD_STREAM_SOCKET",
      "DD_BIND_HOST",
      "DD_STATSD_FORWARD_HOST",
      "DD_DOGSTATSD_CAPTURE_PATH",
      "DD_AD_ALLOWED_FILE_PATHS",  // folders: looked at when a label names a file
      "DD_HOSTNAME",               // a text: no file and no place to connect to
      "ECS_CONTAINER_METADATA_URI_V4"};
  for (const config::Option& option : config::options()) {
    const std::string name = first_name(option);
    for (const char* part :
         {"URL", "URI", "_FILE", "PATH", "_DIR", "SOCKET", "ENDPOINTS", "HOST", "PROXY_HTTP"}) {
      const auto type = config::type_name(option);
      if (name.find(part) == std::string::npos || type == "boolean" || type == "duration") continue;
      EXPECT_TRUE(tested.contains(name)) << name;
    }
  }
}

}  // namespace
}  // namespace remora::agent
