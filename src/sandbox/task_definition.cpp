#include "sandbox/task_definition.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

namespace remora::sandbox {
namespace {

using Json = nlohmann::json;

/// Walks a text without keeping anything but the place of the first mistake.
struct MistakeFinder final : nlohmann::json_sax<Json> {
  std::size_t position = 0;  // 1-based byte after which the text stops being JSON

  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool start_object(std::size_t) override { return true; }
  bool key(string_t&) override { return true; }
  bool end_object() override { return true; }
  bool start_array(std::size_t) override { return true; }
  bool end_array() override { return true; }
  bool parse_error(std::size_t at, const std::string&, const Json::exception&) override {
    position = at;
    return false;
  }
};

Error broken_json(std::string_view text, std::size_t position) {
  const std::size_t end = std::min(position > 0 ? position - 1 : 0, text.size());
  const std::string_view before = text.substr(0, end);
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const std::size_t last_newline = before.rfind('\n');
  const std::size_t column =
      1 + (last_newline == std::string_view::npos ? end : end - last_newline - 1);
  std::string hint;
  const std::size_t previous = before.find_last_not_of(" \t\r\n");
  if (end < text.size() && (text[end] == '}' || text[end] == ']') &&
      previous != std::string_view::npos && before[previous] == ',')
    hint = " (a comma before the closing bracket?)";
  return fail(Errc::invalid_config, "not valid JSON at line " + std::to_string(line) + ", column " +
                                        std::to_string(column) + hint);
}

/// Reads fields of one JSON object; the first wrong type is kept as the error.
class Fields {
 public:
  Fields(const Json& object, std::string where) : object_(object), where_(std::move(where)) {}

  const Json* find(const char* key) const {
    const auto it = object_.find(key);
    return it == object_.end() || it->is_null() ? nullptr : &*it;
  }
  std::string text(const char* key) {
    const Json* value = find(key);
    if (value == nullptr) return {};
    if (value->is_string()) return value->get<std::string>();
    wrong(key, "text");
    return {};
  }
  /// ECS writes task level sizes as text, container level sizes as numbers; both are taken.
  std::optional<double> number(const char* key) {
    const Json* value = find(key);
    if (value == nullptr) return std::nullopt;
    if (value->is_number()) return value->get<double>();
    if (value->is_string()) {
      const auto& text = value->get_ref<const std::string&>();
      double parsed = 0;
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), parsed);
      if (error == std::errc{} && parsed >= 0) {
        const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
        if (unit.empty()) return parsed;
        // "0.5 vCPU" and "1 GB": forms the console writes.
        if (unit == " vCPU" || unit == " vcpu" || unit == "vCPU" || unit == " GB" || unit == "GB")
          return parsed * 1024;
      }
    }
    wrong(key, "a number");
    return std::nullopt;
  }
  const Json& array(const char* key) {
    const Json* value = find(key);
    if (value != nullptr && value->is_array()) return *value;
    if (value != nullptr) wrong(key, "a list");
    return kEmptyArray;
  }
  void wrong(const std::string& key, const char* wanted) {
    if (!error_)
      error_ = fail(Errc::invalid_config,
                    (where_.empty() ? "" : where_ + ": ") + key + " must be " + wanted);
  }
  [[nodiscard]] const std::optional<Error>& error() const { return error_; }
  void error(std::optional<Error> e) {
    if (!error_) error_ = std::move(e);
  }

 private:
  inline static const Json kEmptyArray = Json::array();
  const Json& object_;
  std::string where_;
  std::optional<Error> error_;
};

std::optional<std::uint64_t> mebibytes(std::optional<double> value) {
  if (!value || !(*value > 0) || *value > 1e12) return std::nullopt;
  return static_cast<std::uint64_t>(*value);
}

