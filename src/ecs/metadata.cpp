#include "remora/ecs/metadata.hpp"

#include <algorithm>
#include <tuple>

namespace remora::ecs {
namespace {

std::string_view after_last_slash(std::string_view text) {
  const auto slash = text.rfind('/');
  return slash == std::string_view::npos ? text : text.substr(slash + 1);
}

/// Field `n` of arn:partition:service:region:account:resource. Any partition that starts with
/// "aws" counts (aws-cn, aws-us-gov).
std::string_view arn_field(std::string_view arn, std::size_t n) {
  if (!arn.starts_with("arn:aws")) return {};
  std::string_view field;
  for (std::size_t i = 0; i <= n; ++i) {
    const auto colon = arn.find(':');
    if (colon == std::string_view::npos) return {};  // the resource follows every field we read
    field = arn.substr(0, colon);
    arn.remove_prefix(colon + 1);
  }
  return field;
}

/// Two or more digits at `at`, as a number; -1 when they are none.
int digits(std::string_view text, std::size_t at, std::size_t count) {
  if (at + count > text.size()) return -1;
  int n = 0;
  for (std::size_t i = at; i < at + count; ++i) {
    if (text[i] < '0' || text[i] > '9') return -1;
    n = n * 10 + (text[i] - '0');
  }
  return n;
}

}  // namespace

std::string_view to_string(LaunchType type) {
  switch (type) {
    case LaunchType::ec2:
      return "EC2";
    case LaunchType::fargate:
      return "FARGATE";
    case LaunchType::managed_instances:
      return "MANAGED_INSTANCES";
    case LaunchType::external:
      return "EXTERNAL";
    case LaunchType::unknown:
      break;
  }
  return "UNKNOWN";
}

std::string TaskMetadata::cluster_name() const { return std::string(after_last_slash(cluster)); }
std::string TaskMetadata::task_id() const { return std::string(after_last_slash(task_arn)); }
std::string TaskMetadata::region() const { return std::string(arn_field(task_arn, 3)); }
std::string TaskMetadata::account() const { return std::string(arn_field(task_arn, 4)); }

const ContainerMetadata* TaskMetadata::find(std::string_view docker_id) const {
  if (docker_id.empty()) return nullptr;
  const auto it = std::find_if(containers.begin(), containers.end(),
                               [&](const auto& c) { return c.docker_id == docker_id; });
  return it == containers.end() ? nullptr : &*it;
}

bool TaskMetadata::same_as(const TaskMetadata& other) const {
  const auto identity = [](const TaskMetadata& t) {
    return std::tie(t.cluster, t.task_arn, t.family, t.revision, t.service_name,
                    t.availability_zone, t.known_status, t.desired_status, t.launch_type,
                    t.cpu_limit_vcpu, t.memory_limit_mib, t.task_tags, t.container_instance_tags,
                    t.containers, t.own_docker_id);
  };
  return identity(*this) == identity(other);
}

std::optional<core::WallTime> parse_rfc3339(std::string_view text) {
  using namespace std::chrono;
  if (text.size() < 20) return std::nullopt;
  const int y = digits(text, 0, 4);
  const int mo = digits(text, 5, 2);
  const int d = digits(text, 8, 2);
  const int h = digits(text, 11, 2);
  const int mi = digits(text, 14, 2);
  const int s = digits(text, 17, 2);
  const bool separators = text[4] == '-' && text[7] == '-' &&
                          (text[10] == 'T' || text[10] == 't') && text[13] == ':' &&
                          text[16] == ':';
  // 60 is a leap second. Between two of these years 64 bits of nanoseconds are enough, for
  // differences too; the zero time is year 1.
  if (!separators || h < 0 || h > 23 || mi < 0 || mi > 59 || s < 0 || s > 60) return std::nullopt;
  if (y < 1970 || y > 2261 || mo < 1 || d < 1) return std::nullopt;
  const year_month_day date{year(y), month(static_cast<unsigned>(mo)),
                            day(static_cast<unsigned>(d))};
  if (!date.ok()) return std::nullopt;

  std::size_t at = 19;
  std::int64_t fraction = 0;
  if (text[at] == '.') {
    ++at;
    std::int64_t unit = 100'000'000;
    const std::size_t first = at;
    while (at < text.size() && text[at] >= '0' && text[at] <= '9') {
      fraction += (text[at] - '0') * unit;
      unit /= 10;
      ++at;
    }
    if (at == first || at - first > 9) return std::nullopt;
  }
  const std::string_view zone = text.substr(at);
  minutes offset{0};
  if (zone != "Z" && zone != "z") {
    if (zone.size() != 6 || (zone[0] != '+' && zone[0] != '-') || zone[3] != ':') {
      return std::nullopt;
    }
    const int oh = digits(zone, 1, 2);
    const int om = digits(zone, 4, 2);
    if (oh < 0 || oh > 23 || om < 0 || om > 59) return std::nullopt;
    offset = hours(oh) + minutes(om);
    if (zone[0] == '-') offset = -offset;
  }
  const auto seconds_part = sys_days(date) + hours(h) + minutes(mi) + seconds(s) - offset;
  return core::WallTime(duration_cast<core::WallTime::duration>(
      duration_cast<nanoseconds>(seconds_part.time_since_epoch()) + nanoseconds(fraction)));
}

}  // namespace remora::ecs
