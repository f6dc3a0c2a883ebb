#include "remora/autodiscovery/files.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>

#include "fakes/temporary_directory.hpp"

namespace remora::autodiscovery {
namespace {

namespace fs = std::filesystem;
using Strings = std::vector<std::string>;

std::string line(const Template& one) {
  std::string out = one.check;
  for (const auto& id : one.identifiers) out += " @" + id;
  for (const auto& instance : one.instances) out += " " + instance.json_text();
  out += " init=" + one.init_config.json_text();
  if (!one.logs.is_null()) out += " logs=" + one.logs.json_text();
  return out;
}

Strings lines(const FaultList& faults) {
  Strings out;
  for (const Fault& fault : faults.kept()) out.push_back(to_string(fault));
  return out;
}

struct Case {
  const char* name;
  const char* check;
  std::string text;
  std::string parsed;  // empty = nothing of it runs
  Strings faults;
};
void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

class ParseFile : public testing::TestWithParam<Case> {};
TEST_P(ParseFile, GivesATemplateOrTheReason) {
  FaultList faults;
  const auto parsed = parse_file(GetParam().check, "f.yaml", GetParam().text, {}, faults);
  EXPECT_EQ(parsed ? line(*parsed) : "", GetParam().parsed);
  EXPECT_EQ(lines(faults), GetParam().faults);
}

INSTANTIATE_TEST_SUITE_P(
    Texts, ParseFile,
    testing::Values(
        Case{"AutoConf",
             "redisdb",
             "ad_identifiers:\n  - redis\ninit_config:\ninstances:\n  - host: \"%%host%%\"\n    "
             "port: \"6379\"\n",
             R"(redisdb @redis {"host":"%%host%%","port":"6379"} init={})",
             {}},
        Case{"Static",
             "http_check",
             "instances: [{url: x}, {url: y}]\ninit_config: {a: 1}",
             R"(http_check {"url":"x"} {"url":"y"} init={"a":1})",
             {}},
        Case{"EmptyInstance", "disk", "instances:\n  -\n", "disk {} init={}", {}},
        Case{"LogsOnly",
             "nginx",
             "logs:\n  - {type: file, path: /x}",
             R"(nginx init={} logs=[{"type":"file","path":"/x"}])",
             {}},
        Case{"Alias",
             "redis",
             "instances: [{}]",
             "redisdb {} init={}",
             {"f.yaml: the check of redis is called redisdb; it is run under that name (write: "
              "\"redisdb\")"}},
        Case{"OneIdentifierAsText",
             "a",
             "ad_identifiers: redis\ninstances: [{}]",
             "a @redis {} init={}",
             {"f.yaml: ad_identifiers is a text where a list belongs; it is read as the only one "
              "(write: [\"redis\"])"}},
        Case{"InstancesObject",
             "a",
             "instances: {p: 1}",
             R"(a {"p":1} init={})",
             {"f.yaml: instances is an object where a list of objects belongs; it is read as the "
              "only one (write: [{\"p\":1}])"}},
        Case{"Empty",
             "a",
             "# nothing",
             "",
             {"f.yaml: is empty, not an object with init_config and instances; nothing of this "
              "file runs"}},
        Case{"Broken",
             "a",
             "instances:\n - {password: hunter2\n",
             "",
             {"f.yaml: is not valid YAML: line 2, column 4: a key is missing or not a text; "
              "nothing of this "
              "file runs"}},
        Case{"NoInstances",
             "a",
             "init_config:",
             "",
             {"f.yaml: holds no instances: nothing of this file runs (write: instances: [{}])"}},
        Case{"InstanceIsText",
             "a",
             "instances: [x]",
             "",
             {"f.yaml: element 0 of instances is a text, not an object"}},
        Case{"InitConfigIsText",
             "a",
             "instances: [{}]\ninit_config: x",
             "",
             {"f.yaml: init_config is a text, not an object"}},
        Case{"Identifiers",
             "a",
             "ad_identifiers: {a: b}\ninstances: [{}]",
             "",
             {"f.yaml: ad_identifiers is an object, not a list of texts; nothing of this file "
              "runs"}},
        Case{"IdentifierIsAList",
             "a",
             "ad_identifiers: [[x]]\ninstances: [{}]",
             "",
             {"f.yaml: ad_identifiers holds a list, not a text; nothing of this file runs"}},
        Case{"Kubernetes",
             "a",
             "advanced_ad_identifiers: [{}]\ninstances: [{}]",
             "",
             {"f.yaml: advanced_ad_identifiers name Kubernetes objects; nothing of this file runs "
              "(write: ad_identifiers: [<short image name>])"}},
        Case{"ClusterCheck",
             "a",
             "cluster_check: true\ninstances: [{}]",
             "",
             {"f.yaml: cluster_check: a sidecar runs no cluster checks; the file is left out"}}),
    [](const auto& c) { return c.param.name; });

class Directory : public testing::Test {
 protected:
  void write(const std::string& path, const std::string& text) {
    fs::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << text;
  }
  FileTemplates load(const FileOptions& options = {},
                     std::span<const BuiltInTemplate> built_in = {}) {
    return load_files({root_.string(), (root_ / "missing").string()}, built_in, options);
  }
  Strings loaded(const FileOptions& options = {}, std::span<const BuiltInTemplate> built_in = {}) {
    Strings out;
    for (const Template& one : load(options, built_in).templates) out.push_back(line(one));
    return out;
  }
  fakes::TemporaryDirectory temporary_;
  const fs::path root_ = temporary_.path();
};

TEST_F(Directory, NamesTheCheckByDirectoryOrFile) {
  write("http_check.d/conf.yaml", "instances: [{n: 1}]");
  write("http_check.d/more.yml", "instances: [{n: 2}]");
  write("nginx.yaml", "instances: [{n: 3}]");
  write("tcp_check.yml", "instances: [{n: 4}]");
  EXPECT_EQ(loaded(), (Strings{R"(http_check {"n":1} init={})", R"(http_check {"n":2} init={})",
                               R"(nginx {"n":3} init={})", R"(tcp_check {"n":4} init={})"}));
}

TEST_F(Directory, LeavesOutWhatIsNoConfiguration) {
  write("a.d/conf.yaml.example", "instances: [{}]");
  write("a.d/metrics.yaml", "x: 1");
  write("a.d/deeper/conf.yaml", "instances: [{}]");
  write("plain/conf.yaml", "instances: [{}]");
  write("a.txt", "instances: [{}]");
  write(".yaml", "instances: [{}]");
  const auto files = load();
  EXPECT_TRUE(files.templates.empty());
  EXPECT_EQ(lines(files.faults), Strings{});
}

TEST_F(Directory, ShippedDefaultsGiveWayToTheUsersFile) {
  write("disk.d/conf.yaml.default", "instances: [{n: 1}]");
  write("load.d/conf.yaml.default", "instances: [{n: 2}]");
  write("disk.d/conf.yaml", "instances: [{n: 3}]");
  EXPECT_EQ(loaded(), (Strings{R"(disk {"n":3} init={})", R"(load {"n":2} init={})"}));
}

constexpr std::array<std::string_view, 1> kRedisImages{"redis"}, kMemcachedImages{"memcached"};
constexpr auto kBuiltIn =
    std::to_array<BuiltInTemplate>({{"redisdb", kRedisImages, R"({"built":"in"})"},
                                    {"mcache", kMemcachedImages, R"({"built":"in"})"}});
const std::string kRedis = R"(redisdb @redis {"built":"in"} init={})";
const std::string kMcache = R"(mcache @memcached {"built":"in"} init={})";

TEST_F(Directory, BuiltInTemplatesComeLast) {
  write("a.yaml", "instances: [{}]");
  const auto files = load({}, kBuiltIn);
  ASSERT_EQ(files.templates.size(), 3u);
  EXPECT_EQ(files.templates[0].provider, Provider::file);
  EXPECT_EQ(line(files.templates[1]), kRedis);
  EXPECT_EQ(files.templates[1].provider, Provider::built_in);
}

TEST_F(Directory, IgnoreAutoconfKeepsBothKindsAway) {
  write("mcache.d/auto_conf.yaml", "ad_identifiers: [memcached]\ninstances: [{}]");
  FileOptions options;
  options.ignore_autoconf = {"mcache"};
  EXPECT_EQ(loaded(options, kBuiltIn), Strings{kRedis});
  options.ignore_autoconf = {"redis", "mcache"};  // by the product's name too
  EXPECT_EQ(loaded(options, kBuiltIn), Strings{});
}

TEST_F(Directory, TheUsersAutoConfReplacesTheBuiltInOne) {
  write("redisdb.d/auto_conf.yaml", "ad_identifiers: [valkey]\ninstances: [{}]");
  EXPECT_EQ(loaded({}, kBuiltIn), (Strings{"redisdb @valkey {} init={}", kMcache}));
  write("redisdb.d/conf.yaml", "instances: [{host: fixed}]");
  EXPECT_EQ(loaded({}, kBuiltIn), (Strings{R"(redisdb {"host":"fixed"} init={})",
                                           "redisdb @valkey {} init={}", kMcache}));
}

TEST_F(Directory, ThePublishedLayoutWithRedisYamlWorks) {
  write("redis.yaml", "ad_identifiers:\n  - redis\ninit_config:\ninstances:\n  - host: %%host%%\n");
  EXPECT_EQ(loaded(), Strings{R"(redisdb @redis {"host":"%%host%%"} init={})"});
}

TEST_F(Directory, TheSameFileTwiceCountsOnce) {
  write("a.yaml", "instances: [{n: 1}]");
  write("copy/a.yaml", "instances: [{n: 1}]");
  write("copy/b.yaml", "instances: [{n: 1}]");
  const auto files = load_files({root_.string(), (root_ / "copy").string()}, {}, {});
  ASSERT_EQ(files.templates.size(), 2u);
  EXPECT_EQ(files.templates[0].check, "a");
  EXPECT_EQ(files.templates[1].check, "b");
}

TEST_F(Directory, AFaultyFileStopsNoOther) {
  write("a.yaml", "instances: [");
  write("b.yaml", std::string(1024 * 1024 + 1, '#'));
  write("c.yaml", "instances: [{}]");
  ASSERT_EQ(::mkfifo((root_ / "d.yaml").c_str(), 0600), 0);  // nobody ever writes to it
  const auto files = load();
  ASSERT_EQ(files.templates.size(), 1u);
  EXPECT_EQ(files.templates[0].check, "c");
  EXPECT_EQ(lines(files.faults),
            (Strings{(root_ / "a.yaml").string() +
                         ": is not valid YAML: line 1, column 1; nothing of this file runs",
                     (root_ / "b.yaml").string() +
                         ": is larger than 1048576 bytes; nothing of this file runs",
                     (root_ / "d.yaml").string() +
                         ": cannot be read: not a regular file; nothing of this file runs"}));
}

TEST_F(Directory, FilesHaveALimit) {
  FileOptions options;
  options.max_files = 2;
  for (const char* name : {"a.yaml", "b.yaml", "c.yaml", "d.yaml"}) write(name, "instances: [{}]");
  const auto files = load(options);
  EXPECT_EQ(files.templates.size(), 2u);
  EXPECT_EQ(lines(files.faults),
            Strings{(root_ / "c.yaml").string() +
                    ": more than 2 files: this one and those after it are not read"});
}

}  // namespace
}  // namespace remora::autodiscovery
