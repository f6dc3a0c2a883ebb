// Source of field names: aws/amazon-ecs-agent ecs-agent/tmds/handlers/v2/response.go and
// v4/state/response.go; Amazon ECS developer guide, "Task metadata endpoint version 4".
#include <algorithm>
#include <set>
#include <tuple>

#include "ecs/json_walk.hpp"
#include "ecs/warning_list.hpp"
#include "remora/ecs/metadata.hpp"

namespace remora::ecs {
namespace {

// Far above what ECS allows (50 tags, 64 KiB task definitions): nets against a hostile document.
constexpr std::size_t kMaxLabels = 1000;
constexpr std::size_t kMaxTags = 200;
constexpr std::size_t kMaxPorts = 1000;
constexpr std::size_t kMaxNetworks = 64;
constexpr std::size_t kMaxAddresses = 64;
constexpr std::size_t kMaxFaultsPerContainer = 8;

template <class T>
struct TextField {
  std::string_view key;
  std::string T::*member;
};

constexpr TextField<TaskMetadata> kTaskText[] = {
    {"Cluster", &TaskMetadata::cluster},
    {"TaskARN", &TaskMetadata::task_arn},
    {"Family", &TaskMetadata::family},
    {"Revision", &TaskMetadata::revision},
    {"ServiceName", &TaskMetadata::service_name},
    {"AvailabilityZone", &TaskMetadata::availability_zone},
    {"KnownStatus", &TaskMetadata::known_status},
    {"DesiredStatus", &TaskMetadata::desired_status},
};
constexpr TextField<ContainerMetadata> kContainerText[] = {
    {"DockerId", &ContainerMetadata::docker_id},
    {"Name", &ContainerMetadata::name},
    {"DockerName", &ContainerMetadata::docker_name},
    {"Image", &ContainerMetadata::image},
    {"ImageID", &ContainerMetadata::image_id},
    {"KnownStatus", &ContainerMetadata::known_status},
    {"DesiredStatus", &ContainerMetadata::desired_status},
    {"Type", &ContainerMetadata::type},
};

template <class T, std::size_t N>
std::string T::*text_member(const TextField<T> (&fields)[N], std::string_view key) {
  for (const auto& f : fields) {
    if (f.key == key) return f.member;
  }
  return nullptr;
}

enum class Shape : std::uint8_t { unknown, scalar, object, array };

Shape task_shape(std::string_view key) {
  if (text_member(kTaskText, key) != nullptr || key == "LaunchType") return Shape::scalar;
  if (key == "Limits" || key == "EphemeralStorageMetrics" || key == "TaskTags" ||
      key == "ContainerInstanceTags") {
    return Shape::object;
  }
  if (key == "Containers" || key == "Errors") return Shape::array;
  return Shape::unknown;
}

Shape container_shape(std::string_view key) {
  if (text_member(kContainerText, key) != nullptr || key == "StartedAt" || key == "ExitCode" ||
      key == "RestartCount") {
    return Shape::scalar;
  }
  if (key == "Limits" || key == "Labels" || key == "Health") return Shape::object;
  if (key == "Ports" || key == "Networks") return Shape::array;
  return Shape::unknown;
}

LaunchType parse_launch_type(std::string_view text) {
  std::string upper(text);
  for (char& c : upper) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  for (const auto type : {LaunchType::ec2, LaunchType::fargate, LaunchType::managed_instances,
                          LaunchType::external}) {
    if (upper == to_string(type)) return type;
  }
  return LaunchType::unknown;
}

class TaskHandler final : public JsonHandler {
 public:
  std::optional<Error> on_value(const JsonPath& path, const JsonValue& value) override {
    if (value.is_null()) {
      // A null in place of a container is the one null that loses something.
      if (is_container(path)) skip_container("is null");
      return std::nullopt;
    }
    if (path.depth() == 1) {
      if (path[0] == "TaskARN" && !value.is_text()) return arn_not_text();
      task_value(path[0], value);
    } else if (path.depth() == 2 && !is_container(path)) {
      task_member(path, value);
    } else if (is_container(path)) {
      skip_container("is not an object");
    } else if (path[0] == "Errors" && path.depth() == 3 && path.in_array(1)) {
      if (path[2] == "ErrorField" && value.is_text()) error_field_ = shown(value.text);
      if (path[2] == "ErrorCode" && value.is_text()) error_code_ = shown(value.text);
    } else if (container_) {
      container_value(path, value);
    }
    return std::nullopt;
  }

