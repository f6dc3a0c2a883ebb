// One option at a time, through load_text: what a text becomes and what is said about it.
#include "config/value.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "remora/config/load.hpp"

namespace remora::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::UnorderedElementsAre;
using Strings = std::vector<std::string>;

Loaded from(const Environment& environment) { return load_text(environment, "", ""); }

struct ListRow {
  const char* name;
  std::string text;
  Strings expected;
  std::size_t warnings;
};
class TagList : public testing::TestWithParam<ListRow> {};
TEST_P(TagList, TakesEveryFormPeopleWrite) {
  const Loaded loaded = from({{"DD_TAGS", GetParam().text}});
  EXPECT_EQ(loaded.settings.tags, GetParam().expected);
  EXPECT_EQ(loaded.warnings.size(), GetParam().warnings) << testing::PrintToString(loaded.warnings);
}
INSTANTIATE_TEST_SUITE_P(
    Forms, TagList,
    testing::Values(ListRow{"Blanks", "env:prod team:x", {"env:prod", "team:x"}, 0},
                    ListRow{"Commas", "env:prod,team:x", {"env:prod", "team:x"}, 0},
                    ListRow{"Both", " env:prod, team:x ,\n a:b,", {"env:prod", "team:x", "a:b"}, 0},
                    ListRow{"Json", R"(["env:prod","team:x y"])", {"env:prod", "team:x y"}, 0},
                    ListRow{"JsonNumbers", R"(["a:b", 7, null])", {"a:b", "7"}, 0},
                    ListRow{
                        "JsonInJson", R"("[\"env:prod\",\"team:x\"]")", {"env:prod", "team:x"}, 1},
                    ListRow{"JsonInAnItem", R"(["[\"env:prod\"]"])", {"env:prod"}, 1},
                    ListRow{"BrokenJson", "['env:prod']", {}, 1},
                    ListRow{"NestedItem", R"(["a:b", ["c"]])", {"a:b"}, 1}),
    [](const auto& row) { return row.param.name; });

TEST(ContainerLists, SplitOnBlanksOnlyBecauseARegexMayHoldCommas) {
  const Loaded loaded = from({{"DD_CONTAINER_EXCLUDE", "name:a{1,2} image:.*"},
                              {"DD_CONTAINER_INCLUDE", R"(["name:b, c"])"}});
  EXPECT_THAT(loaded.settings.container_exclude, ElementsAre("name:a{1,2}", "image:.*"));
  EXPECT_THAT(loaded.settings.container_include, ElementsAre("name:b, c"));
}

TEST(ProxyLists, EachVariableHasItsOwnSeparator) {
  EXPECT_THAT(from({{"NO_PROXY", "a.example, b.example"}}).settings.proxy_no_proxy,
              ElementsAre("a.example", "b.example"));
  EXPECT_THAT(from({{"DD_PROXY_NO_PROXY", "a.example b.example,c"}}).settings.proxy_no_proxy,
              ElementsAre("a.example", "b.example", "c"));
}

TEST(Maps, AreJsonObjects) {
  const Loaded loaded =
      from({{"DD_DOCKER_LABELS_AS_TAGS", R"({"com.example.team": "team", "n": 1})"}});
  EXPECT_THAT(loaded.settings.docker_labels_as_tags,
              UnorderedElementsAre(Pair("com.example.team", "team"), Pair("n", "1")));
  EXPECT_THAT(loaded.warnings, IsEmpty());
  const Loaded bad = from({{"DD_DOCKER_LABELS_AS_TAGS", "com.example.team:team"}});
  EXPECT_THAT(bad.settings.docker_labels_as_tags, IsEmpty());
  EXPECT_THAT(bad.warnings, ElementsAre(HasSubstr("write a JSON object")));
}

TEST(AdditionalEndpoints, AreTrimmedAndFreeOfDuplicates) {
  const Loaded loaded = from(
      {{"DD_ADDITIONAL_ENDPOINTS",
        R"({"https://app.datadoghq.eu": [" k1 ", "k2", "", "k1"], "https://b.example": "k3", "https://none": [""]})"}});
  EXPECT_THAT(loaded.settings.additional_endpoints,
              UnorderedElementsAre(Pair("https://app.datadoghq.eu", ElementsAre("k1", "k2")),
                                   Pair("https://b.example", ElementsAre("k3"))));
  EXPECT_THAT(loaded.warnings, ElementsAre(HasSubstr("https://none")));
}

TEST(AdditionalEndpoints, AreNeverShownWhenTheyDoNotParse) {
  const Loaded loaded = from({{"DD_ADDITIONAL_ENDPOINTS", R"({"https://b.example": ["s3cr3t)"}});
  ASSERT_EQ(loaded.warnings.size(), 1u);
  EXPECT_EQ(loaded.warnings[0].find("s3cr3t"), std::string::npos) << loaded.warnings[0];
}

TEST(JsonArrays, AreKeptAsText) {
  const Loaded loaded = from({{"DD_DOGSTATSD_MAPPER_PROFILES", R"( [ {"name":"a", "n": 1} ] )"}});
  EXPECT_EQ(loaded.settings.dogstatsd_mapper_profiles, R"([{"n":1,"name":"a"}])");
  EXPECT_THAT(loaded.warnings, IsEmpty());
}

TEST(JsonArrays, MayBeListsOfTheFile) {
  const Loaded loaded = load_text(
      {}, "metric_tag_filterlist:\n  - metric_name: a\n    action: include\n    tags: [x, y]\n",
      "f");
  EXPECT_EQ(loaded.settings.metric_tag_filterlist,
            R"([{"action":"include","metric_name":"a","tags":["x","y"]}])");
  EXPECT_THAT(loaded.warnings, IsEmpty());
}

TEST(JsonArrays, EncodedTwiceAreUnwrapped) {
  const Loaded loaded = from({{"DD_METRIC_TAG_FILTERLIST", R"("[{\"metric_name\":\"a\"}]")"}});
  EXPECT_EQ(loaded.settings.metric_tag_filterlist, R"([{"metric_name":"a"}])");
  EXPECT_THAT(loaded.warnings, ElementsAre(HasSubstr("encode it once")));
}

TEST(JsonArrays, AreBoundedInDepthAndLength) {
  const std::string deep = std::string(40, '[') + std::string(40, ']');
  const std::string deeper = std::string(100'000, '[') + std::string(100'000, ']');
  const std::string longer = "[\"" + std::string(300'000, 'x') + "\"]";
  for (const std::string& text : {deep, deeper, longer}) {
    const Loaded loaded = from({{"DD_DOGSTATSD_MAPPER_PROFILES", text}});
    EXPECT_EQ(loaded.settings.dogstatsd_mapper_profiles, "");
    ASSERT_EQ(loaded.warnings.size(), 1u);
    EXPECT_LT(loaded.warnings[0].size(), 400u);
  }
}

TEST(EmptyTexts, OfTheFileSwitchASocketOff) {
  EXPECT_EQ(from({{"DD_DOGSTATSD_SOCKET", ""}}).settings.dogstatsd_socket,
            Settings{}.dogstatsd_socket);
  const auto socket = [](const char* yaml) {
    return load_text({}, yaml, "f").settings.dogstatsd_socket;
  };
  EXPECT_EQ(socket("dogstatsd_socket: \"\"\n"), "");
  EXPECT_EQ(socket("dogstatsd_socket:\n"), Settings{}.dogstatsd_socket);
  EXPECT_EQ(load_text({}, "bind_host: \"\"\n", "f").settings.bind_host, "localhost");
}

TEST(SecondSpellings, CountInTheFileAndInTheEnvironment) {
  EXPECT_THAT(load_text({}, "statsd_metric_namespace_blocklist: [a]\n", "f")
                  .settings.statsd_metric_namespace_blacklist,
              ElementsAre("a"));
  EXPECT_THAT(from({{"DD_STATSD_METRIC_NAMESPACE_BLOCKLIST", "a b"}})
                  .settings.statsd_metric_namespace_blacklist,
              ElementsAre("a", "b"));
}

struct BadRow {
  const char* name;
  const char* variable;
  const char* text;
  const char* accepted;  ///< part of the warning
};
class BadValue : public testing::TestWithParam<BadRow> {};
TEST_P(BadValue, LeavesTheDefaultAndSaysWhatIsAccepted) {
  const Loaded loaded = from({{GetParam().variable, GetParam().text}});
  EXPECT_EQ(dump(loaded), dump(from({})));
  EXPECT_THAT(loaded.warnings,
              ElementsAre(testing::AllOf(HasSubstr(GetParam().variable), HasSubstr(GetParam().text),
                                         HasSubstr(GetParam().accepted))));
}
INSTANTIATE_TEST_SUITE_P(
    Values, BadValue,
    testing::Values(
        BadRow{"Boolean", "DD_SKIP_SSL_VALIDATION", "yes", "true or false"},
        BadRow{"Port", "DD_HEALTH_PORT", "70000", "0 to 65535"},
        BadRow{"NegativePort", "DD_HEALTH_PORT", "-1", "0 to 65535"},
        BadRow{"NoNumber", "DD_HEALTH_PORT", "5555/tcp", "0 to 65535"},
        BadRow{"Cardinality", "DD_CHECKS_TAG_CARDINALITY", "medium", "low, orchestrator, high"},
        BadRow{"Compressor", "DD_SERIALIZER_COMPRESSOR_KIND", "lz4", "zstd, gzip, zlib"},
        BadRow{"LogLevel", "DD_LOG_LEVEL", "verbose", "trace, debug, info"},
        BadRow{"ZstdLevel", "DD_SERIALIZER_ZSTD_COMPRESSOR_LEVEL", "23", "1 to 22"},
        BadRow{"Size", "DD_SERIALIZER_MAX_SERIES_PAYLOAD_SIZE", "0", "1 or more"},
        BadRow{"TooShort", "DD_FORWARDER_TIMEOUT", "500ms", "1 to 3600 seconds"},
        BadRow{"Nanoseconds", "DD_ECS_METADATA_RETRY_INITIAL_INTERVAL", "500",
               "counts nanoseconds"},
        BadRow{"NoDuration", "DD_ECS_METADATA_TIMEOUT", "soon", "milliseconds"},
        BadRow{"BackoffFactor", "DD_FORWARDER_BACKOFF_FACTOR", "1", "2 to 1000"},
        BadRow{"UdpPort", "DD_DOGSTATSD_PORT", "65536", "0 to 65535"},
        BadRow{"NoJson", "DD_DOGSTATSD_MAPPER_PROFILES", "[{]", "JSON array"},
        BadRow{"NoArray", "DD_METRIC_TAG_FILTERLIST", "{}", "JSON array"},
        BadRow{"OriginCardinality", "DD_DOGSTATSD_TAG_CARDINALITY", "full", "high, none"},
        BadRow{"BufferSize", "DD_DOGSTATSD_BUFFER_SIZE", "8", "256 to 262144"},
        BadRow{"TlsVersion", "DD_MIN_TLS_VERSION", "1.2", "tlsv1.2"}),
    [](const auto& row) { return row.param.name; });

TEST(Durations, BareNumbersCountInTheUnitOfTheirKey) {
  const Loaded loaded = from({{"DD_FORWARDER_TIMEOUT", "30"},
                              {"DD_ECS_METADATA_TIMEOUT", "1500"},
                              {"DD_FORWARDER_APIKEY_VALIDATION_INTERVAL", "15"},
                              {"DD_STOP_TIMEOUT", "8"},
                              {"DD_ECS_METADATA_RETRY_MAX_ELAPSED_TIME", "2000000000"}});
  EXPECT_EQ(loaded.settings.forwarder_timeout.count(), 30);
  EXPECT_EQ(loaded.settings.ecs_metadata_timeout.count(), 1500);
  EXPECT_EQ(loaded.settings.forwarder_apikey_validation_interval.count(), 15);
  EXPECT_EQ(loaded.settings.stop_timeout.count(), 8000);
  EXPECT_EQ(loaded.settings.ecs_metadata_retry_max_elapsed_time.count(), 2000);
  EXPECT_THAT(loaded.warnings, IsEmpty());
}

TEST(Durations, UnitsAreConverted) {
  const Loaded loaded = from({{"DD_FORWARDER_TIMEOUT", "1m30s"}, {"DD_STOP_TIMEOUT", "2500ms"}});
  EXPECT_EQ(loaded.settings.forwarder_timeout.count(), 90);
  EXPECT_EQ(loaded.settings.stop_timeout.count(), 2500);
}

TEST(Words, AreTakenInAnyCase) {
  const Loaded loaded = from({{"DD_LOG_LEVEL", "DEBUG"}, {"DD_ECS_DEPLOYMENT_MODE", "Sidecar"}});
  EXPECT_EQ(loaded.settings.log_level, "debug");
  EXPECT_EQ(loaded.settings.ecs_deployment_mode, "sidecar");
}

TEST(SecretReferences, AreNamedAndLeaveTheDefault) {
  const Loaded loaded = from({{"DD_PROXY_HTTPS", "ENC[proxy_url]"}});
  EXPECT_EQ(loaded.settings.proxy_https, "");
  EXPECT_THAT(loaded.warnings, ElementsAre(testing::AllOf(HasSubstr("DD_PROXY_HTTPS"),
                                                          HasSubstr("not resolved yet"))));
}

TEST(DeprecatedQueueSize, CountsPayloadsOfTwoMebibytes) {
  const Loaded loaded = from({{"DD_FORWARDER_RETRY_QUEUE_MAX_SIZE", "30"}});
  EXPECT_EQ(loaded.settings.forwarder_retry_queue_payloads_max_size, 62'914'560);
  EXPECT_THAT(loaded.warnings, ElementsAre(HasSubstr("62914560")));
}

TEST(Warnings, HideAKeyPastedIntoTheWrongVariable) {
  const Loaded loaded = from({{"DD_HEALTH_PORT", "0123456789abcdef0123456789abcdef"}});
  EXPECT_THAT(loaded.warnings, ElementsAre(HasSubstr("\"***\"")));
}

}  // namespace
}  // namespace remora::config
