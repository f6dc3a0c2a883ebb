#include "remora/autodiscovery/files.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <set>

#include "autodiscovery/label_text.hpp"
#include "autodiscovery/template_parts.hpp"
#include "remora/autodiscovery/parse.hpp"
#include "remora/core/apart.hpp"
#include "remora/core/named_file.hpp"
#include "remora/model/value_reader.hpp"

namespace remora::autodiscovery {
namespace {

namespace fs = std::filesystem;
using model::Map;
using model::Value;

constexpr std::chrono::seconds kListLimit(2);

std::optional<std::vector<std::string>> identifiers_of(const Value& root, const FaultPlace& here) {
  std::vector<std::string> out;
  const Value* list = root.find("ad_identifiers");
  if (list == nullptr || list->is_null()) {
    if (root.find("advanced_ad_identifiers") != nullptr) {
      here.error("advanced_ad_identifiers name Kubernetes objects; nothing of this file runs",
                 "ad_identifiers: [<short image name>]");
      return std::nullopt;
    }
    if (root.find("docker_images") != nullptr) {
      here.error("docker_images is no longer read; nothing of this file runs", "ad_identifiers");
      return std::nullopt;
    }
    return out;
  }
  if (list->text() != nullptr) {
    here.warning("ad_identifiers is a text where a list belongs; it is read as the only one",
                 as_correction(Value::List{*list}));
    return std::vector<std::string>{*list->text()};
  }
  if (list->list() == nullptr) {
    here.error("ad_identifiers is " + offence(*list) +
               ", not a list of texts; nothing of this file runs");
    return std::nullopt;
  }
  for (const Value& item : *list->list()) {
    const auto text = model::as_text(item);
    if (!text || text->empty()) {
      here.error("ad_identifiers holds " + offence(item) +
                 ", not a text; nothing of this file runs");
      return std::nullopt;
    }
    out.push_back(*text);
  }
  return out;
}

// `- ` without anything behind it is an instance with defaults only.
Value with_empty_instances(const Value& instances) {
  Value out = instances;
  if (Value::List* list = out.list()) {
    for (Value& item : *list) {
      if (item.is_null()) item = Map{};
    }
  }
  return out;
}

enum class Kind : std::uint8_t { plain, auto_conf, shipped_default };

struct Found {
  std::string check;
  fs::path path;
  Kind kind;
};

bool cut_suffix(std::string& name, std::string_view suffix) {
  if (!name.ends_with(suffix) || name.size() == suffix.size()) return false;
  name.resize(name.size() - suffix.size());
  return true;
}

class Loader {
 public:
  explicit Loader(const FileOptions& options) : options_(options) {}

  void list(const std::string& directory) {
    for (const Entry& entry : sorted(directory)) {
      std::string name = entry.path.filename().string();
      if (entry.folder) {
        if (!cut_suffix(name, ".d")) continue;
        for (const Entry& file : sorted(entry.path)) add(name, file.path);
      } else if (cut_suffix(name, ".yaml") || cut_suffix(name, ".yml")) {
        add(name, entry.path);
      }
    }
  }

  FileTemplates load(std::span<const BuiltInTemplate> built_in) {
    std::set<std::string, std::less<>> configured;
    std::set<std::string, std::less<>> auto_configured;
    for (const Kind kind : {Kind::plain, Kind::auto_conf, Kind::shipped_default}) {
      for (const Found& file : found_) {
        if (file.kind != kind) continue;
        const std::string check = aliased(file.check);
        if (kind == Kind::shipped_default && configured.contains(check)) continue;
        (kind == Kind::auto_conf ? auto_configured : configured).insert(check);
        if (kind == Kind::auto_conf && ignored(check)) continue;
        read(file);
      }
    }
    for (const BuiltInTemplate& one : built_in) {
      if (ignored(one.check) || auto_configured.contains(one.check)) continue;
      Template parsed;
      parsed.check = one.check;
      parsed.provider = Provider::built_in;
      parsed.source = std::string(one.check) + " (built in)";
      parsed.identifiers.assign(one.identifiers.begin(), one.identifiers.end());
      const auto instance = parse_json(one.instance, options_.limits);
      if (!instance || instance->map() == nullptr || parsed.identifiers.empty()) {
        FaultPlace(out_.faults, {}, {}, parsed.source)
            .error("is not a JSON object with identifiers");
        continue;
      }
      parsed.instances = {*instance};
      keep(std::move(parsed));
    }
    return std::move(out_);
  }

 private:
  struct Entry {
    fs::path path;
    bool folder;
  };

  [[nodiscard]] std::vector<Entry> sorted(const fs::path& directory) {
    const std::size_t limit = 10 * options_.max_files;  // of names, most of them no configuration
    auto listed = core::wait_apart<std::vector<Entry>>(
        [directory, limit]() -> Result<std::vector<Entry>> {
          std::vector<Entry> out;
          std::error_code ec;
          fs::directory_iterator it(directory, ec);
          if (ec == std::errc::no_such_file_or_directory || ec == std::errc::not_a_directory) {
            return out;
          }
          if (ec) return fail(Errc::io, ec.message());
          while (!ec && it != fs::directory_iterator() && out.size() < limit) {
            std::error_code gone;
            out.push_back({it->path(), it->is_directory(gone)});
            it.increment(ec);
          }
          return out;
        },
        kListLimit);
    if (!listed) {
      FaultPlace(out_.faults, {}, {}, directory.string())
          .error("cannot be read: " + listed.error().message());
      return {};
    }
    std::sort(listed->begin(), listed->end(),
              [](const Entry& a, const Entry& b) { return a.path < b.path; });
    return std::move(*listed);
  }

