#include "config/render.hpp"

#include <nlohmann/json.hpp>

#include "config/text.hpp"

namespace remora::config {
namespace {

using Json = nlohmann::json;
using StringMap = std::map<std::string, std::string>;
using ListMap = std::map<std::string, std::vector<std::string>>;

// JSON is YAML; bytes that are not UTF-8 are replaced.
std::string dumped(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

struct Writer {
  const Option& option;

  // Every text that may be a URL with a password in it.
  [[nodiscard]] std::string safe(const std::string& text) const {
    const bool url = option.group == "Proxy and TLS" || text.find("://") != std::string::npos;
    return url ? without_password(text) : text;
  }

  std::string operator()(bool value) const { return value ? "true" : "false"; }
  std::string operator()(std::int64_t value) const { return std::to_string(value); }
  std::string operator()(double value) const { return dumped(Json(value)); }
  std::string operator()(const std::string& value) const {
    if (option.show == Show::redacted) return value.empty() ? R"("")" : R"("***")";
    return dumped(Json(safe(value)));
  }
  std::string operator()(const std::vector<std::string>& value) const {
    Json list = Json::array();
    for (const auto& item : value) list.push_back(safe(item));
    return dumped(list);
  }
  std::string operator()(const StringMap& value) const {
    Json map = Json::object();
    for (const auto& [name, text] : value) map[name] = safe(text);
    return dumped(map);
  }
  std::string operator()(const ListMap& value) const {
    Json map = Json::object();
    for (const auto& [url, keys] : value) {
      map[without_password(url)] = std::vector<std::string>(keys.size(), "***");
    }
    return dumped(map);
  }
  std::string operator()(std::chrono::milliseconds value) const {
    return std::to_string(value.count()) + "ms";
  }
  std::string operator()(std::chrono::seconds value) const {
    return std::to_string(value.count()) + "s";
  }
  std::string operator()(std::chrono::minutes value) const {
    return std::to_string(value.count()) + "m";
  }
};

struct TypeName {
  std::string_view operator()(bool Settings::*) const { return "boolean"; }
  std::string_view operator()(std::int64_t Settings::*) const { return "integer"; }
  std::string_view operator()(double Settings::*) const { return "number"; }
  std::string_view operator()(std::string Settings::*) const { return "text"; }
  std::string_view operator()(std::vector<std::string> Settings::*) const { return "list"; }
  std::string_view operator()(StringMap Settings::*) const { return "map"; }
  std::string_view operator()(ListMap Settings::*) const { return "map of lists"; }
  template <class Duration>
  std::string_view operator()(Duration Settings::*) const {
    return "duration";
  }
};

}  // namespace

std::string rendered(const Option& option, const Settings& settings) {
  return std::visit([&](auto member) { return Writer{option}(settings.*member); }, option.field);
}

std::string_view type_name(const Option& option) { return std::visit(TypeName{}, option.field); }

}  // namespace remora::config
