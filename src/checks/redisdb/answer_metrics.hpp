// What the answers of the server become: text in, submissions out.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "checks/redisdb/info_text.hpp"
#include "remora/checks/integration.hpp"

namespace remora::checks::redisdb {

using TagTexts = std::vector<std::string>;

/// "name:value"; what a server wrote becomes valid UTF-8 of at most 200 bytes.
[[nodiscard]] std::string tag(std::string_view name, std::string_view value);
/// Both lists, `more` in front.
[[nodiscard]] TagTexts joined(TagTexts more, const TagTexts& tags);

/// Everything that INFO says, except about replicas. Returns the databases that hold keys.
std::vector<std::uint32_t> submit_info(InstanceSender& sender, const InfoText& info,
                                       const TagTexts& tags);
/// The delay of each replica; on a replica the state of the link to its primary.
void submit_replication(InstanceSender& sender, const InfoText& info, const TagTexts& tags);
/// INFO commandstats.
void submit_command_counts(InstanceSender& sender, const InfoText& stats, const TagTexts& tags);
/// CLIENT LIST: connections by client name, at most 1,000 names.
void submit_client_names(InstanceSender& sender, std::string_view rows, const TagTexts& tags);

}  // namespace remora::checks::redisdb