void read_environment(Fields& in, ContainerDefinition& out) {
  for (const Json& entry : in.array("environment")) {
    if (!entry.is_object() || !entry.contains("name") || !entry["name"].is_string()) {
      in.wrong("environment", "a list of {\"name\": …, \"value\": …}");
      return;
    }
    const auto& name = entry["name"].get_ref<const std::string&>();
    const auto value = entry.find("value");
    if (value != entry.end() && !value->is_string()) {
      in.wrong("environment " + name + ": value", "text (put it in quotes)");
      return;
    }
    out.environment.emplace_back(name, value == entry.end() ? "" : value->get<std::string>());
  }
  for (const Json& entry : in.array("secrets")) {
    if (!entry.is_object() || !entry.contains("name") || !entry["name"].is_string()) {
      in.wrong("secrets", "a list of {\"name\": …, \"valueFrom\": …}");
      return;
    }
    out.secrets.push_back(entry["name"].get<std::string>());
  }
}

void read_labels(Fields& in, ContainerDefinition& out) {
  const Json* labels = in.find("dockerLabels");
  if (labels == nullptr) return;
  if (!labels->is_object()) {
    in.wrong("dockerLabels", "an object");
    return;
  }
  for (const auto& [key, value] : labels->items()) {
    if (!value.is_string()) {
      in.wrong("dockerLabels " + key, "text (JSON inside a label is written as quoted text)");
      return;
    }
    out.labels.emplace(key, value.get<std::string>());
  }
}

void read_ports_and_health(Fields& in, ContainerDefinition& out) {
  for (const Json& entry : in.array("portMappings")) {
    if (!entry.is_object()) continue;
    const auto port = entry.find("containerPort");
    if (port == entry.end() || !port->is_number_unsigned() || *port < 1 || *port > 65535) {
      in.wrong("portMappings: containerPort", "a port (1-65535)");
      return;
    }
    const auto protocol = entry.find("protocol");
    out.ports.push_back(
        {port->get<std::uint16_t>(), protocol != entry.end() && protocol->is_string()
                                         ? protocol->get<std::string>()
                                         : std::string("tcp")});
  }
  const Json* check = in.find("healthCheck");
  if (check != nullptr && !check->is_object()) {
    in.wrong("healthCheck", "an object");
  } else if (check != nullptr) {
    const auto command = check->find("command");
    if (command == check->end() || !command->is_array() || command->empty())
      return in.wrong("healthCheck.command", "a list of texts");
    for (const Json& word : *command) {
      if (!word.is_string()) return in.wrong("healthCheck.command", "a list of texts");
      out.health_check.push_back(word.get<std::string>());
    }
  }
  const Json* logging = in.find("logConfiguration");
  if (logging != nullptr && logging->is_object()) {
    Fields log(*logging, "logConfiguration");
    out.log_driver = log.text("logDriver");
    in.error(log.error());
  }
}

Result<ContainerDefinition> read_container(const Json& entry, std::size_t index) {
  const std::string position = "containerDefinitions[" + std::to_string(index) + "]";
  if (!entry.is_object()) return fail(Errc::invalid_config, position + " must be an object");
  const auto name = entry.find("name");
  if (name == entry.end() || !name->is_string() || name->get_ref<const std::string&>().empty())
    return fail(Errc::invalid_config, position + ": name is missing");

  ContainerDefinition out;
  out.name = name->get<std::string>();
  Fields in(entry, "container " + out.name);
  out.image = in.text("image");
  const Json* essential = in.find("essential");
  if (essential != nullptr && !essential->is_boolean())
    in.wrong("essential", "true or false");
  else if (essential != nullptr)
    out.essential = essential->get<bool>();
  out.cpu_units = in.number("cpu");
  out.memory_mib = mebibytes(in.number("memory"));
  read_environment(in, out);
  read_labels(in, out);
  read_ports_and_health(in, out);
  if (in.error()) return *in.error();
  if (out.image.empty())
    return fail(Errc::invalid_config, "container " + out.name + ": image is missing");
  return out;
}

