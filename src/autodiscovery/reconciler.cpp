#include "remora/autodiscovery/reconciler.hpp"

#include <algorithm>

#include "autodiscovery/config_id.hpp"
#include "autodiscovery/label_names.hpp"
#include "autodiscovery/scalar_text.hpp"
#include "autodiscovery/template_parts.hpp"
#include "remora/ecs/image_name.hpp"

namespace remora::autodiscovery {
namespace {

using model::Value;

std::string entity_of(const ecs::ContainerMetadata& container, ecs::LaunchType launch_type) {
  switch (launch_type) {
    case ecs::LaunchType::fargate:
      return "ecsfargate://" + container.docker_id;
    case ecs::LaunchType::managed_instances:
      return "containerd://" + container.docker_id;
    default:
      return "docker://" + container.docker_id;
  }
}

// ENC[handle]: a secret that a back end would have to resolve.
bool holds_secret_reference(const Value& value) {
  if (const std::string* text = value.text()) {
    const std::string_view whole = trimmed(*text);
    return whole.starts_with("ENC[") && whole.ends_with(']');
  }
  if (const Value::List* list = value.list()) {
    return std::any_of(list->begin(), list->end(), holds_secret_reference);
  }
  const model::Map* map = value.map();
  return map != nullptr &&
         std::any_of(map->entries().begin(), map->entries().end(),
                     [](const model::MapEntry& e) { return holds_secret_reference(e.value); });
}

bool matches(const Template& one, const std::vector<std::string>& identifiers) {
  return std::any_of(one.identifiers.begin(), one.identifiers.end(), [&](const std::string& id) {
    return std::find(identifiers.begin(), identifiers.end(), id) != identifiers.end();
  });
}

}  // namespace

std::vector<std::string> identifiers_of(const ecs::ContainerMetadata& container,
                                        std::string_view check_id, ecs::LaunchType launch_type) {
  if (!check_id.empty()) return {std::string(check_id)};
  std::vector<std::string> out{entity_of(container, launch_type)};
  const ecs::ImageName image = ecs::split_image_name(container.image);
  if (!image.long_name.empty()) out.push_back(image.long_name);
  if (!image.short_name.empty() && image.short_name != image.long_name) {
    out.push_back(image.short_name);
  }
  return out;
}

/// What one update found; becomes the state when it is complete.
struct Reconciler::Round {
  const ReconcilerOptions& options;
  std::map<std::string, ConfigPtr> configs;
  std::vector<ConfigPtr> in_order;
  std::vector<LogConfig> logs;
  FaultList faults;
  std::set<std::string> seen;  ///< DockerIds
  struct Owner {
    std::string name;                         ///< of the container
    std::size_t instances = 0, left_out = 0;  ///< wanted and over the limit
  };
  std::map<std::string, Owner> owners;  ///< by DockerId; empty: files without a container

  struct Target {
    std::string container_id, container_name, entity;
    std::vector<std::string> identifiers;
  };

  /// Resolves `one` for `target` (`address` null: no container) and adds its instances and logs. A
  /// variable that cannot be resolved drops the whole template.
  void add(const Template& one, const Target& target, const Address* address) {
    const FaultPlace here(faults, target.container_name, target.container_id, one.source);
    const std::string what = one.check.empty() ? "logs" : one.check;
    Template resolved = one;
    const auto in_place = [&](Value& value) {
      auto result =
          resolve(value, address, options.variables,
                  one.provider == Provider::container_label ? Author::label : Author::file);
      if (!result) {
        here.error(what + " does not run: " + result.error().message());
        return false;
      }
      value = *std::move(result);
      if (!holds_secret_reference(value)) return true;
      here.error(
          what + " does not run: a secret reference (ENC[...]) is not resolved by this agent",
          "%%env_NAME%%, with NAME in the `secrets` of the task definition");
      return false;
    };
    if (!in_place(resolved.init_config) || !in_place(resolved.logs)) return;
    for (Value& instance : resolved.instances) {
      if (!in_place(instance)) return;
    }
    std::string source = one.provider == Provider::container_label ? "container:" + target.entity
                                                                   : "file:" + one.source;
    if (!resolved.logs.is_null()) {
      logs.push_back(
          {target.container_id, target.container_name, source, one.source, resolved.logs});
    }
    if (!target.identifiers.empty() && one.provider == Provider::container_label) {
      resolved.identifiers = target.identifiers;
    }
    Owner& owner = owners[target.container_id];
    owner.name = target.container_name;
    const std::uint64_t digest = digest_of(resolved, target.entity);
    for (Value& instance : resolved.instances) {
      if (owner.instances >= options.max_instances) {
        ++owner.left_out;
        continue;
      }
      CheckConfig config;
      config.id = config_id(resolved.check, digest, instance, resolved.init_config);
      config.check = resolved.check;
      config.instance = std::move(instance);
      config.init_config = resolved.init_config;
      config.provider = one.provider;
      config.source = source;
      config.place = one.source;
      config.container_id = target.container_id;
      config.container_name = target.container_name;
      config.identifiers = resolved.identifiers;
      config.ignore_tags = resolved.ignore_tags;
      config.cardinality = resolved.cardinality;
      auto shared = std::make_shared<const CheckConfig>(std::move(config));
      if (configs.emplace(shared->id, shared).second) {
        in_order.push_back(std::move(shared));
        ++owner.instances;
      } else {
        here.warning("the same instance of " + what + " is written twice; it runs once");
      }
    }
  }

