#include "checks/nginx/status_json.hpp"

#include <array>
#include <charconv>
#include <chrono>
#include <optional>
#include <unordered_map>
#include <utility>

#include "remora/core/json_walk.hpp"

namespace remora::checks::nginx {
namespace {

constexpr core::JsonRules kRules{
    .depth = 32, .values = kMaxValues, .token_bytes = 64u << 10, .what = "valid JSON"};

// Objects whose keys are names of things: tag and segment are the singular.
constexpr auto kTagged = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"caches", "cache"},
    {"codes", "code"},
    {"limit_conns", "limit_conn"},
    {"limit_reqs", "limit_req"},
    {"location_zones", "location_zone"},
    {"resolvers", "resolver"},
    {"serverZones", "server_zone"},
    {"server_zones", "server_zone"},
    {"slabs", "slab"},
    {"slots", "slot"},
    {"upstreamZones", "upstream"},
    {"upstreams", "upstream"},
    {"zones", "zone"},
});

std::string_view tagged(std::string_view key) {
  for (const auto& [plural, singular] : kTagged) {
    if (plural == key) return singular;
  }
  return {};
}

std::optional<int> digits(std::string_view text, std::size_t at, std::size_t count) {
  if (at + count > text.size()) return std::nullopt;
  int value = 0;
  const char* first = text.data() + at;
  const auto [end, ec] = std::from_chars(first, first + count, value);
  if (ec != std::errc() || end != first + count || value < 0) return std::nullopt;
  return value;
}

// "2018-10-23T10:26:53.123Z" as seconds since the epoch.
std::optional<double> utc_seconds(std::string_view text) {
  if (text.size() < 20 || text.back() != 'Z' || text[4] != '-' || text[7] != '-' ||
      text[10] != 'T' || text[13] != ':' || text[16] != ':') {
    return std::nullopt;
  }
  const auto year = digits(text, 0, 4), month = digits(text, 5, 2), day = digits(text, 8, 2);
  const auto hour = digits(text, 11, 2), minute = digits(text, 14, 2), second = digits(text, 17, 2);
  if (!year || !month || !day || !hour || !minute || !second) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok() || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  const std::string_view rest = text.substr(19, text.size() - 20);
  if (!rest.empty()) {
    if (rest.front() != '.' || rest.size() < 2 || rest.size() > 10) return std::nullopt;
    if (!digits(rest, 1, rest.size() - 1)) return std::nullopt;
  }
  const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  return static_cast<double>(days * 86400 + *hour * 3600 + *minute * 60 + *second);
}

/// Walks a page twice: the server of an object stands anywhere in it and is a tag of all its
/// values, so the first walk notes the servers, and the second gives the values out.
class Flattener final : public core::JsonHandler {
 public:
  Flattener(const std::function<void(const FlatValue&)>& out, std::string_view singular,
            std::string name)
      : out_(out), root_singular_(singular), root_name_(std::move(name)) {}

  /// Walks from the beginning; `giving`: the second time.
  std::optional<Error> walk(std::string_view body, bool giving) {
    giving_ = giving;
    name_ = root_name_;
    tags_.clear();
    levels_.clear();
    objects_ = 0;
    return core::walk_json(body, kRules, *this);
  }

  std::optional<Error> on_value(const core::JsonPath& path, const core::JsonValue& value) override {
    if (!levels_.empty() && levels_.back().kind == Kind::object && path.key() == "server" &&
        value.is_text() && !value.text.empty()) {
      return giving_ ? std::nullopt : note_server(value.text);
    }
    if (!giving_) return std::nullopt;
    const Place outside = place();
    enter(path);
    using Type = core::JsonValue::Type;
    std::optional<double> number = value.as_double();
    if (value.type == Type::boolean) number = value.boolean ? 1 : 0;
    if (value.is_text()) number = utc_seconds(value.text);
    if (number) out_({name_, *number, tags_});
    leave(outside);
    return std::nullopt;
  }

  std::optional<Error> on_open(const core::JsonPath& path, bool array) override {
    Level level;
    level.outside = place();
    level.singular = enter(path);
    level.kind = array ? Kind::list : level.singular.empty() ? Kind::object : Kind::named;
    level.number = objects_++;
    if (const auto server = servers_.find(level.number);
        level.kind == Kind::object && server != servers_.end()) {
      tags_.push_back("server:" + server->second);
    }
    levels_.push_back(level);
    return std::nullopt;
  }

