#include "checks/nginx/status_json.hpp"

#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

namespace remora::checks::nginx {
namespace {

using Json = nlohmann::json;

constexpr int kMaxDepth = 32;

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

class Flattener {
 public:
  explicit Flattener(const std::function<void(const FlatValue&)>& out) : out_(out) {}
  Result<void> run(const Json& value, std::string name) {
    name_ = std::move(name);
    walk(value, 0);
    return verdict();
  }
  Result<void> run_named(const Json& value, std::string_view singular, std::string name) {
    name_ = std::move(name);
    each_named(value, singular, 0);
    return verdict();
  }

 private:
  Result<void> verdict() const {
    if (too_deep_) return fail(Errc::malformed_payload, "the status is nested too deeply");
    if (count_ > kMaxFlatValues) return fail(Errc::too_large, "the status holds too many values");
    return {};
  }

  // Appends a segment for as long as it lives.
  class Segment {
   public:
    Segment(std::string& name, std::string_view segment) : name_(name), size_(name.size()) {
      if (!name_.empty()) name_ += '.';
      name_ += segment;
    }
    ~Segment() { name_.resize(size_); }
    Segment(const Segment&) = delete;
    Segment& operator=(const Segment&) = delete;

   private:
    std::string& name_;
    std::size_t size_;
  };

  void emit(double value) {
    if (++count_ > kMaxFlatValues) return;
    out_({name_, value, tags_});
  }

  void each_named(const Json& value, std::string_view singular, int depth) {
    if (!value.is_object()) {
      walk(value, depth);
      return;
    }
    for (const auto& [key, child] : value.items()) {
      tags_.push_back(std::string(singular) + ':' + key);
      walk(child, depth);
      tags_.pop_back();
    }
  }

  void object(const Json& value, int depth) {
    const auto server = value.find("server");
    const bool has_server = server != value.end() && server->is_string() &&
                            !server->get_ref<const std::string&>().empty();
    if (has_server) tags_.push_back("server:" + server->get_ref<const std::string&>());
    for (const auto& [key, child] : value.items()) {
      if (key == "server" && has_server) continue;
      const std::string_view singular = tagged(key);
      const Segment segment(name_, singular.empty() ? std::string_view(key) : singular);
      if (singular.empty()) {
        walk(child, depth + 1);
      } else {
        each_named(child, singular, depth + 1);
      }
    }
    if (has_server) tags_.pop_back();
  }

  void walk(const Json& value, int depth) {
    if (count_ > kMaxFlatValues) return;
    if (depth > kMaxDepth) {
      too_deep_ = true;
    } else if (value.is_object()) {
      object(value, depth);
    } else if (value.is_array()) {
      for (const Json& child : value) walk(child, depth + 1);
    } else if (value.is_boolean()) {
      emit(value.get<bool>() ? 1 : 0);
    } else if (value.is_number()) {
      const double number = value.get<double>();
      if (std::isfinite(number)) emit(number);
    } else if (value.is_string()) {
      if (const auto time = utc_seconds(value.get_ref<const std::string&>())) emit(*time);
    }
  }

  const std::function<void(const FlatValue&)>& out_;
  std::string name_;
  std::vector<std::string> tags_;
  std::size_t count_ = 0;
  bool too_deep_ = false;
};

Error not_json() { return fail(Errc::malformed_payload, "the answer is not valid JSON"); }

}  // namespace

Result<void> flatten(std::string_view body, std::string_view nest,
                     const std::function<void(const FlatValue&)>& out) {
  const Json json = Json::parse(body, nullptr, false);
  if (json.is_discarded()) return not_json();
  Flattener flattener(out);
  const std::size_t dot = nest.rfind('.');
  const std::string_view last = dot == std::string_view::npos ? nest : nest.substr(dot + 1);
  const std::string_view singular = tagged(last);
  if (singular.empty()) return flattener.run(json, std::string(nest));
  const std::string before(nest.substr(0, nest.size() - last.size()));
  return flattener.run_named(json, singular, before + std::string(singular));
}

std::string text_member(std::string_view body, std::string_view key) {
  const Json json = Json::parse(body, nullptr, false);
  if (!json.is_object()) return {};
  const auto found = json.find(key);
  return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

Result<std::vector<std::string>> text_list(std::string_view body) {
  const Json json = Json::parse(body, nullptr, false);
  if (!json.is_array()) return fail(Errc::malformed_payload, "the answer is not a JSON list");
  std::vector<std::string> out;
  for (const Json& item : json) {
    if (item.is_string()) out.push_back(item.get<std::string>());
  }
  return out;
}

}  // namespace remora::checks::nginx
