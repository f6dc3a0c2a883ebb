#include "taskdef/definition_reader.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <set>

#include "remora/autodiscovery/labels.hpp"
#include "remora/core/ascii.hpp"
#include "remora/model/value_reader.hpp"
#include "taskdef/label_text.hpp"

namespace remora::taskdef {
namespace {

using model::Value;

/// How the fields of a document are spelt, and how strict it is about types.
struct Dialect {
  bool capital = false;  ///< CloudFormation: `Name`, not `name`
  bool loose = false;    ///< numbers and booleans may be texts, and the other way round

  [[nodiscard]] std::string key(std::string_view name) const {
    std::string out(name);
    const char first = out.front();
    if (capital && first >= 'a' && first <= 'z') out.front() = static_cast<char>(first - 'a' + 'A');
    return out;
  }
  /// The spelling of the other world, for the message about it.
  [[nodiscard]] std::string other(std::string_view name) const {
    return Dialect{!capital, loose}.key(name);
  }
};

/// Reads fields of one object; the first mistake is kept as the error.
class Fields {
 public:
  Fields(const Value& object, std::string where, const Dialect& dialect)
      : object_(object), where_(std::move(where)), dialect_(dialect) {}

  const Value* find(std::string_view name) {
    const Value* value = object_.find(dialect_.key(name));
    if (value != nullptr) return value->is_null() ? nullptr : value;
    if (object_.find(dialect_.other(name)) != nullptr)
      set_error(dialect_.other(name) + " is written " + dialect_.key(name) +
                (dialect_.capital ? " in a template" : " here"));
    return nullptr;
  }
  std::string text(std::string_view name) {
    const Value* value = find(name);
    if (value == nullptr) return {};
    if (auto text = text_of(*value)) return *std::move(text);
    wrong(name, "text");
    return {};
  }
  [[nodiscard]] std::optional<std::string> text_of(const Value& value) const {
    if (value.text() != nullptr) return *value.text();
    return dialect_.loose ? model::as_text(value) : std::nullopt;
  }
  bool boolean(std::string_view name, bool fallback) {
    const Value* value = find(name);
    if (value == nullptr) return fallback;
    if (value->boolean() != nullptr) return *value->boolean();
    if (value->text() != nullptr && holds_open_reference(*value->text())) return fallback;
    if (dialect_.loose && value->text() != nullptr) {
      if (core::equals_ignoring_case(*value->text(), "true")) return true;
      if (core::equals_ignoring_case(*value->text(), "false")) return false;
    }
    wrong(name, "true or false");
    return fallback;
  }
  /// ECS writes task level sizes as text, container level sizes as numbers; both are taken.
  std::optional<double> number(std::string_view name) {
    const Value* value = find(name);
    if (value == nullptr) return std::nullopt;
    if (value->integer() != nullptr || value->real() != nullptr) return model::as_number(*value);
    if (const std::string* text = value->text()) {
      double parsed = 0;
      const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), parsed);
      if (error == std::errc{} && parsed >= 0) {
        std::string_view unit(end, static_cast<std::size_t>(text->data() + text->size() - end));
        unit.remove_prefix(std::min(unit.find_first_not_of(' '), unit.size()));
        if (unit.empty()) return parsed;
        // "0.5 vCPU" and "1 GB": forms the console writes.
        if (core::equals_ignoring_case(unit, "vcpu") || core::equals_ignoring_case(unit, "gb"))
          return parsed * 1024;
      }
      if (holds_open_reference(*text)) return std::nullopt;
    }
    wrong(name, "a number");
    return std::nullopt;
  }
  const Value::List& list(std::string_view name) {
    static const Value::List kEmpty;
    const Value* value = find(name);
    if (value == nullptr) return kEmpty;
    if (value->list() != nullptr) return *value->list();
    const bool open = value->text() != nullptr && holds_open_reference(*value->text());
    if (!open) wrong(name, "a list");
    return kEmpty;
  }
  void wrong(std::string_view name, std::string_view wanted) {
    set_error(dialect_.key(name) + " must be " + std::string(wanted));
  }
  void set_error(const std::string& text) {
    if (!error_) error_ = fail(Errc::invalid_config, (where_.empty() ? "" : where_ + ": ") + text);
  }
  void take_error(const Fields& inner) {
    if (!error_) error_ = inner.error_;
  }
  Fields inside(const Value& object, const std::string& name) const {
    return {object, where_.empty() ? name : where_ + ": " + name, dialect_};
  }
  /// ECS refuses it, and the rest can be read all the same.
  void fault(std::string place, std::string text) {
    faults_.emplace_back(std::move(place), std::move(text));
  }
  [[nodiscard]] const std::vector<std::pair<std::string, std::string>>& faults() const {
    return faults_;
  }
  [[nodiscard]] const std::optional<Error>& error() const { return error_; }
  [[nodiscard]] const Dialect& dialect() const { return dialect_; }

