#include "remora/config/load.hpp"

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>

#include "config/names.hpp"
#include "config/quotes.hpp"
#include "config/text.hpp"
#include "config/value.hpp"
#include "config/yaml_file.hpp"
#include "remora/config/sites.hpp"
#include "remora/core/apart.hpp"
#include "remora/core/named_file.hpp"

namespace remora::config {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kDefaultDirectory = "/etc/datadog-agent";
constexpr const char* kFileName = "datadog.yaml";

constexpr const char* kOnlyEnvironment = "; only the environment counts";

struct FoundFile {
  std::string file;
  Result<std::string> text;
};

// `path` is a file, or the folder of one. Blocks.
FoundFile find_file_here(const std::string& path) {
  std::filesystem::path file(path.empty() ? kDefaultDirectory : path);
  std::error_code ec;
  if (path.empty() || std::filesystem::is_directory(file, ec)) file /= kFileName;
  return {file.string(), core::read_file_here(file.string(), kMaxFileBytes)};
}

/// Fills a Loaded from its sources, the weaker one first.
class Loader {
 public:
  explicit Loader(Loaded& loaded) : loaded_(loaded) {
    for (const Option& option : options()) loaded_.origin[first_name(option)] = "default";
  }

  void read_file(std::string_view yaml) {
    auto tree = parse_yaml(yaml);
    if (!tree) {
      loaded_.warnings.push_back(loaded_.file + ": " + tree.error().message() +
                                 "; the file was left out, the environment still counts");
      return;
    }
    if (tree->is_null()) return;
    if (!tree->is_object()) {
      loaded_.warnings.push_back(loaded_.file + ": holds no `key: value` lines; it was left out");
      return;
    }
    walk(*tree, "");
  }

  void read_environment(const Environment& environment) {
    for (const Option& option : options()) {
      for (const auto name : split(option.env, " ")) {
        const auto found = environment.find(std::string(name));
        // An empty variable is one that is not set: templates leave them behind.
        if (found == environment.end() || trimmed(found->second).empty()) continue;
        std::string text = found->second;
        if (auto inside = without_quotes(text)) {
          loaded_.warnings.push_back(std::string(name) +
                                     ": the quotes around the value are not part of it; it is read "
                                     "without them");
          text = *std::move(inside);
          if (text.empty()) continue;
        }
        set(option, name, Json(std::move(text)), std::string(name));
        break;
      }
    }
    for (const auto& [name, value] : environment) {
      if (trimmed(value).empty() || is_option_name(name)) continue;
      if (!name.starts_with("DD_") && meant_name(name).empty()) continue;
      unused_.variable(name, without_quotes(value).value_or(value));
    }
    warn_about_pairs(environment);
  }

  void finish() { unused_.append_warnings(loaded_.warnings); }

 private:
  void set(const Option& option, std::string_view name, const Json& value, std::string origin) {
    if (assign(option, name, value, loaded_.settings, loaded_.warnings)) {
      loaded_.origin[first_name(option)] = std::move(origin);
    }
  }

  // `prefix` is "" or "section.".
  void walk(const Json& map, const std::string& prefix) {
    for (const auto& [name, value] : map.items()) {
      const std::string key = prefix + name;
      const auto all = options();
      const auto option = std::find_if(all.begin(), all.end(), [&](const Option& o) {
        return (!o.key.empty() && o.key == key) || (!o.other_key.empty() && o.other_key == key);
      });
      const bool empty_text = value.is_string() && value.get_ref<const std::string&>().empty();
      const bool empty_counts = option != all.end() && option->accept.empty_in_file;
      if (value.is_null() || (empty_text && !empty_counts)) {
        if (option == all.end() && !known_below(key) &&
            find_ignored(environment_name(key)) == nullptr) {
          unused_.unknown_key(key);
        }
        continue;  // "key:" alone sets nothing
      }
      if (option != all.end()) {
        set(*option, key, value, "file");
      } else if (value.is_object() && known_below(key)) {
        walk(value, key + ".");
      } else if (const auto* ignored = find_ignored(environment_name(key))) {
        unused_.ignored(*ignored, key,
                        value.is_string() ? value.get_ref<const std::string&>() : "");
      } else {
        unused_.unknown_key(key);
      }
    }
  }