  std::optional<Error> on_open(const JsonPath& path, bool array) override {
    const std::size_t depth = path.depth();
    if (depth == 0) return std::nullopt;
    if (depth == 1) {
      const Shape wanted = task_shape(path[0]);
      if (path[0] == "TaskARN") return arn_not_text();
      if (wanted != Shape::unknown && wanted != (array ? Shape::array : Shape::object)) {
        task_fault(path[0]);
      }
    } else if (is_container(path)) {
      if (array) {
        skip_container("is not an object");
      } else if (++seen_ > kMaxContainers) {
        skip_container("is beyond the limit of 1000 containers");
      } else {
        container_.emplace();
        faults_.clear();
      }
    } else if (path[0] == "Errors" && depth == 2) {
      error_field_.clear();
      error_code_.clear();
    } else if (container_ && depth == 3) {
      const Shape wanted = container_shape(path[2]);
      if (wanted != Shape::unknown && wanted != (array ? Shape::array : Shape::object)) {
        fault(path[2]);
      }
    } else if (container_ && depth == 4 && path.in_array(3) && !array) {
      if (path[2] == "Ports") port_ = Port{};
      if (path[2] == "Networks") network_.emplace();
    } else if (container_ && depth == 4 && path[2] == "Labels") {
      fault("Labels." + shown(path[3]));
    }
    return std::nullopt;
  }

  std::optional<Error> on_close(const JsonPath& path, bool array) override {
    if (array) return std::nullopt;
    if (is_container(path)) {
      finish_container();
    } else if (path.depth() == 2 && path[0] == "Errors" && !error_field_.empty()) {
      task_.tags_complete = false;
      warnings_.add(error_field_ + " could not be read by ECS: " + error_code_);
    } else if (container_ && path.depth() == 4 && path.in_array(3)) {
      if (path[2] == "Ports") finish_port();
      if (path[2] == "Networks") finish_network();
    }
    return std::nullopt;
  }

  Result<TaskMetadata> take() {
    if (task_.task_arn.empty()) return fail(Errc::malformed_payload, "TaskARN is missing");
    std::stable_sort(task_.containers.begin(), task_.containers.end(),
                     [](const ContainerMetadata& a, const ContainerMetadata& b) {
                       return std::tie(a.name, a.docker_id) < std::tie(b.name, b.docker_id);
                     });
    task_.warnings = warnings_.take();
    return std::move(task_);
  }

 private:
  static bool is_container(const JsonPath& path) {
    return path.depth() == 2 && path[0] == "Containers" && path.in_array(1);
  }

  static Error arn_not_text() { return fail(Errc::malformed_payload, "TaskARN is not text"); }
  void task_fault(std::string_view field) {
    warnings_.add("task: " + shown(field) + " has a wrong type");
  }
  void fault(std::string_view field) {
    if (faults_.size() < kMaxFaultsPerContainer) faults_.emplace_back(field);
  }
  void skip_container(std::string_view why) {
    ++task_.malformed_containers;
    warnings_.add("a container entry " + std::string(why) + ": skipped");
  }

  void task_value(std::string_view key, const JsonValue& value) {
    if (std::string TaskMetadata::*member = text_member(kTaskText, key)) {
      if (value.is_text()) {
        (task_.*member).assign(value.text);
      } else if (key == "Revision" && value.as_unsigned()) {
        task_.revision = std::to_string(*value.as_unsigned());
      } else {
        task_fault(key);
      }
    } else if (key == "LaunchType") {
      if (!value.is_text()) return task_fault(key);
      task_.launch_type = parse_launch_type(value.text);
    } else if (task_shape(key) != Shape::unknown && !value.absent()) {
      task_fault(key);
    }
  }