 private:
  const Value& object_;
  std::string where_;
  Dialect dialect_;
  std::optional<Error> error_;
  std::vector<std::pair<std::string, std::string>> faults_;  ///< place and text
};

std::optional<std::uint64_t> mebibytes(std::optional<double> value) {
  if (!value || !(*value > 0) || *value > 1e12) return std::nullopt;
  return static_cast<std::uint64_t>(*value);
}

/// The objects of a list of {name, …}; what an unresolved condition left open is passed over, and
/// so is null, which generators leave behind.
template <class Take>
void each_named(Fields& in, std::string_view list, std::string_view partner, Take take) {
  for (const Value& entry : in.list(list)) {
    if (entry.is_null()) continue;
    if (entry.text() != nullptr && holds_open_reference(*entry.text())) continue;
    Fields fields = in.inside(entry, in.dialect().key(list));
    const std::string name = fields.text("name");
    in.take_error(fields);
    if (in.error()) return;
    if (entry.map() != nullptr && name.empty()) {
      in.fault(in.dialect().key(list),
               "an entry has no " + in.dialect().key("name") + ": ECS refuses it");
      continue;
    }
    if (entry.map() == nullptr)
      return in.wrong(list, "a list of objects with " + in.dialect().key("name") + " and " +
                                in.dialect().key(partner));
    take(entry, name);
    if (in.error()) return;
  }
}

void read_environment(Fields& in, ContainerDefinition& out) {
  each_named(in, "environment", "value", [&](const Value& entry, const std::string& name) {
    const Value* value = entry.find(in.dialect().key("value"));
    const auto text = value == nullptr || value->is_null() ? std::string() : in.text_of(*value);
    if (!text)
      return in.wrong("environment " + name + ": " + in.dialect().key("value"),
                      "text (put it in quotes)");
    out.environment.emplace_back(name, *text);
  });
  each_named(in, "secrets", "valueFrom",
             [&](const Value&, const std::string& name) { out.secrets.push_back(name); });
  for (const Value& entry : in.list("environmentFiles")) {
    const Value* file = entry.find(in.dialect().key("value"));
    out.environment_files.push_back(file == nullptr ? "a file"
                                                    : in.text_of(*file).value_or("a file"));
  }
}

/// ECS takes texts only, and users write the JSON itself: read as it was meant, and said.
void read_labels(Fields& in, ContainerDefinition& out, TaskDefinition& task) {
  const Value* labels = in.find("dockerLabels");
  if (labels == nullptr) return;
  if (labels->map() == nullptr) {
    const bool open = labels->text() != nullptr && holds_open_reference(*labels->text());
    if (!open) in.wrong("dockerLabels", "an object");
    return;
  }
  for (const model::MapEntry& entry : labels->map()->entries()) {
    auto text = in.text_of(entry.value);
    if (!text) {
      text = entry.value.json_text();
      if (entry.value.is_null()) text->clear();
      const bool showable = is_secretless(entry.value);
      task.faults.push_back(
          {autodiscovery::Severity::error, out.name, "", entry.key,
           "is " + std::string(model::type_name(entry.value.type())) + ", and ECS takes texts only",
           showable ? label_line(entry.key, *text, task.syntax) : std::string()});
    }
    if (in.dialect().capital && entry.key.starts_with(autodiscovery::kLabelPrefix))
      text = with_quoted_references(*text);
    out.labels.emplace(entry.key, *std::move(text));
  }
}

void read_ports(Fields& in, ContainerDefinition& out) {
  for (const Value& entry : in.list("portMappings")) {
    if (entry.map() == nullptr) continue;
    Fields fields = in.inside(entry, in.dialect().key("portMappings"));
    const Value* port = fields.find("containerPort");
    const std::string protocol = fields.text("protocol");
    in.take_error(fields);
    if (port != nullptr && port->text() != nullptr && holds_open_reference(*port->text())) continue;
    // A range has no single port, and %%port%% none to choose from it.
    if (port == nullptr && fields.find("containerPortRange") != nullptr) continue;
    if (port == nullptr && !in.error()) {
      in.fault(in.dialect().key("portMappings"),
               "an entry has neither " + in.dialect().key("containerPort") + " nor " +
                   in.dialect().key("containerPortRange") + ": ECS refuses it");
      continue;
    }
    const auto number = port == nullptr || (port->integer() == nullptr && !in.dialect().loose)
                            ? std::nullopt
                            : model::as_integer(*port);
    if (in.error()) return;
    if (!number || *number < 1 || *number > 65535)
      return in.wrong(in.dialect().key("portMappings") + ": " + in.dialect().key("containerPort"),
                      "a port (1-65535)");
    out.ports.push_back(
        {static_cast<std::uint16_t>(*number), protocol.empty() ? std::string("tcp") : protocol});
  }
}

