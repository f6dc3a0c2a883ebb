#include "remora/tagger/tagger.hpp"

#include <algorithm>
#include <set>

#include "remora/core/ascii.hpp"
#include "remora/core/log.hpp"
#include "remora/ecs/image_name.hpp"
#include "tagger/label_rules.hpp"
#include "tagger/label_tags.hpp"
#include "tagger/tag_builder.hpp"

namespace remora::tagger {
namespace {

const core::Logger kLog("tagger");

struct LabelTag {
  std::string_view label, tag;
};
// Unified service tagging, and where the image was built from.
constexpr LabelTag kStandardLabels[] = {
    {"com.datadoghq.tags.env", "env"},
    {"com.datadoghq.tags.service", "service"},
    {"com.datadoghq.tags.version", "version"},
    {"org.opencontainers.image.revision", "git.commit.sha"},
    {"org.opencontainers.image.source", "git.repository_url"},
};

/// Configured tags without a value are no static tags.
std::vector<std::string> usable_static_tags(const std::vector<std::string>& tags) {
  std::vector<std::string> usable;
  for (const std::string& tag : tags) {
    const auto colon = tag.find(':');
    if (colon == std::string::npos || colon == 0 || colon + 1 == tag.size()) {
      if (!tag.empty()) {
        kLog.warn("DD_TAGS: an entry is not key:value and is left out", {{"entry", tag}});
      }
      continue;
    }
    usable.push_back(tag);
  }
  return usable;
}

}  // namespace

struct Tagger::Impl {
  Impl(TaggerOptions o, telemetry::Counters& c)
      : options(std::move(o)), counters(c), static_tags(usable_static_tags(options.static_tags)) {
    std::vector<std::string> warnings;
    rules = LabelRules::parse(options.labels_as_tags, warnings);
    for (const std::string& warning : warnings) kLog.warn(warning);
    TagBuilder builder;
    add_static(builder);
    global = builder.finish();
  }

  void add_static(TagBuilder& out) const {
    for (const std::string& tag : static_tags) out.add_raw(Cardinality::low, tag);
  }
  void add_task(TagBuilder& out) const;
  void add_resource_tags(const std::map<std::string, std::string>& tags, TagBuilder& out) const;
  void add_container(const ecs::ContainerMetadata& c, TagBuilder& out);
  void add_labels(const ecs::ContainerMetadata& c, TagBuilder& out);
  void reject(const ecs::ContainerMetadata& c, std::string_view label, std::size_t count,
              std::string_view why);

  TaggerOptions options;
  telemetry::Counters& counters;
  std::vector<std::string> static_tags;
  LabelRules rules;

