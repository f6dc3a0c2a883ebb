#include "remora/autodiscovery/variables.hpp"

#include <algorithm>
#include <charconv>

#include "autodiscovery/scalar_text.hpp"
#include "autodiscovery/template_parts.hpp"
#include "autodiscovery/variable_text.hpp"

namespace remora::autodiscovery {
namespace {

using model::Value;

bool is_ipv6(std::string_view host) { return host.find(':') != std::string_view::npos; }

std::string first_address(const ecs::Network& network) {
  if (!network.ipv4.empty()) return network.ipv4.front();
  return network.ipv6.empty() ? std::string() : network.ipv6.front();
}

// Go's url.Parse, as far as it decides whether an address in brackets is part of a URL.
bool parses_as_url(std::string_view text) {
  if (std::any_of(text.begin(), text.end(),
                  [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; })) {
    return false;
  }
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  std::size_t scheme = 0;
  while (scheme < text.size() &&
         (is_letter(text[scheme]) ||
          (scheme > 0 && ((text[scheme] >= '0' && text[scheme] <= '9') || text[scheme] == '+' ||
                          text[scheme] == '-' || text[scheme] == '.')))) {
    ++scheme;
  }
  const bool has_scheme = scheme > 0 && scheme < text.size() && text[scheme] == ':';
  std::string_view rest = has_scheme ? text.substr(scheme + 1) : text;
  if (!has_scheme && !rest.starts_with('/')) {
    // A colon in the first segment looks like a scheme that is none.
    return rest.substr(0, rest.find('/')).find(':') == std::string_view::npos;
  }
  if (!rest.starts_with("//")) return true;
  std::string_view authority = rest.substr(2);
  authority = authority.substr(0, authority.find_first_of("/?#"));
  if (authority.find(' ') != std::string_view::npos) return false;
  const auto bracket = authority.rfind(']');
  if (bracket == std::string_view::npos) return true;
  const std::string_view port = authority.substr(bracket + 1);
  return port.empty() ||
         (port.front() == ':' && port.find_first_not_of("0123456789", 1) == std::string_view::npos);
}

class Resolver {
 public:
  Resolver(const Address* address, const VariableOptions& options, Author author)
      : address_(address), options_(options), author_(author) {}

  // `value` with every text resolved in place; false leaves the reason in error_.
  bool resolve(Value& value) {
    if (Value::List* list = value.list()) {
      return std::all_of(list->begin(), list->end(), [this](Value& v) { return resolve(v); });
    }
    if (model::Map* map = value.map()) {
      const auto entries = map->entries();
      for (const model::MapEntry& entry : entries) {
        if (!charge(entry.key.size())) return false;
      }
      return std::all_of(entries.begin(), entries.end(),
                         [this](model::MapEntry& e) { return resolve(e.value); });
    }
    if (const std::string* text = value.text()) {
      auto resolved = resolve_text(*text);
      if (!resolved) return false;
      value = *std::move(resolved);
    }
    return true;
  }
  [[nodiscard]] Error take_error() { return std::move(error_); }

 private:
  struct Variable {
    std::size_t begin, end;  ///< with both marks
    std::string_view inside;
  };

  bool refuse(std::string message, Errc code = Errc::invalid_config) {
    error_ = fail(code, std::move(message));
    return false;
  }
  bool charge(std::size_t bytes) {
    bytes_ += bytes;
    if (bytes_ <= options_.max_bytes) return true;
    return refuse("more than " + std::to_string(options_.max_bytes) +
                      " bytes after its variables were resolved",
                  Errc::too_large);
  }

