#include "remora/ecs/container_filter.hpp"

#include <re2/re2.h>

#include "ecs/warning_list.hpp"

namespace remora::ecs {
namespace {

constexpr std::size_t kMaxItemBytes = 4096;
constexpr std::size_t kMaxItems = 1000;
constexpr std::int64_t kMaxRegexMemory = 1 << 20;  // bytes per compiled regex

// Images of the containers that only hold a network namespace.
// Source: DataDog/datadog-agent pkg/util/containers/filter.go
constexpr std::string_view kPauseImages[] = {
    R"(kubernetes/pause)",
    R"(amazon/amazon-ecs-pause)",
    R"(openshift/origin-pod)",
    R"(.*rhel7/pod-infrastructure)",
    R"(google(_|-)containers/pause.*)",
    R"(.*gcr\.io(.*)/pause.*)",
    R"(.*azureedge\.net(.*)/pause.*)",
    R"((amazonaws\.com/)?eks/pause.*)",
    R"(rancher/pause.*)",
    R"(mcr\.microsoft\.com(.*)/pause.*)",
    R"(aksrepos\.azurecr\.io(.*)/pause.*)",
    R"(kubeletwin/pause.*)",
    R"(ecr(.*)amazonaws\.com/pause.*)",
    R"(upstream/pause.*)",
    R"(cdk/pause.*)",
    R"(giantswarm/pause.*)",
    R"(registry\.k8s\.io/pause.*)",
};

using Regexes = std::vector<std::unique_ptr<RE2>>;

bool matches(const Regexes& regexes, const std::string& text) {
  if (text.empty()) return false;
  for (const auto& regex : regexes) {
    if (RE2::PartialMatch(text, *regex)) return true;
  }
  return false;
}

std::unique_ptr<RE2> compile(std::string_view pattern) {
  RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kMaxRegexMemory);
  return std::make_unique<RE2>(re2::StringPiece(pattern.data(), pattern.size()), options);
}

struct RegexLists {
  Regexes images, names;
};

void parse_items(const std::vector<std::string>& items, std::string_view list, RegexLists& out,
                 std::vector<std::string>& warnings) {
  const auto warn = [&](std::string_view item, std::string_view why) {
    warnings.push_back("container " + std::string(list) + " filter: \"" + shown(item) + "\" " +
                       std::string(why) + "; left out");
  };
  std::size_t taken = 0;
  for (const std::string& item : items) {
    const auto colon = item.find(':');
    const std::string_view prefix = std::string_view(item).substr(0, colon);
    if (item.empty() || prefix == "kube_namespace") continue;  // nothing to match in ECS
    Regexes* target = nullptr;
    if (colon != std::string::npos && prefix == "image") target = &out.images;
    if (colon != std::string::npos && prefix == "name") target = &out.names;
    if (target == nullptr) {
      warn(item, "does not start with image: or name:");
      continue;
    }
    if (item.size() > kMaxItemBytes) {
      warn(item, "is longer than 4096 bytes");
      continue;
    }
    if (++taken > kMaxItems) {
      warn(item, "is beyond the limit of 1000 items");
      break;
    }
    auto regex = compile(std::string_view(item).substr(colon + 1));
    if (!regex->ok()) {
      warn(item, "is not a valid regular expression: " + regex->error());
      continue;
    }
    target->push_back(std::move(regex));
  }
}

}  // namespace

struct ContainerFilter::Impl {
  RegexLists include, exclude;
  Regexes pause;
  bool exclude_pause = false;
};

ContainerFilter::ContainerFilter() : impl_(std::make_shared<const Impl>()) {}

ContainerFilter ContainerFilter::create(const ContainerFilterOptions& options,
                                        std::vector<std::string>& warnings) {
  auto impl = std::make_shared<Impl>();
  parse_items(options.include, "include", impl->include, warnings);
  parse_items(options.exclude, "exclude", impl->exclude, warnings);
  impl->exclude_pause = options.exclude_pause;
  if (options.exclude_pause) {
    for (const std::string_view pattern : kPauseImages) impl->pause.push_back(compile(pattern));
  }
  ContainerFilter filter;
  filter.impl_ = std::move(impl);
  return filter;
}

bool ContainerFilter::excluded(const ContainerMetadata& c) const {
  const Impl& f = *impl_;
  if (matches(f.include.images, c.image) || matches(f.include.names, c.name) ||
      matches(f.include.names, c.docker_name)) {
    return false;
  }
  if (f.exclude_pause) {
    if (!c.type.empty() && c.type != "NORMAL") return true;
    if (matches(f.pause, c.image)) return true;
  }
  return matches(f.exclude.images, c.image) || matches(f.exclude.names, c.name) ||
         matches(f.exclude.names, c.docker_name);
}

}  // namespace remora::ecs
