#include "cli/command_line.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "remora/core/edit_distance.hpp"

namespace remora::cli {
namespace {

struct Flag {
  std::string_view command;  ///< empty = every command
  std::string_view name;
  char letter = '\0';
  bool takes_value = false;
  bool on_by_default = false;  ///< a switch for which "=false" says something
};

// Source: DataDog/datadog-agent cmd/agent/subcommands
constexpr auto kFlags = std::to_array<Flag>({
    {"", "cfgpath", 'c', true},
    {"", "extracfgpath", 'E', true},
    {"", "no-color", 'n'},
    {"", "help", 'h'},
    {"run", "pidfile", 'p', true},
    {"health", "timeout", 't', true},
    {"status", "json", 'j'},
    {"status", "pretty-json", 'p'},
    {"status", "file", 'o', true},
    {"status", "verbose", 'v'},
    {"version", "full", 'f'},
    {"check", "check-rate", 'r'},
    {"check", "check-times", 't', true},
    {"check", "pause", '\0', true},
    {"check", "delay", 'd', true},
    {"check", "instance-filter", '\0', true},
    {"check", "json", '\0'},
    {"check", "table", '\0'},
    {"check", "full-sketches", '\0'},
    {"check", "log-level", 'l', true},
    {"check", "discovery-timeout", '\0', true},
    {"check", "discovery-retry-interval", '\0', true},
    {"check", "discovery-min-instances", '\0', true},
    {"configcheck", "verbose", 'v'},
    {"configcheck", "file", 'o', true},
    {"preview", "json", 'j'},
    {"preview", "file", 'o', true},
    {"preview", "verbose", 'v'},
    {"dogstatsd", "num-metrics", 'm', true},
    {"dogstatsd", "num-tags", 't', true},
    {"dogstatsd", "mum-tags", '\0', true},
    {"dogstatsd", "file", 'o', true},
    {"dogstatsd-stats", "json", 'j'},
    {"dogstatsd-stats", "pretty-json", 'p'},
    {"dogstatsd-stats", "file", 'o', true},
    {"dogstatsd-capture", "duration", 'd', true},
    {"dogstatsd-capture", "path", 'p', true},
    {"dogstatsd-capture", "compressed", 'z', false, true},
    {"dogstatsd-replay", "file", 'f', true},
    {"dogstatsd-replay", "loops", 'l', true},
    {"dogstatsd-replay", "iterations", 'i', true},
    {"dogstatsd-replay", "verbose", 'v'},
    {"dogstatsd-replay", "mmap", 'm', false, true},
});

constexpr auto kCommands = std::to_array<std::string_view>(
    {"run", "health", "status", "check", "configcheck", "preview", "config", "hostname", "version",
     "help", "dogstatsd", "dogstatsd-capture", "dogstatsd-replay", "dogstatsd-stats"});

/// Commands of the Datadog Agent that remora does not have.
constexpr auto kUnsupported = std::to_array<std::string_view>(
    {"analyze-logs", "controlsvc",    "coverage",      "diagnose",    "experimental",
     "flare",        "import",        "installer",     "integration", "jmx",
     "launch-gui",   "processchecks", "remote-config", "secret",      "snmp",
     "stop",         "stream-logs",   "streamlogs",    "tagger-list", "workload-filter-list",
     "workload-list"});

template <class List>
bool contains(const List& list, std::string_view name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

Error unknown_command(const std::string& word) {
  std::string text = "unknown command \"" + word + "\"";
  core::Nearest near(word, 2);  // farther words are no typing errors
  for (const std::string_view command : kCommands) near.consider(command);
  const std::string_view nearest = near.found();
  if (!nearest.empty()) text.append("; did you mean \"").append(nearest).append("\"?");
  return fail(Errc::invalid_config, text + " \"agent help\" lists all commands");
}

Result<std::string> canonical(const std::string& word) {
  if (word == "start") return std::string("run");
  if (word == "checkconfig") return std::string("configcheck");
  if (contains(kCommands, word)) return word;
  if (contains(kUnsupported, word)) {
    return fail(Errc::unsupported, "\"agent " + word + "\" is not yet supported by remora");
  }
  return unknown_command(word);
}

/// Flags may stand before the command, so the command is looked for first; only global flags with
/// a value can hide a word from it.
std::optional<std::size_t> find_command(const std::vector<std::string>& arguments) {
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& word = arguments[i];
    if (word.empty() || word[0] != '-' || word == "-") return i;
    for (const Flag& flag : kFlags) {
      if (!flag.command.empty() || !flag.takes_value) continue;
      if (word == "--" + std::string(flag.name) || word == std::string("-") + flag.letter) ++i;
    }
  }
  return std::nullopt;
}

class Parser {
 public:
  Parser(const std::vector<std::string>& arguments, CommandLine& line)
      : arguments_(arguments), line_(line) {}