  // The next variable at or after `from`: a mark, at least one character, the next mark; no line
  // break in between.
  static std::optional<Variable> next_variable(std::string_view text, std::size_t from) {
    for (auto open = text.find(kMark, from); open != std::string_view::npos;
         open = text.find(kMark, open + kMark.size())) {
      const std::size_t inside = open + kMark.size();
      std::size_t search = inside;
      if (text.substr(inside).starts_with(kMark)) search += kMark.size();
      const auto close = text.find(kMark, std::max(search, inside + 1));
      if (close == std::string_view::npos) continue;
      const std::string_view between = text.substr(inside, close - inside);
      if (between.find('\n') != std::string_view::npos) continue;
      return Variable{open, close + kMark.size(), between};
    }
    return std::nullopt;
  }

  std::optional<Value> resolve_text(const std::string& original) {
    if (original.find("%%") == std::string::npos && original.find(kMark) == std::string::npos) {
      if (!charge(original.size())) return std::nullopt;
      return original;
    }
    const std::string text = with_marks(original);
    bool ipv6 = false;
    auto resolved = substituted(text, true, ipv6);
    if (!resolved) return std::nullopt;
    if (ipv6 && !parses_as_url(*resolved)) resolved = substituted(text, false, ipv6);
    if (!resolved || !charge(resolved->size())) return std::nullopt;
    const auto only = next_variable(text, 0);
    const bool whole = only && only->begin == 0 && only->end == text.size();
    // A password such as 0123 is no number.
    if (whole && !only->inside.starts_with("env_")) {
      if (const auto integer = go_integer(*resolved)) return *integer;
      if (const auto boolean = go_bool(*resolved)) return *boolean;
    }
    return without_marks(*resolved);
  }

  std::optional<std::string> substituted(std::string_view text, bool brackets, bool& ipv6) {
    std::string out;
    std::size_t begin = 0;
    while (const auto variable = next_variable(text, begin)) {
      out += text.substr(begin, variable->begin - begin);
      std::string_view name = variable->inside;
      std::string_view key;
      if (const auto cut = name.find('_', 1); cut != std::string_view::npos) {
        key = name.substr(cut + 1);
        name = name.substr(0, cut);
      }
      auto value = value_of(variable->inside, name, key);
      if (!value) return std::nullopt;
      if (name == "host" && is_ipv6(*value)) {
        ipv6 = true;
        if (brackets) value = "[" + *value + "]";
      }
      out += *value;
      if (bytes_ + out.size() > options_.max_bytes) {
        charge(out.size());
        return std::nullopt;
      }
      begin = variable->end;
    }
    out += text.substr(begin);
    return out;
  }

  std::optional<std::string> value_of(std::string_view inside, std::string_view name,
                                      std::string_view key) {
    const std::string written = "%%" + shown(without_marks(inside)) + "%%";
    const bool keyless = name.size() == inside.size();
    std::optional<std::string> value;
    std::string why;
    if (!keyless && key.empty()) {
      why = "nothing after '_'";
    } else if (name == "env") {
      value = environment(key, why);
    } else if (name == "kube" || name == "extra") {
      why = "not available on ECS";
    } else if (name != "host" && name != "port" && name != "pid" && name != "hostname") {
      refuse("invalid " + written + " tag: there is no such variable");
      return std::nullopt;
    } else if (address_ == nullptr) {
      why = "only a configuration with ad_identifiers knows a container";
    } else if (name == "host") {
      value = host(key, why);
    } else if (name == "port") {
      value = port(key, why);
    } else {
      // Not among the task metadata.
      value = name == "pid" ? "0" : "";
    }
    if (!value) refuse(written + ": " + why);
    return value;
  }

  std::optional<std::string> environment(std::string_view name, std::string& why) const {
    if (name.empty()) {
      why = "the name of the environment variable is missing";
    } else if (options_.no_environment) {
      why = "environment variables are switched off by DD_AD_DISABLE_ENV_VAR_RESOLUTION";
    } else if (!options_.allowed.empty() &&
               std::find(options_.allowed.begin(), options_.allowed.end(), name) ==
                   options_.allowed.end()) {
      why = "the environment variable is not among DD_AD_ALLOWED_ENV_VARS";
    } else if (author_ == Author::label && options_.allowed.empty() &&
               options_.own_secrets.contains(name)) {
      why =
          "a secret of the agent itself, which labels do not read: DD_AD_ALLOWED_ENV_VARS can "
          "allow it";
    } else {
      auto value = options_.environment ? options_.environment(name) : std::nullopt;
      if (value) return value;
      why = "the environment variable is not set in the agent's container";
    }
    return std::nullopt;
  }

