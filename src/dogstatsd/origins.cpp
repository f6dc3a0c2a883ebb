#include "remora/dogstatsd/origins.hpp"

#include <algorithm>
#include <map>
#include <unordered_map>
#include <utility>
#include <vector>

#include "dogstatsd/local_data.hpp"
#include "dogstatsd/name_filter.hpp"
#include "remora/core/ascii.hpp"
#include "remora/core/log.hpp"

namespace remora::dogstatsd {
namespace {

using metrics::OriginId;
using tagger::Cardinality;

const core::Logger kLog("dogstatsd");

/// The cardinalities of the tagger, and no tags at all.
enum class Level : std::uint8_t { low, orchestrator, high, none };
constexpr std::size_t kLevels = 4;

bool parse_level(std::string_view word, Level& level) {
  if (word.empty() || word.size() > 12) return false;  // the longest is "orchestrator"
  if (core::equals_ignoring_case(word, "none")) {
    level = Level::none;
    return true;
  }
  const auto parsed = tagger::parse_cardinality(word);
  if (parsed) level = static_cast<Level>(*parsed);
  return parsed.has_value();
}

/// What makes an origin: either containers and a level, or another origin and a rule.
struct Key {
  std::uint32_t first = 0, second = 0;  ///< containers; in legacy mode the smaller number first
  Level level = Level::low;
  OriginId base = 0;
  const TagRule* rule = nullptr;
  friend bool operator==(const Key&, const Key&) = default;
};

struct KeyHash {
  std::size_t operator()(const Key& key) const noexcept {
    std::uint64_t h = (std::uint64_t{key.first} << 32 | key.second) * 0x9e3779b97f4a7c15u;
    h ^= h >> 29;
    h += (std::uint64_t{key.base} << 8 | static_cast<std::uint64_t>(key.level)) +
         reinterpret_cast<std::uintptr_t>(key.rule);
    h *= 0xbf58476d1ce4e5b9u;
    return h ^ h >> 32;
  }
};

struct Entry {
  Key key;
  model::Tags tags;           ///< null: to be made
  bool of_container = false;  ///< `tags` hold those of a container
  OriginId preferred = 0;     ///< the lowest with the same tags, of those up to Impl::settled
};

struct ByContent {
  bool operator()(const model::Tags& a, const model::Tags& b) const { return *a < *b; }
};

}  // namespace

struct Origins::Impl {
  Impl(OriginOptions o, const tagger::Tagger& t, telemetry::DogstatsdCounters& c, InodeResolver i)
      : options(std::move(o)), tagger(t), counters(c), inodes(std::move(i)) {
    if (!parse_level(options.cardinality, default_level)) default_level = Level::low;
    model::normalise(options.extra_tags);
    // The task at each level: the default first, because it is origin 0.
    add({.level = default_level});
    for (std::size_t level = 0; level < kLevels; ++level) {
      if (static_cast<Level>(level) != default_level) add({.level = static_cast<Level>(level)});
    }
  }

  OriginId add(const Key& key) {
    const auto id = static_cast<OriginId>(entries.size());
    entries.push_back({key, nullptr, false, id});
    by_key.emplace(key, id);
    return id;
  }
  OriginId intern(const Key& key, OriginId otherwise) {
    if (const auto it = by_key.find(key); it != by_key.end()) return it->second;
    if (entries.size() >= options.max_origins) {
      refuse("origins");
      return otherwise;
    }
    return add(key);
  }
  void refuse(std::string_view what);

  [[nodiscard]] Level level_of(const OriginClaim& claim) const;
  std::uint32_t client_container(const OriginClaim& claim);
  std::uint32_t number_of(std::string_view container_id);

  const model::Tags& tags(OriginId origin);
  model::Tags make(const Key& key, bool& of_container);
  OriginId preferred(OriginId origin);
  bool tags_changed();
  model::Tags task_tags(Level level) { return tags(by_key.at(Key{.level = level})); }

  OriginOptions options;
  const tagger::Tagger& tagger;
  telemetry::DogstatsdCounters& counters;
  InodeResolver inodes;
  Level default_level = Level::low;