  // True when some known name lies below the section `key`.
  static bool known_below(const std::string& key) {
    const std::string section = key + ".";
    for (const Option& option : options()) {
      if (option.key.starts_with(section)) return true;
    }
    const std::string prefix = environment_name(section);
    for (const IgnoredOption& option : ignored_options()) {
      if (option.env.size() > prefix.size() && option.env.starts_with(prefix) &&
          option.env != prefix + "*") {
        return true;
      }
    }
    return false;
  }

  void warn_about_pairs(const Environment& environment) {
    const auto text = [&](const char* name) {
      const auto found = environment.find(name);
      return found == environment.end() ? std::string() : std::string(trimmed(found->second));
    };
    const std::string first = text("DD_DD_URL"), second = text("DD_URL");
    if (!first.empty() && !second.empty() && first != second) {
      loaded_.warnings.emplace_back("DD_DD_URL and DD_URL differ: DD_DD_URL is used");
    }
    if (const auto key = environment.find("DD_API_KEY"); key != environment.end() &&
                                                         trimmed(key->second) != key->second &&
                                                         !trimmed(key->second).empty()) {
      loaded_.warnings.emplace_back(
          "DD_API_KEY: blanks or line breaks around the key were removed; correct the secret");
    }
  }

  Loaded& loaded_;
  UnusedNames unused_;
};

void check_site(Loaded& loaded) {
  std::string& site = loaded.settings.site;
  const std::string name = loaded.origin["DD_SITE"] == "file" ? "site" : "DD_SITE";
  const std::string corrected = corrected_site(site);
  if (corrected != site && is_host_name(corrected)) {
    loaded.warnings.push_back(name + ": \"" + printable(without_password(site)) +
                              "\" was read as " + corrected + ": write that");
    site = corrected;
  }
  if (is_datadog_site(site) || !is_host_name(site)) return;  // the latter: validate_for_run
  const auto nearest = nearest_site(site);
  const bool looks_like_a_host = site.find('.') != std::string::npos;
  if (nearest.empty() && looks_like_a_host) return;  // a site of the operator's own
  std::string text = name + ": \"" + printable(site) + "\" is not a published Datadog site";
  if (!nearest.empty()) text += ", the nearest is " + std::string(nearest);
  loaded.warnings.push_back(text + " (published: " + published_sites_line() +
                            "); it is used as it is, and nothing will arrive if it is a mistake");
}

void check_url(Loaded& loaded) {
  std::string& url = loaded.settings.dd_url;
  if (url.empty() || url.find("://") != std::string::npos) return;
  loaded.warnings.push_back("dd_url: \"" + printable(without_password(url)) +
                            "\" has no scheme, https:// was added: write it");
  url.insert(0, "https://");
}

}  // namespace

Loaded load_text(const Environment& environment, std::string_view yaml, std::string file) {
  Loaded loaded;
  loaded.file = std::move(file);
  Loader loader(loaded);
  loader.read_file(yaml);
  loader.read_environment(environment);
  check_site(loaded);
  check_url(loaded);
  loader.finish();
  return loaded;
}

Loaded load(const Environment& environment, std::string_view path) {
  const auto read = core::wait_apart<FoundFile>(
      [path = std::string(path)] { return Result<FoundFile>(find_file_here(path)); },
      core::FileLimits().time);
  Loaded loaded = load_text(environment, "", "");
  if (!read) {
    const std::string place(path.empty() ? kDefaultDirectory : path);
    loaded.warnings.push_back(place + ": " + read.error().message() + kOnlyEnvironment);
  } else if (read->text) {
    return load_text(environment, *read->text, read->file);
  } else if (read->text.error().code() != Errc::not_found || !path.empty()) {
    // Without a file is the normal case of a task. A path given by hand should exist.
    loaded.warnings.push_back(read->file + ": " + read->text.error().message() + kOnlyEnvironment);
  }
  return loaded;
}

}  // namespace remora::config