  void task_member(const JsonPath& path, const JsonValue& value) {
    const std::string_view group = path[0];
    const std::string_view key = path[1];
    const auto name = [&] { return std::string(group) + "." + shown(key); };
    if (group == "Limits" && key == "CPU") {
      read_limit(value, task_.cpu_limit_vcpu, [&] { task_fault(name()); });
    } else if (group == "Limits" && key == "Memory") {
      read_count(value, task_.memory_limit_mib, [&] { task_fault(name()); });
    } else if (group == "EphemeralStorageMetrics" && key == "Utilized") {
      read_count(value, task_.ephemeral_utilized_mib, [&] { task_fault(name()); });
    } else if (group == "EphemeralStorageMetrics" && key == "Reserved") {
      read_count(value, task_.ephemeral_reserved_mib, [&] { task_fault(name()); });
    } else if ((group == "TaskTags" || group == "ContainerInstanceTags") && !path.in_array(1)) {
      auto& tags = group == "TaskTags" ? task_.task_tags : task_.container_instance_tags;
      if (!value.is_text()) return task_fault(name());
      if (tags.size() < kMaxTags) {
        tags.insert_or_assign(std::string(key), std::string(value.text));
      } else {
        warnings_.add("task: more than 200 entries in " + std::string(group) + ": " + shown(key) +
                      " skipped");
      }
    }
  }

  void container_value(const JsonPath& path, const JsonValue& value) {
    ContainerMetadata& c = *container_;
    const std::string_view key = path[2];
    const auto depth = path.depth();
    if (depth == 3) {
      container_field(key, value);
    } else if (depth == 4 && key == "Limits") {
      const auto bad = [&] { fault("Limits." + shown(path[3])); };
      if (path[3] == "CPU") read_limit(value, c.cpu_limit_units, bad);
      if (path[3] == "Memory") read_count(value, c.memory_limit_mib, bad);
    } else if (depth == 4 && key == "Labels" && !path.in_array(3)) {
      if (!value.is_text()) {
        fault("Labels." + shown(path[3]));
      } else if (c.labels.size() < kMaxLabels) {
        c.labels.insert_or_assign(std::string(path[3]), std::string(value.text));
      } else {
        fault("Labels (more than 1000)");
      }
    } else if (depth == 4 && key == "Health" && path[3] == "status") {
      read_text(value, c.health, "Health.status");
    } else if (depth == 4 && (key == "Ports" || key == "Networks")) {
      fault(std::string(key) + "[]");
    } else if (depth == 5 && port_) {
      port_field(path[4], value);
    } else if (depth == 5 && network_) {
      if (path[4] == "NetworkMode") {
        read_text(value, network_->mode, "Networks.NetworkMode");
      } else if (path[4] == "IPv4Addresses" || path[4] == "IPv6Addresses") {
        if (!value.absent()) fault("Networks." + std::string(path[4]));
      }
    } else if (depth == 6 && network_ && path.in_array(5)) {
      if (path[4] == "IPv4Addresses") address(network_->ipv4, path[4], value);
      if (path[4] == "IPv6Addresses") address(network_->ipv6, path[4], value);
    }
  }

  void container_field(std::string_view key, const JsonValue& value) {
    ContainerMetadata& c = *container_;
    if (std::string ContainerMetadata::*member = text_member(kContainerText, key)) {
      if (!value.is_text()) return fault(key);
      (c.*member).assign(value.text);
    } else if (key == "StartedAt") {
      if (!value.is_text()) return fault(key);
      c.started_at = parse_rfc3339(value.text);
      if (!c.started_at && !value.text.empty() && !value.text.starts_with("0001-01-01")) fault(key);
    } else if (key == "ExitCode" || key == "RestartCount") {
      const auto n = value.as_signed();
      if (!n) return fault(key);
      (key == "ExitCode" ? c.exit_code : c.restart_count) = *n;
    } else if (container_shape(key) != Shape::unknown && !value.absent()) {
      fault(key);
    }
  }