  void add(const std::string& check, const fs::path& path) {
    std::string name = path.filename().string();
    const bool shipped = cut_suffix(name, ".default");
    if (!cut_suffix(name, ".yaml") && !cut_suffix(name, ".yml")) return;
    if (name == "metrics") return;
    if (found_.size() == options_.max_files) {
      if (!full_) {
        FaultPlace(out_.faults, {}, {}, path.string())
            .error("more than " + std::to_string(options_.max_files) +
                   " files: this one and those after it are not read");
      }
      full_ = true;
      return;
    }
    const bool directory = path.parent_path().filename().string() == check + ".d";
    const Kind kind = shipped                            ? Kind::shipped_default
                      : directory && name == "auto_conf" ? Kind::auto_conf
                                                         : Kind::plain;
    found_.push_back({check, path, kind});
  }

  [[nodiscard]] std::string aliased(std::string_view check) const {
    const auto alias = options_.aliases.find(check);
    return alias == options_.aliases.end() ? std::string(check) : alias->second;
  }

  [[nodiscard]] bool ignored(std::string_view check) const {
    return std::any_of(options_.ignore_autoconf.begin(), options_.ignore_autoconf.end(),
                       [&](const std::string& name) { return aliased(name) == check; });
  }

  void read(const Found& file) {
    const FaultPlace here(out_.faults, {}, {}, file.path.string());
    const auto text = core::read_file_waiting(file.path.string(), {options_.limits.input_bytes});
    if (!text) {
      const bool large = text.error().code() == Errc::too_large;
      here.error((large ? "is " : "cannot be read: ") + text.error().message() +
                 "; nothing of this file runs");
      return;
    }
    if (auto parsed = parse_file(file.check, file.path.string(), *text, options_, out_.faults)) {
      keep(*std::move(parsed));
    }
  }

  // The start script of the image copies /conf.d; both copies may be listed.
  void keep(Template one) {
    const bool known =
        std::any_of(out_.templates.begin(), out_.templates.end(), [&](const Template& other) {
          return other.check == one.check && other.identifiers == one.identifiers &&
                 other.instances == one.instances && other.init_config == one.init_config &&
                 other.logs == one.logs && other.ignore_tags == one.ignore_tags &&
                 other.cardinality == one.cardinality;
        });
    if (!known) out_.templates.push_back(std::move(one));
  }

  const FileOptions& options_;
  std::vector<Found> found_;
  bool full_ = false;
  FileTemplates out_;
};

}  // namespace

std::optional<Template> parse_file(std::string_view check, const std::string& path,
                                   std::string_view text, const FileOptions& options,
                                   FaultList& faults) {
  const FaultPlace here(faults, {}, {}, path);
  Template out;
  out.provider = Provider::file;
  out.source = path;
  const auto root = parse_yaml(text, options.limits);
  if (!root) {
    here.error("is " + root.error().message() + "; nothing of this file runs");
    return std::nullopt;
  }
  if (root->map() == nullptr) {
    here.error("is " + (root->is_null() ? std::string("empty") : offence(*root)) +
               ", not an object with init_config and instances; nothing of this file runs");
    return std::nullopt;
  }
  if (const Value* cluster = root->find("cluster_check"); cluster && model::affirmative(*cluster)) {
    here.warning("cluster_check: a sidecar runs no cluster checks; the file is left out");
    return std::nullopt;
  }
  auto identifiers = identifiers_of(*root, here);
  auto init = init_config_of(root->find("init_config"), "init_config", options.limits, here);
  if (!identifiers || !init) return std::nullopt;
  out.identifiers = *std::move(identifiers);
  out.init_config = *std::move(init);
  if (const Value* logs = root->find("logs"); logs != nullptr && !logs->is_null()) {
    if (auto sources =
            objects_of(*logs, "logs", options.limits, here, FaultPlace::Replaces::part)) {
      out.logs = Value::List(*std::move(sources));
    }
  }
  if (const Value* written = root->find("instances"); written != nullptr && !written->is_null()) {
    auto instances = objects_of(with_empty_instances(*written), "instances", options.limits, here,
                                FaultPlace::Replaces::part);
    if (!instances) return std::nullopt;
    out.instances = *std::move(instances);
  }
  if (out.instances.empty() && out.logs.is_null()) {
    here.error("holds no instances: nothing of this file runs", "instances: [{}]");
    return std::nullopt;
  }
  read_tag_options(*root, out, here);
  out.check = check_name(check, options.aliases, here);
  if (out.check.empty()) return std::nullopt;
  return out;
}

FileTemplates load_files(const std::vector<std::string>& directories,
                         std::span<const BuiltInTemplate> built_in, const FileOptions& options) {
  Loader loader(options);
  for (const std::string& directory : directories) loader.list(directory);
  return loader.load(built_in);
}

}  // namespace remora::autodiscovery