void read_health_check(Fields& in, ContainerDefinition& out) {
  const Value* check = in.find("healthCheck");
  if (check == nullptr) return;
  if (check->map() == nullptr) return in.wrong("healthCheck", "an object");
  Fields fields = in.inside(*check, in.dialect().key("healthCheck"));
  const Value::List& command = fields.list("command");
  out.health_times = {fields.number("interval"), fields.number("timeout"),
                      fields.number("startPeriod"), fields.number("retries")};
  in.take_error(fields);
  for (const Value& word : command) {
    if (auto text = in.text_of(word)) out.health_check.push_back(*std::move(text));
  }
  if (out.health_check.size() != command.size())
    in.wrong("healthCheck." + in.dialect().key("command"), "a list of texts");
  else if (command.empty() && !in.error())
    in.fault(in.dialect().key("healthCheck") + "." + in.dialect().key("command"),
             "is missing or empty: ECS refuses it");
}

void read_log_driver(Fields& in, ContainerDefinition& out) {
  const Value* logging = in.find("logConfiguration");
  if (logging == nullptr || logging->map() == nullptr) return;
  Fields fields = in.inside(*logging, in.dialect().key("logConfiguration"));
  out.log_driver = fields.text("logDriver");
  in.take_error(fields);
}

Result<ContainerDefinition> read_container(const Value& entry, std::size_t index,
                                           const Dialect& dialect, TaskDefinition& task) {
  const std::string position =
      dialect.key("containerDefinitions") + "[" + std::to_string(index) + "]";
  if (entry.map() == nullptr) return fail(Errc::invalid_config, position + " must be an object");
  ContainerDefinition out;
  {
    Fields in(entry, position, dialect);
    out.name = in.text("name");
    if (in.error()) return *in.error();
    if (out.name.empty())
      return fail(Errc::invalid_config, position + ": " + dialect.key("name") + " is missing");
  }
  Fields in(entry, "container " + out.name, dialect);
  out.image = in.text("image");
  out.essential = in.boolean("essential", true);
  out.cpu_units = in.number("cpu");
  out.memory_mib = mebibytes(in.number("memory"));
  read_environment(in, out);
  read_labels(in, out, task);
  read_ports(in, out);
  read_health_check(in, out);
  read_log_driver(in, out);
  if (in.error()) return *in.error();
  for (const auto& [place, text] : in.faults())
    task.faults.push_back({autodiscovery::Severity::error, out.name, "", place, text, ""});
  if (out.image.empty())
    return fail(Errc::invalid_config,
                "container " + out.name + ": " + dialect.key("image") + " is missing");
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

/// `written_there`: whether the definition itself says one that ECS has.
std::string launch_type_of(const Value::List& compatibilities, const ContainerDefinition* agent,
                           bool& written_there) {
  constexpr std::array<std::string_view, 4> kKnown{"MANAGED_INSTANCES", "FARGATE", "EC2",
                                                   "EXTERNAL"};
  std::vector<std::string> written;
  for (const Value& entry : compatibilities) {
    const std::string* text = entry.text();
    if (text != nullptr && std::find(kKnown.begin(), kKnown.end(), *text) != kKnown.end())
      written.push_back(*text);
  }
  written_there = !written.empty();
  const auto possible = [&](std::string_view type) {
    return written.empty() || std::find(written.begin(), written.end(), type) != written.end();
  };
  const auto says = [&](std::string_view name) {
    const std::string* value = agent == nullptr ? nullptr : agent->variable(name);
    return value != nullptr && !value->empty() && !core::equals_ignoring_case(*value, "false");
  };
  if (says("ECS_FARGATE") && possible("FARGATE")) return "FARGATE";
  if (says("ECS_MANAGED_INSTANCES") && possible("MANAGED_INSTANCES")) return "MANAGED_INSTANCES";
  return written.empty() ? "EC2" : written.front();
}

/// Where a field is not written: what ECS takes, or what is assumed with a note.
void complete(TaskDefinition& out, const Dialect& dialect, Completeness completeness) {
  const bool part = completeness == Completeness::part;
  if (part && !out.launch_type_written) {
    const std::string variable = out.launch_type == "FARGATE"             ? "ECS_FARGATE"
                                 : out.launch_type == "MANAGED_INSTANCES" ? "ECS_MANAGED_INSTANCES"
                                                                          : "";
    out.notes.push_back(dialect.key("requiresCompatibilities") +
                        " is not known here: " + out.launch_type + " is assumed" +
                        (variable.empty() ? "" : ", as " + variable + " says"));
  }
  if (!out.network_mode.empty()) return;
  const bool eni = out.launch_type == "FARGATE" || out.launch_type == "MANAGED_INSTANCES";
  out.network_mode = eni ? "awsvpc" : "bridge";
  if (part || (eni && !out.launch_type_written)) {
    out.notes.push_back(dialect.key("networkMode") + " is not known here: " + out.network_mode +
                        " is assumed");
  } else if (eni) {
    const bool yaml = out.syntax == Syntax::yaml || out.syntax == Syntax::template_yaml;
    out.faults.push_back(
        {autodiscovery::Severity::error, "", "", dialect.key("networkMode"),
         "is missing: ECS takes bridge then, which " + out.launch_type + " does not have",
         yaml ? dialect.key("networkMode") + ": awsvpc"
              : "\"" + dialect.key("networkMode") + "\": \"awsvpc\""});
  }
}

/// The containers of the list; what only a deployment knows is noted.
Result<void> read_containers(const Value::List& containers, const Dialect& dialect,
                             TaskDefinition& out) {
  std::set<std::string> names;
  for (std::size_t i = 0; i < containers.size(); ++i) {
    const std::string* text = containers[i].text();
    if (text != nullptr && holds_open_reference(*text)) {
      out.notes.push_back("an entry of " + dialect.key("containerDefinitions") +
                          " is known only at the deployment: " + *text);
      continue;
    }
    auto container = read_container(containers[i], i, dialect, out);
    if (!container) return container.error();
    if (!names.insert(container->name).second)
      return fail(Errc::invalid_config,
                  "container " + container->name + ": the name is used twice");
    out.containers.push_back(std::move(*container));
  }
  if (!out.containers.empty()) return {};
  return fail(Errc::invalid_config,
              dialect.key("containerDefinitions") +
                  (containers.empty() ? " holds no container"
                                      : " holds no container that is known before the deployment"));
}

/// Settings and keys that come from files of S3.
void note_environment_files(TaskDefinition& out) {
  if (!out.has_agent()) return;
  const ContainerDefinition& agent = out.containers[out.agent];
  constexpr std::size_t kMost = 10;  // as ECS allows
  for (std::size_t i = 0; i < std::min(agent.environment_files.size(), kMost); ++i) {
    out.notes.push_back("container " + agent.name + " takes variables from " +
                        agent.environment_files[i] +
                        ": what that file sets is not known here, DD_API_KEY and other settings "
                        "included");
  }
}

}  // namespace