  Result<void> run(std::optional<std::size_t> command_at) {
    bool only_operands = false;
    for (; next_ < arguments_.size();) {
      const std::size_t here = next_++;
      const std::string& word = arguments_[here];
      if (here == command_at) continue;
      if (only_operands || word.size() < 2 || word[0] != '-') {
        line_.operands.push_back(word);
      } else if (word == "--") {
        only_operands = true;
      } else if (auto taken = word[1] == '-' ? long_flag(word) : short_flags(word); !taken) {
        return taken;
      }
    }
    return {};
  }

 private:
  template <class Matches>
  [[nodiscard]] const Flag* find(Matches matches) const {
    for (const Flag& flag : kFlags) {
      if ((flag.command.empty() || flag.command == line_.command) && matches(flag)) return &flag;
    }
    return nullptr;
  }

  Result<void> take_next(const Flag& flag) {
    if (next_ >= arguments_.size()) {
      return fail(Errc::invalid_config, "flag needs an argument: --" + std::string(flag.name));
    }
    line_.flags[std::string(flag.name)] = arguments_[next_++];
    return {};
  }

  void set(const Flag& flag, const std::string& value) {
    if (!flag.takes_value && !flag.on_by_default && value == "false") {
      line_.flags.erase(std::string(flag.name));
    } else {
      line_.flags[std::string(flag.name)] = value;
    }
  }

  Result<void> long_flag(const std::string& word) {
    const auto equals = word.find('=');
    const std::string name = word.substr(2, equals == std::string::npos ? equals : equals - 2);
    const Flag* flag = find([&name](const Flag& f) { return f.name == name; });
    if (flag == nullptr) return fail(Errc::invalid_config, "unknown flag: --" + name);
    if (equals != std::string::npos) {
      const std::string value = word.substr(equals + 1);
      set(*flag, value);
      return {};
    }
    if (flag->takes_value) return take_next(*flag);
    line_.flags[name] = "true";
    return {};
  }

  Result<void> short_flags(const std::string& word) {
    for (std::size_t i = 1; i < word.size(); ++i) {
      const Flag* flag = find([c = word[i]](const Flag& f) { return f.letter == c; });
      if (flag == nullptr) {
        return fail(Errc::invalid_config,
                    "unknown shorthand flag: '" + std::string(1, word[i]) + "' in " + word);
      }
      if (!flag->takes_value) {
        if (i + 1 < word.size() && word[i + 1] == '=') {
          set(*flag, word.substr(i + 2));
          return {};
        }
        line_.flags[std::string(flag->name)] = "true";
        continue;
      }
      if (i + 1 == word.size()) return take_next(*flag);
      line_.flags[std::string(flag->name)] = word.substr(word[i + 1] == '=' ? i + 2 : i + 1);
      return {};
    }
    return {};
  }

  const std::vector<std::string>& arguments_;
  CommandLine& line_;
  std::size_t next_ = 0;
};

}  // namespace

Result<CommandLine> parse_command_line(const std::vector<std::string>& arguments) {
  CommandLine line;
  const auto at = find_command(arguments);
  if (at) {
    auto command = canonical(arguments[*at]);
    if (!command) return command.error();
    line.command = std::move(*command);
  }
  if (auto parsed = Parser(arguments, line).run(at); !parsed) return parsed.error();
  return line;
}

}  // namespace remora::cli
