#include "dogstatsd/mapper.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <unordered_map>
#include <utility>

#include "dogstatsd/mapping_template.hpp"
#include "dogstatsd/name_filter.hpp"

namespace remora::dogstatsd {
namespace {

// Objects keep their order, so that tags come out as the operator wrote them.
using Json = nlohmann::ordered_json;

constexpr std::int64_t kRegexBytes = 1 << 20;  // compiled program and its states, per mapping
constexpr std::size_t kMaxCachedName = 512;    // bytes; the cache's memory stays below a megabyte

struct Mapping {
  std::unique_ptr<re2::RE2> regex;
  MappingTemplate name;
  std::vector<std::pair<std::string, MappingTemplate>> tags;  ///< "key:" and the value
};

struct Profile {
  std::string prefix;  ///< empty: every name ("*" in the configuration)
  std::vector<Mapping> mappings;
};

const std::string* text_of(const Json& object, const char* key) {
  const auto it = object.find(key);
  if (it == object.end()) return nullptr;
  const auto* text = it->get_ptr<const std::string*>();
  return text == nullptr || text->empty() ? nullptr : text;
}

/// The expression of a wildcard: a star is a run of anything but dots, all else means itself.
Result<std::string> wildcard_regex(const std::string& match) {
  std::string out = "^";
  for (std::size_t i = 0; i < match.size(); ++i) {
    const char c = match[i];
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                       c == '_' || c == '-';
    if (c == '*') {
      if (i > 0 && match[i - 1] == '*') return fail(Errc::invalid_config, "has two stars in a row");
      out += "([^.]*)";
    } else if (c == '.') {
      out += "\\.";
    } else if (plain) {
      out += c;
    } else {
      return fail(Errc::invalid_config,
                  "has a match with characters other than A-Z a-z 0-9 - _ * and .");
    }
  }
  return out + "$";
}

Result<Mapping> parse_mapping(const Json& json) {
  if (!json.is_object()) return fail(Errc::invalid_config, "is not an object");
  const std::string* match = text_of(json, "match");
  if (match == nullptr) return fail(Errc::invalid_config, "has no match");
  const std::string* name = text_of(json, "name");
  if (name == nullptr) return fail(Errc::invalid_config, "has no name");

  const std::string* type = text_of(json, "match_type");
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kRegexBytes);
  std::string pattern;
  if (type == nullptr || *type == "wildcard") {
    auto wildcard = wildcard_regex(*match);
    if (!wildcard) return wildcard.error();
    pattern = std::move(*wildcard);
    // Byte by byte: a star takes names that are not UTF-8 as well.
    options.set_encoding(re2::RE2::Options::EncodingLatin1);
  } else if (*type == "regex") {
    pattern = "^" + *match + "$";
  } else {
    return fail(Errc::invalid_config, "has a match_type that is neither wildcard nor regex");
  }
  auto regex = std::make_unique<re2::RE2>(pattern, options);
  if (!regex->ok()) return fail(Errc::invalid_config, "has a bad match: " + regex->error());

  const auto& groups = regex->NamedCapturingGroups();
  Mapping out{nullptr, MappingTemplate(*name, groups), {}};
  if (const auto tags = json.find("tags"); tags != json.end() && !tags->is_null()) {
    if (!tags->is_object()) return fail(Errc::invalid_config, "has tags that are not an object");
    for (const auto& [key, value] : tags->items()) {
      if (value.is_structured()) return fail(Errc::invalid_config, "has a tag without a text");
      const auto* text = value.get_ptr<const std::string*>();
      out.tags.emplace_back(key + ":", MappingTemplate(text ? *text : value.dump(), groups));
    }
  }
  out.regex = std::move(regex);
  return out;
}

Result<Profile> parse_profile(const Json& json) {
  if (!json.is_object()) return fail(Errc::invalid_config, "is not an object");
  if (text_of(json, "name") == nullptr) return fail(Errc::invalid_config, "has no name");
  const std::string* prefix = text_of(json, "prefix");
  if (prefix == nullptr) return fail(Errc::invalid_config, "has no prefix");
  Profile out;
  if (*prefix != "*") out.prefix = *prefix;
  const auto mappings = json.find("mappings");
  if (mappings == json.end() || mappings->is_null()) return out;
  if (!mappings->is_array()) return fail(Errc::invalid_config, "has mappings that are not a list");
  std::size_t number = 0;
  for (const Json& entry : *mappings) {
    ++number;
    auto mapping = parse_mapping(entry);
    if (!mapping) return fail(mapping.error(), "mapping " + std::to_string(number));
    out.mappings.push_back(std::move(*mapping));
  }
  return out;
}

}  // namespace