  void port_field(std::string_view key, const JsonValue& value) {
    if (key == "Protocol") return read_text(value, port_->protocol, "Ports.Protocol");
    if (key != "ContainerPort" && key != "HostPort") return;
    const auto n = value.as_unsigned();
    if (!n || *n > 65535) return fault("Ports." + std::string(key));
    (key == "ContainerPort" ? port_->container_port : port_->host_port) =
        static_cast<std::uint16_t>(*n);
  }

  void address(std::vector<std::string>& list, std::string_view key, const JsonValue& value) {
    if (!value.is_text()) return fault("Networks." + std::string(key));
    if (value.text.empty()) return;
    if (list.size() >= kMaxAddresses) return fault("Networks." + std::string(key) + " (over 64)");
    list.emplace_back(value.text);
  }

  void read_text(const JsonValue& value, std::string& out, std::string_view field) {
    if (!value.is_text()) return fault(field);
    out.assign(value.text);
  }
  template <class OnFault>
  static void read_limit(const JsonValue& value, std::optional<double>& out, OnFault on_fault) {
    const auto n = value.as_double();
    if (n && *n >= 0) {
      out = *n;
    } else if (!value.absent()) {
      on_fault();
    }
  }
  template <class OnFault>
  static void read_count(const JsonValue& value, std::optional<std::uint64_t>& out,
                         OnFault on_fault) {
    if (const auto n = value.as_unsigned()) {
      out = *n;
    } else if (!value.absent()) {
      on_fault();
    }
  }

  void finish_port() {
    if (!port_) return;
    if (port_->container_port != 0) {
      if (container_->ports.size() < kMaxPorts) {
        container_->ports.push_back(std::move(*port_));
      } else {
        fault("Ports (more than 1000)");
      }
    }
    port_.reset();
  }
  void finish_network() {
    if (!network_) return;
    if (container_->networks.size() < kMaxNetworks) {
      container_->networks.push_back(std::move(*network_));
    } else {
      fault("Networks (more than 64)");
    }
    network_.reset();
  }
  void finish_container() {
    if (!container_) return;
    const std::string who =
        "container " + shown(container_->name.empty() ? container_->docker_id : container_->name);
    for (const std::string& field : faults_) warnings_.add(who + ": " + field + " is not usable");
    if (!container_->docker_id.empty() && !ids_.insert(container_->docker_id).second) {
      ++task_.malformed_containers;
      warnings_.add(who + ": DockerId " + shown(container_->docker_id) + " occurs twice: skipped");
    } else {
      if (!faults_.empty()) ++task_.malformed_containers;
      task_.containers.push_back(std::move(*container_));
    }
    container_.reset();
    port_.reset();
    network_.reset();
  }

  TaskMetadata task_;
  WarningList warnings_;
  std::set<std::string> ids_;
  std::size_t seen_ = 0;
  // The entry being read.
  std::optional<ContainerMetadata> container_;
  std::vector<std::string> faults_;
  std::optional<Port> port_;
  std::optional<Network> network_;
  std::string error_field_, error_code_;
};

class OwnIdHandler final : public JsonHandler {
 public:
  std::optional<Error> on_value(const JsonPath& path, const JsonValue& value) override {
    if (path.depth() == 1 && path[0] == "DockerId" && value.is_text()) id_ = value.text;
    return std::nullopt;
  }
  std::optional<Error> on_open(const JsonPath&, bool) override { return std::nullopt; }
  std::optional<Error> on_close(const JsonPath&, bool) override { return std::nullopt; }

  Result<std::string> take() {
    if (id_.empty()) return fail(Errc::malformed_payload, "DockerId is missing or not text");
    return std::move(id_);
  }

 private:
  std::string id_;
};

}  // namespace

Result<TaskMetadata> parse_task(std::string_view body) {
  TaskHandler handler;
  if (auto error = walk_json(body, handler)) return std::move(*error);
  return handler.take();
}

Result<std::string> parse_own_docker_id(std::string_view body) {
  OwnIdHandler handler;
  if (auto error = walk_json(body, handler)) return std::move(*error);
  return handler.take();
}

}  // namespace remora::ecs