  /// Holds `max_instances`: those who want the most give way, so that no container pushes its
  /// neighbours out.
  void share() {
    std::vector<std::size_t> wanted;
    for (const auto& [id, owner] : owners) wanted.push_back(owner.instances);
    std::sort(wanted.begin(), wanted.end());
    std::size_t room = options.max_instances, level = room, extra = 0;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      const std::size_t left = wanted.size() - i;
      if (wanted[i] * left > room) {
        level = room / left;
        extra = room % left;
        break;
      }
      room -= wanted[i];
    }
    std::map<std::string_view, std::size_t> kept;
    std::erase_if(in_order, [&](const ConfigPtr& config) {
      std::size_t& of_owner = kept[config->container_id];
      const bool shares_extra = of_owner == level && extra > 0;
      if (of_owner < level || shares_extra) {
        ++of_owner;
        if (shares_extra) --extra;
        return false;
      }
      ++owners[config->container_id].left_out;
      configs.erase(config->id);
      return true;
    });
    for (const auto& [id, owner] : owners) {
      if (owner.left_out == 0) continue;
      faults.add({Severity::error, owner.name, id, "",
                  "more than " + std::to_string(options.max_instances) +
                      " check instances in the task: " + std::to_string(owner.left_out) + " of " +
                      (id.empty() ? "the files" : "this container") + " do not run",
                  ""});
    }
  }
};

Reconciler::Reconciler(ReconcilerOptions options, FileTemplates files)
    : options_(std::move(options)), files_(std::move(files)) {}

void Reconciler::set_files(FileTemplates files) { files_ = std::move(files); }

const ContainerTemplates& Reconciler::templates_of(const ecs::ContainerMetadata& container) {
  Known& known = known_[container.docker_id];
  std::map<std::string, std::string> labels;
  for (const auto& [name, value] : container.labels) {
    if (concerns_datadog(name)) labels.emplace(name, value);
  }
  if (known.labels != labels) {
    known.parsed = parse_labels(labels, container.name, container.docker_id, options_.labels);
    known.labels = std::move(labels);
  }
  return known.parsed;
}

void Reconciler::add_static(Round& round) {
  round.faults.add(files_.faults);
  for (const Template& one : files_.templates) {
    if (one.identifiers.empty()) round.add(one, {}, nullptr);
  }
}

bool Reconciler::asks_for_checks(Round& round, const ecs::ContainerMetadata& container,
                                 ecs::LaunchType launch_type) {
  round.seen.insert(container.docker_id);
  const ContainerTemplates& labels = templates_of(container);
  if (!labels.templates.empty() || labels.faults.errors() > 0) return true;
  const auto identifiers = identifiers_of(container, labels.check_id, launch_type);
  return !labels.no_file_templates &&
         std::any_of(files_.templates.begin(), files_.templates.end(),
                     [&](const Template& one) { return matches(one, identifiers); });
}

void Reconciler::add_container(Round& round, const ecs::ContainerMetadata& container,
                               const ecs::TaskMetadata& task, ecs::LaunchType launch_type) {
  round.seen.insert(container.docker_id);
  const ContainerTemplates& labels = templates_of(container);
  round.faults.add(labels.faults);
  Round::Target target{container.docker_id, container.name, entity_of(container, launch_type),
                       identifiers_of(container, labels.check_id, launch_type)};
  const Address address = address_of(container, task);
  const auto in_labels = [&labels](const std::string& check) {
    return std::any_of(labels.templates.begin(), labels.templates.end(),
                       [&](const Template& one) { return one.check == check; });
  };
  for (const Template& one : labels.templates) round.add(one, target, &address);
  if (labels.no_file_templates) return;
  for (const Template& one : files_.templates) {
    if (matches(one, target.identifiers) && !in_labels(one.check)) {
      round.add(one, target, &address);
    }
  }
}

Changes Reconciler::update() {
  Round round{options_, {}, {}, {}, {}, {}, {}};
  add_static(round);
  return finish(round);
}

Changes Reconciler::update(const ecs::TaskMetadata& task, ecs::LaunchType launch_type) {
  // Its containers are on their way out; they go when the endpoint no longer names them.
  if (task.known_status == "STOPPED") return {};
  left_out_.clear();
  Round round{options_, {}, {}, {}, {}, {}, {}};
  add_static(round);
  for (const ecs::ContainerMetadata& container : task.containers) {
    const bool normal = container.type.empty() || container.type == "NORMAL";
    if (!container.running() || container.docker_id.empty() || !normal) continue;
    if (options_.excluded && options_.excluded(container)) {
      if (asks_for_checks(round, container, launch_type)) left_out_.push_back(container.name);
      continue;
    }
    add_container(round, container, task, launch_type);
  }
  return finish(round);
}

Changes Reconciler::finish(Round& round) {
  round.share();
  std::erase_if(known_, [&](const auto& one) { return !round.seen.contains(one.first); });
  Changes out;
  for (const auto& [id, config] : configs_) {
    if (!round.configs.contains(id)) out.unschedule.push_back(id);
  }
  for (ConfigPtr& config : round.in_order) {
    // What runs keeps the object it runs with.
    if (const auto running = configs_.find(config->id); running != configs_.end()) {
      round.configs[config->id] = running->second;
    } else {
      out.schedule.push_back(std::move(config));
    }
  }
  std::set<std::string> reported;
  for (const Fault& fault : round.faults.kept()) {
    std::string line = fault.container_id + " " + to_string(fault);
    if (!reported_.contains(line) && !reported.contains(line)) out.new_faults.push_back(fault);
    reported.insert(std::move(line));
  }
  reported_ = std::move(reported);
  configs_ = std::move(round.configs);
  logs_ = std::move(round.logs);
  faults_ = std::move(round.faults);
  return out;
}

}  // namespace remora::autodiscovery