struct Mapper::Impl {
  struct Entry {
    bool hit = false;
    MappedName mapped;
  };
  using Table = std::unordered_map<std::string, Entry, TextHash, std::equal_to<>>;

  void look_up(std::string_view name, Entry& out);
  const Profile* profile_for(std::string_view name) const {
    const auto it = std::find_if(profiles.begin(), profiles.end(),
                                 [&](const Profile& p) { return name.starts_with(p.prefix); });
    return it == profiles.end() ? nullptr : &*it;
  }

  std::vector<Profile> profiles;
  std::size_t half = 0;  ///< entries of each table
  // Two halves in place of a list by age: what was asked for since the last change of halves is in
  // `recent`, and `older` is given up as a whole.
  Table recent, older;
  Entry uncached;
  std::vector<re2::StringPiece> pieces;
  std::vector<std::string_view> matched;
};

void Mapper::Impl::look_up(std::string_view name, Entry& out) {
  out.hit = false;
  const Profile* profile = profile_for(name);
  if (profile == nullptr) return;
  for (const Mapping& mapping : profile->mappings) {
    const int count = mapping.regex->NumberOfCapturingGroups() + 1;
    pieces.assign(static_cast<std::size_t>(count), {});
    const re2::StringPiece text(name.data(), name.size());
    if (!mapping.regex->Match(text, 0, name.size(), re2::RE2::UNANCHORED, pieces.data(), count)) {
      continue;
    }
    matched.clear();
    for (const auto& piece : pieces) matched.emplace_back(piece.data(), piece.size());
    out.hit = true;
    out.mapped.name.clear();
    mapping.name.expand(matched, out.mapped.name);
    out.mapped.tags.clear();
    for (const auto& [key, value] : mapping.tags) {
      value.expand(matched, out.mapped.tags.emplace_back(key));
    }
    return;
  }
}

Mapper::Mapper(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Mapper::~Mapper() = default;

Result<std::unique_ptr<Mapper>> Mapper::parse(std::string_view json, std::size_t cache_size) {
  const Json list = Json::parse(json, nullptr, false);
  if (!list.is_array()) return fail(Errc::invalid_config, "not a JSON list");
  auto impl = std::make_unique<Impl>();
  impl->half = cache_size / 2;
  std::size_t number = 0;
  for (const Json& entry : list) {
    ++number;
    auto profile = parse_profile(entry);
    if (!profile) return fail(profile.error(), "profile " + std::to_string(number));
    impl->profiles.push_back(std::move(*profile));
  }
  return std::unique_ptr<Mapper>(new Mapper(std::move(impl)));
}

const MappedName* Mapper::map(std::string_view name) {
  Impl& self = *impl_;
  const auto answer = [](const Impl::Entry& entry) { return entry.hit ? &entry.mapped : nullptr; };
  if (name.size() > kMaxCachedName || self.half == 0) {
    self.look_up(name, self.uncached);
    return answer(self.uncached);
  }
  if (const auto it = self.recent.find(name); it != self.recent.end()) return answer(it->second);
  if (self.recent.size() >= self.half) {
    self.older = std::move(self.recent);
    self.recent.clear();
  }
  if (const auto it = self.older.find(name); it != self.older.end()) {
    return answer(self.recent.insert(self.older.extract(it)).position->second);
  }
  Impl::Entry& entry = self.recent[std::string(name)];
  self.look_up(name, entry);
  return answer(entry);
}

std::size_t Mapper::cached() const noexcept { return impl_->recent.size() + impl_->older.size(); }

}  // namespace remora::dogstatsd
