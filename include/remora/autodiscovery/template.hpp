// One check configuration as it was written: before it met a container, variables still in it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "remora/model/value.hpp"
#include "remora/tagger/tagger.hpp"

namespace remora::autodiscovery {

enum class Provider : std::uint8_t { container_label, file, built_in };
/// As `agent configcheck` prints it: "container", "file", "built-in".
[[nodiscard]] std::string_view to_string(Provider provider);

struct Template {
  std::string check;                    ///< name of the check; empty = log sources only
  std::vector<model::Value> instances;  ///< maps
  model::Value init_config{model::Map{}};
  model::Value logs;         ///< list of log sources, kept for the log pipeline; null = none
  bool ignore_tags = false;  ///< no tagger tags on the instances
  std::optional<tagger::Cardinality> cardinality;  ///< of the injected tags; empty = the agent's
  std::vector<std::string> identifiers;  ///< of files: which containers; empty = none needed
  Provider provider = Provider::file;
  std::string source;  ///< path of the file, or name of the label

  bool operator==(const Template&) const = default;
};

/// Wrong name -> name of the check. Users write the product where the name of the module belongs.
using Aliases = std::map<std::string, std::string, std::less<>>;
/// redis -> redisdb, elasticsearch -> elastic, memcached -> mcache, and the like.
[[nodiscard]] const Aliases& default_aliases();

}  // namespace remora::autodiscovery