  std::vector<std::string> containers{""};  ///< ids by number
  std::unordered_map<std::string, std::uint32_t, TextHash, std::equal_to<>> container_numbers;
  std::vector<Entry> entries;
  std::unordered_map<Key, OriginId, KeyHash> by_key;
  std::map<model::Tags, OriginId, ByContent> by_tags;
  std::size_t settled = 0;  ///< entries below have their place in `by_tags`
  bool refusal_logged = false;
};

void Origins::Impl::refuse(std::string_view what) {
  counters.origins_refused.add();
  if (std::exchange(refusal_logged, true)) return;
  kLog.warn("clients name more containers than there can be; further ones get the task's tags",
            {{"limit_reached", what}, {"max", options.max_origins}});
}

Level Origins::Impl::level_of(const OriginClaim& claim) const {
  Level level = default_level;
  if (!parse_level(claim.cardinality, level)) return default_level;
  // With the opt-out switched off "none" is no word a client may use. Unified mode never asks.
  if (level == Level::none && !options.opt_out && !options.unified) return default_level;
  return level;
}

std::uint32_t Origins::Impl::number_of(std::string_view container_id) {
  if (!is_container_id(container_id)) return 0;
  if (const auto it = container_numbers.find(container_id); it != container_numbers.end()) {
    return it->second;
  }
  if (containers.size() > options.max_origins) {
    refuse("containers");
    return 0;
  }
  const auto number = static_cast<std::uint32_t>(containers.size());
  containers.emplace_back(container_id);
  container_numbers.emplace(container_id, number);
  return number;
}

std::uint32_t Origins::Impl::client_container(const OriginClaim& claim) {
  if (claim.local_data.empty()) return 0;
  const LocalData data = parse_local_data(claim.local_data);
  if (!data.container_id.empty() || data.inode == 0 || !inodes) {
    return number_of(data.container_id);
  }
  return number_of(inodes(data.inode));
}

const model::Tags& Origins::Impl::tags(OriginId origin) {
  Entry& entry = entries[origin < entries.size() ? origin : 0];
  if (!entry.tags) entry.tags = make(entry.key, entry.of_container);
  return entry.tags;
}

OriginId Origins::Impl::preferred(OriginId origin) {
  // Before the task is known all lists are alike, and most will not be.
  if (!tagger.complete() || origin >= entries.size()) return origin;
  for (; settled < entries.size(); ++settled) {
    const auto id = static_cast<OriginId>(settled);
    entries[settled].preferred = by_tags.emplace(tags(id), id).first->second;
  }
  return entries[origin].preferred;
}

bool Origins::Impl::tags_changed() {
  const std::vector<Entry> before = entries;
  for (Entry& entry : entries) {
    entry.tags = nullptr;
    entry.of_container = false;
  }
  by_tags.clear();
  settled = 0;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    (void)tags(static_cast<OriginId>(i));
    if (before[i].of_container && !entries[i].of_container) {  // gone from the task
      entries[i].tags = before[i].tags;
      entries[i].of_container = true;
    }
  }
  bool changed = false;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    changed |= preferred(static_cast<OriginId>(i)) != before[i].preferred;
  }
  return changed;
}

model::Tags Origins::Impl::make(const Key& key, bool& of_container) {
  if (key.rule != nullptr) {
    model::TagList kept;
    const model::Tags& all = tags(key.base);
    std::copy_if(all->begin(), all->end(), std::back_inserter(kept),
                 [&](const std::string& tag) { return key.rule->keeps(tag); });
    return model::make_tags(std::move(kept));
  }
  if (key.level == Level::none) return model::make_tags(options.extra_tags);
  const auto level = static_cast<Cardinality>(key.level);
  const model::Tags global = tagger.global_tags(level);
  if (key.first == 0 && key.second == 0) return model::with_tags(global, options.extra_tags);

  model::TagList all;
  for (const std::uint32_t number : {key.first, key.second}) {
    if (number == 0) continue;
    // The tagger answers with the very list of the task where it does not know the container.
    const model::Tags own = tagger.container_tags(containers[number], level);
    if (own == global) continue;
    of_container = true;
    all.insert(all.end(), own->begin(), own->end());
    if (options.unified) break;  // the first that is known, alone
  }
  if (all.empty()) return task_tags(key.level);
  if (!options.unified) all.insert(all.end(), global->begin(), global->end());
  all.insert(all.end(), options.extra_tags.begin(), options.extra_tags.end());
  return model::make_tags(std::move(all));
}

Origins::Origins(OriginOptions options, const tagger::Tagger& tagger,
                 telemetry::DogstatsdCounters& counters, InodeResolver inodes)
    : impl_(std::make_unique<Impl>(std::move(options), tagger, counters, std::move(inodes))) {}
Origins::~Origins() = default;

std::uint32_t Origins::container(std::string_view container_id) {
  return impl_->number_of(container_id);
}

OriginId Origins::resolve(const OriginClaim& claim) {
  Impl& self = *impl_;
  Key key;
  key.level = self.level_of(claim);
  if (key.level != Level::none) {
    key.first = claim.socket_container;
    if (self.options.unified) {
      key.second = self.client_container(claim);
    } else {
      // An entity id is that of a pod; there are none here. It still says whose tags are not
      // wanted: the container the client named, and the socket's where the option gives precedence.
      const bool entity = !claim.entity_id.empty();
      if (entity && self.options.entity_id_precedence) key.first = 0;
      if (!entity) key.second = self.client_container(claim);
    }
    // External data, too, leads to a pod only.
    if (key.second == key.first) key.second = 0;
    if (key.second != 0 && (key.first == 0 || (!self.options.unified && key.second < key.first))) {
      std::swap(key.first, key.second);
    }
  }
  return self.preferred(self.intern(key, 0));
}

OriginId Origins::narrowed(OriginId origin, const TagRule& rule) {
  return impl_->preferred(impl_->intern({.base = origin, .rule = &rule}, origin));
}

OriginId Origins::preferred(OriginId origin) const { return impl_->preferred(origin); }

const model::TagList& Origins::tags(OriginId origin) const { return *impl_->tags(origin); }
model::Tags Origins::shared_tags(OriginId origin) const { return impl_->tags(origin); }

bool Origins::tags_changed() { return impl_->tags_changed(); }

}  // namespace remora::dogstatsd