/// The agent is the container named datadog-agent; else the first whose image or variables say so.
std::size_t find_agent(const std::vector<ContainerDefinition>& containers) {
  for (std::size_t i = 0; i < containers.size(); ++i)
    if (containers[i].name == "datadog-agent") return i;
  for (std::size_t i = 0; i < containers.size(); ++i) {
    const auto& c = containers[i];
    if (c.image.find("remora") != std::string::npos ||
        c.image.find("datadog/agent") != std::string::npos ||
        c.image.find("datadoghq/agent") != std::string::npos ||
        (c.variable("DD_API_KEY") != nullptr || c.has_secret("DD_API_KEY")))
      return i;
  }
  return TaskDefinition::kNoAgent;
}

std::string launch_type_of(const Json& compatibilities) {
  constexpr std::array<std::string_view, 4> kKnown{"MANAGED_INSTANCES", "FARGATE", "EC2",
                                                   "EXTERNAL"};
  for (const Json& entry : compatibilities) {
    if (!entry.is_string()) continue;
    const auto& text = entry.get_ref<const std::string&>();
    if (std::find(kKnown.begin(), kKnown.end(), text) != kKnown.end()) return text;
  }
  return "EC2";
}

}  // namespace

const std::string* ContainerDefinition::variable(std::string_view key) const {
  for (const auto& [name, value] : environment)
    if (name == key) return &value;
  return nullptr;
}

bool ContainerDefinition::has_secret(std::string_view key) const {
  return std::find(secrets.begin(), secrets.end(), key) != secrets.end();
}

Result<TaskDefinition> parse_task_definition(std::string_view text) {
  if (text.size() > kMaxDefinitionBytes)
    return fail(Errc::too_large, "larger than 1 MiB: not a task definition");
  MistakeFinder finder;
  if (!Json::sax_parse(text, &finder)) return broken_json(text, finder.position);
  const Json document = Json::parse(text, nullptr, false);
  const Json* root = &document;
  if (root->is_object() && root->contains("taskDefinition")) root = &(*root)["taskDefinition"];
  if (!root->is_object()) return fail(Errc::invalid_config, "not a JSON object");

  TaskDefinition out;
  Fields in(*root, "");
  out.family = in.text("family");
  out.network_mode = in.text("networkMode");
  if (out.network_mode.empty()) out.network_mode = "awsvpc";
  out.launch_type = launch_type_of(in.array("requiresCompatibilities"));
  if (const auto units = in.number("cpu"); units && *units > 0) out.cpu_vcpu = *units / 1024.0;
  out.memory_mib = mebibytes(in.number("memory"));
  const Json& containers = in.array("containerDefinitions");
  if (in.error()) return *in.error();
  if (containers.empty())
    return fail(Errc::invalid_config, "containerDefinitions holds no container");
  if (out.family.empty()) return fail(Errc::invalid_config, "family is missing");

  std::set<std::string> names;
  for (std::size_t i = 0; i < containers.size(); ++i) {
    auto container = read_container(containers[i], i);
    if (!container) return container.error();
    if (!names.insert(container->name).second)
      return fail(Errc::invalid_config,
                  "container " + container->name + ": the name is used twice");
    out.containers.push_back(std::move(*container));
  }
  out.agent = find_agent(out.containers);
  return out;
}

Result<TaskDefinition> read_task_definition(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file)
    return fail(errno == ENOENT ? Errc::not_found : Errc::io,
                path + ": " + std::strerror(errno) + " (--task-definition FILE names another)");
  std::string text(kMaxDefinitionBytes + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad() || (file.gcount() == 0 && !file.eof()))
    return fail(Errc::io, path + ": cannot be read");
  text.resize(static_cast<std::size_t>(file.gcount()));
  auto parsed = parse_task_definition(text);
  if (!parsed) return fail(parsed.error(), path);
  return parsed;
}

}  // namespace remora::sandbox