  std::optional<ecs::TaskMetadata> task;
  ecs::LaunchType launch_type = ecs::LaunchType::unknown;
  LevelTags global;
  std::map<std::string, LevelTags, std::less<>> containers;
  std::set<std::pair<std::string, std::string>> reported;  ///< container id (or name) and label
};

void Tagger::Impl::add_task(TagBuilder& out) const {
  using enum Cardinality;
  const ecs::TaskMetadata& t = *task;
  out.add(low, "task_name", t.family);  // the family, not the id: the name is historical
  out.add(low, "task_family", t.family);
  out.add(low, "task_version", t.revision);
  out.add(orchestrator, "task_arn", t.task_arn);
  out.add(low, "aws_account", t.account());
  out.add(low, "region", t.region());
  const std::string cluster = t.cluster_name();
  if (!options.disable_cluster_name_tag) out.add(low, "cluster_name", cluster);
  out.add(low, "ecs_cluster_name", cluster);
  out.add(low, "ecs_service", core::ascii_lower(t.service_name));
  if (launch_type == ecs::LaunchType::fargate || options.availability_zone_everywhere) {
    out.add(low, "availability-zone", t.availability_zone);
    out.add(low, "availability_zone", t.availability_zone);  // the older spelling
  }
  if (options.collect_resource_tags && launch_type != ecs::LaunchType::fargate) {
    add_resource_tags(t.container_instance_tags, out);
    add_resource_tags(t.task_tags, out);
  }
}

void Tagger::Impl::add_resource_tags(const std::map<std::string, std::string>& tags,
                                     TagBuilder& out) const {
  for (const auto& [key, value] : tags) {
    std::string name = core::ascii_lower(key);
    if (name.starts_with("aws:")) continue;
    if (options.resource_tags_replace_colon) std::replace(name.begin(), name.end(), ':', '_');
    out.add(Cardinality::low, name, core::ascii_lower(value));
  }
}

void Tagger::Impl::add_container(const ecs::ContainerMetadata& c, TagBuilder& out) {
  using enum Cardinality;
  out.add(low, "ecs_container_name", c.name);
  out.add(high, "container_name", c.docker_name.empty() ? c.name : c.docker_name);
  out.add(high, "container_id", c.docker_id);
  const ecs::ImageName image = ecs::split_image_name(c.image);
  out.add(low, "image_name", image.long_name);
  out.add(low, "short_image", image.short_name);
  out.add(low, "image_tag", image.tag);
  out.add(low, "image_id", c.image_id);
  out.add(low, "docker_image",
          image.tag.empty() ? image.long_name : image.long_name + ":" + image.tag);
  if (c.docker_id == task->own_docker_id) {
    // Of all environments we see only our own: unified service tags of this container alone.
    out.add(low, "service", options.own_service);
    out.add(low, "version", options.own_version);
  }
  add_labels(c, out);
}

void Tagger::Impl::add_labels(const ecs::ContainerMetadata& c, TagBuilder& out) {
  for (const LabelTag& standard : kStandardLabels) {
    const auto it = c.labels.find(std::string(standard.label));
    if (it != c.labels.end()) out.add(Cardinality::low, standard.tag, it->second);
  }
  for (const auto& [label, value] : c.labels) {
    if (label == kTagsLabel) {
      LabelTags parsed = parse_label_tags(value);
      for (std::string& tag : parsed.tags) out.add_raw(Cardinality::high, std::move(tag));
      if (parsed.rejected > 0) {
        reject(c, label, parsed.rejected,
               parsed.problem.empty() ? "entries are not key:value" : parsed.problem);
      }
    }
    if (!rules.matches(label)) continue;
    rules.apply(label, value, out);
    if (value.size() > TagBuilder::kMaxValueBytes) {
      reject(c, label, 1, "value cut to 8 KiB");
    }
  }
}

void Tagger::Impl::reject(const ecs::ContainerMetadata& c, std::string_view label,
                          std::size_t count, std::string_view why) {
  // Tags are rebuilt when a neighbour changes; the label is the same then and was told already.
  if (!reported.emplace(c.docker_id.empty() ? c.name : c.docker_id, label).second) return;
  counters.tags_rejected.add(count);
  kLog.warn("tags of a container label were left out",
            {{"container", c.name}, {"label", label}, {"why", why}, {"tags", count}});
}

Tagger::Tagger(TaggerOptions options, telemetry::Counters& counters)
    : impl_(std::make_unique<Impl>(std::move(options), counters)) {}
Tagger::~Tagger() = default;

void Tagger::update(const ecs::TaskMetadata& task, ecs::LaunchType launch_type) {
  Impl& self = *impl_;
  if (launch_type == ecs::LaunchType::unknown) launch_type = task.launch_type;
  if (self.task && self.task->same_as(task) && self.launch_type == launch_type) return;
  self.task = task;
  self.launch_type = launch_type;
  std::erase_if(self.reported, [&](const auto& entry) {
    return std::none_of(task.containers.begin(), task.containers.end(), [&](const auto& c) {
      return entry.first == (c.docker_id.empty() ? c.name : c.docker_id);
    });
  });

  TagBuilder global;
  self.add_task(global);
  self.add_static(global);
  self.global = global.finish();

  self.containers.clear();
  for (const ecs::ContainerMetadata& c : task.containers) {
    if (c.docker_id.empty()) continue;
    // Tags of ours first: when the limit cuts, it cuts what labels brought.
    TagBuilder builder;
    self.add_task(builder);
    self.add_static(builder);
    self.add_container(c, builder);
    if (builder.refused() > 0) {
      self.reject(c, "all labels together", builder.refused(), "more than 1000 tags");
    }
    self.containers.insert_or_assign(c.docker_id, builder.finish());
  }
}

model::Tags Tagger::container_tags(std::string_view docker_id, Cardinality level) const {
  const auto it = impl_->containers.find(docker_id);
  return it == impl_->containers.end() ? global_tags(level) : it->second.at(level);
}

model::Tags Tagger::global_tags(Cardinality level) const { return impl_->global.at(level); }

bool Tagger::complete() const noexcept { return impl_->task && !impl_->task->cluster.empty(); }

telemetry::StatusNode Tagger::status() const {
  // Counts only: label values may be private and a status is often pasted into tickets.
  telemetry::StatusNode node;
  node.title = "Tagger";
  node.add("Complete", complete());
  node.add("Static tags", impl_->static_tags.size());
  node.add("Task tags", impl_->global.high->size());
  node.add("Containers", impl_->containers.size());
  node.add("Rejected label tags", impl_->counters.tags_rejected.value);
  if (impl_->task) {
    for (const ecs::ContainerMetadata& c : impl_->task->containers) {
      if (c.docker_id.empty()) continue;
      telemetry::StatusNode& child = node.children.emplace_back();
      child.title = c.name;
      child.add("Id", c.docker_id);
      child.add("Tags", container_tags(c.docker_id, Cardinality::high)->size());
    }
  }
  return node;
}

std::optional<Cardinality> parse_cardinality(std::string_view text) {
  const std::string name = core::ascii_lower(text);
  if (name == "low") return Cardinality::low;
  if (name == "orchestrator") return Cardinality::orchestrator;
  if (name == "high") return Cardinality::high;
  return std::nullopt;
}

}  // namespace remora::tagger