  std::optional<Error> on_close(const core::JsonPath&, bool) override {
    leave(levels_.back().outside);
    levels_.pop_back();
    return std::nullopt;
  }

 private:
  enum class Kind : std::uint8_t {
    object,
    named,  ///< its keys are names of things
    list,
  };
  struct Place {
    std::size_t name = 0, tags = 0;  ///< sizes
  };
  struct Level {
    Kind kind = Kind::object;
    std::string_view singular;  ///< of what a named object holds
    Place outside;
    std::size_t number = 0;  ///< of the object or list in the page
  };

  [[nodiscard]] Place place() const { return {name_.size(), tags_.size()}; }
  void leave(const Place& outside) {
    name_.resize(outside.name);
    tags_.resize(outside.tags);
  }

  /// Extends name or tags by the step to the value at `path`. Gives the tag of its keys' names, or
  /// nothing.
  std::string_view enter(const core::JsonPath& path) {
    if (levels_.empty()) return root_singular_;
    const Level& around = levels_.back();
    if (around.kind == Kind::list) return {};
    const std::string_view key = path.key();
    if (around.kind == Kind::named) {
      tags_.push_back(std::string(around.singular) + ':' + std::string(key));
      return {};
    }
    const std::string_view singular = tagged(key);
    if (!name_.empty()) name_ += '.';
    name_ += singular.empty() ? key : singular;
    return singular;
  }

  std::optional<Error> note_server(std::string_view server) {
    server_bytes_ += server.size() + kServerCost;
    if (server_bytes_ > kMaxServerBytes) {
      return fail(Errc::too_large, "the status holds too many servers");
    }
    servers_[levels_.back().number] = server;
    return std::nullopt;
  }

  static constexpr std::size_t kServerCost = 96, kMaxServerBytes = 2u << 20;

  const std::function<void(const FlatValue&)>& out_;
  const std::string_view root_singular_;
  const std::string root_name_;
  bool giving_ = false;
  std::string name_;
  std::vector<std::string> tags_;
  std::vector<Level> levels_;
  std::size_t objects_ = 0;
  std::unordered_map<std::size_t, std::string> servers_;
  std::size_t server_bytes_ = 0;
};

/// Takes the texts right below the root, or the one of a key.
class Texts final : public core::JsonHandler {
 public:
  explicit Texts(std::string_view key) : key_(key) {}
  std::vector<std::string> found;
  bool list = false;

  std::optional<Error> on_value(const core::JsonPath& path, const core::JsonValue& value) override {
    if (path.depth() == 1 && value.is_text() && path.key() == key_ && found.size() < kMaxTexts &&
        value.text.size() <= kMaxTextBytes) {
      found.emplace_back(value.text);
    }
    return std::nullopt;
  }
  std::optional<Error> on_open(const core::JsonPath& path, bool array) override {
    if (path.depth() == 0) list = array;
    return std::nullopt;
  }
  std::optional<Error> on_close(const core::JsonPath&, bool) override { return std::nullopt; }

 private:
  static constexpr std::size_t kMaxTexts = 256, kMaxTextBytes = 256;
  const std::string_view key_;
};

}  // namespace

Result<void> flatten(std::string_view body, std::string_view nest,
                     const std::function<void(const FlatValue&)>& out) {
  const std::size_t dot = nest.rfind('.');
  const std::string_view last = dot == std::string_view::npos ? nest : nest.substr(dot + 1);
  const std::string_view singular = tagged(last);
  std::string name(nest);
  if (!singular.empty()) name.replace(nest.size() - last.size(), last.size(), singular);
  Flattener flattener(out, singular, std::move(name));
  for (const bool giving : {false, true}) {
    if (auto error = flattener.walk(body, giving)) return fail(*error, "the answer is");
  }
  return {};
}

std::string text_member(std::string_view body, std::string_view key) {
  Texts texts(key);
  if (core::walk_json(body, kRules, texts) || texts.list || texts.found.empty()) return {};
  return std::move(texts.found.back());
}

Result<std::vector<std::string>> text_list(std::string_view body) {
  Texts texts("");
  if (core::walk_json(body, kRules, texts) || !texts.list) {
    return fail(Errc::malformed_payload, "the answer is not a JSON list");
  }
  return std::move(texts.found);
}

}  // namespace remora::checks::nginx