Result<TaskDefinition> read_definition(const Value& properties, const std::string& resource,
                                       Syntax syntax, Completeness completeness) {
  const Dialect dialect{syntax == Syntax::template_json || syntax == Syntax::template_yaml,
                        syntax != Syntax::json};
  TaskDefinition out;
  out.syntax = syntax;
  out.resource = resource;
  Fields in(properties, "", dialect);
  out.family = in.text("family");
  const bool in_template = out.open_references = dialect.capital;
  if (out.family.empty() && in_template) out.family = resource;
  if (out.family.empty() && completeness == Completeness::part) out.family = kUnknownFamily;
  out.network_mode = in.text("networkMode");
  const Value::List& compatibilities = in.list("requiresCompatibilities");
  if (const auto units = in.number("cpu"); units && *units > 0) out.cpu_vcpu = *units / 1024.0;
  out.memory_mib = mebibytes(in.number("memory"));
  const Value* written = in.find("containerDefinitions");
  const Value::List& containers = in.list("containerDefinitions");
  if (in.error()) return *in.error();
  if (written != nullptr && written->text() != nullptr)
    return fail(Errc::invalid_config, dialect.key("containerDefinitions") + " is " +
                                          *written->text() + ", known only at the deployment");
  if (const auto read = read_containers(containers, dialect, out); !read) return read.error();
  if (out.family.empty()) return fail(Errc::invalid_config, "family is missing");
  out.agent = find_agent(out.containers);
  out.launch_type =
      launch_type_of(compatibilities, out.has_agent() ? &out.containers[out.agent] : nullptr,
                     out.launch_type_written);
  complete(out, dialect, completeness);
  note_environment_files(out);
  return out;
}

}  // namespace remora::taskdef