  std::optional<std::string> host(std::string_view network, std::string& why) const {
    const auto& hosts = address_->hosts;
    const auto of = [&hosts](std::string_view mode) {
      return std::find_if(hosts.begin(), hosts.end(),
                          [mode](const auto& host) { return host.first == mode; });
    };
    if (const auto named = of(network); !network.empty() && named != hosts.end()) {
      return named->second;
    }
    if (hosts.empty()) {
      why = "no network found: the task metadata has no address of this container";
      return std::nullopt;
    }
    if (hosts.size() == 1) return hosts.front().second;
    if (const auto bridge = of("bridge"); bridge != hosts.end()) return bridge->second;
    why = "several networks and none called bridge: write %%host_<network>%%";
    return std::nullopt;
  }

  std::optional<std::string> port(std::string_view key, std::string& why) const {
    const auto& ports = address_->ports;
    if (ports.empty()) {
      why = "no port found: declare portMappings in the task definition, or write the port itself";
      return std::nullopt;
    }
    if (key.empty()) return std::to_string(ports.back());
    std::size_t index = 0;
    const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), index);
    if (end != key.data() + key.size() ||
        (error != std::errc{} && error != std::errc::result_out_of_range)) {
      why = "ports have no names on ECS: write %%port_<n>%% with n from 0";
    } else if (error != std::errc{} || index >= ports.size()) {
      why = "the container has only " + std::to_string(ports.size()) +
            (ports.size() == 1 ? " port" : " ports");
    } else {
      return std::to_string(ports[index]);
    }
    return std::nullopt;
  }

  const Address* address_;
  const VariableOptions& options_;
  const Author author_;
  std::size_t bytes_ = 0;
  Error error_;
};

}  // namespace

Address address_of(const ecs::ContainerMetadata& container, const ecs::TaskMetadata& task) {
  Address out;
  const auto add = [&out](const std::string& mode, std::string host) {
    const bool known = std::any_of(out.hosts.begin(), out.hosts.end(),
                                   [&](const auto& one) { return one.first == mode; });
    if (!host.empty() && !known) out.hosts.emplace_back(mode, std::move(host));
  };
  for (const ecs::Network& network : container.networks) {
    // In host mode containers share the addresses of the instance; its loopback reaches them.
    add(network.mode, network.mode == "host" ? "127.0.0.1" : first_address(network));
  }
  // Service Connect and CNI may list more; the address of the task is the one to use.
  const auto awsvpc = std::find_if(out.hosts.begin(), out.hosts.end(),
                                   [](const auto& host) { return host.first == "awsvpc"; });
  if (awsvpc != out.hosts.end()) {
    out.hosts = {*awsvpc};
  } else if (container.networks.empty()) {
    for (const ecs::ContainerMetadata& other : task.containers) {
      for (const ecs::Network& network : other.networks) {
        if (network.mode == "awsvpc") add(network.mode, first_address(network));
      }
    }
  }
  for (const ecs::Port& port : container.ports) {
    if (port.container_port != 0) out.ports.push_back(port.container_port);
  }
  std::sort(out.ports.begin(), out.ports.end());
  out.ports.erase(std::unique(out.ports.begin(), out.ports.end()), out.ports.end());
  return out;
}

Result<Value> resolve(const Value& value, const Address* address, const VariableOptions& options,
                      Author author) {
  Resolver resolver(address, options, author);
  Value copy = value;
  if (!resolver.resolve(copy)) return resolver.take_error();
  return copy;
}

}  // namespace remora::autodiscovery
