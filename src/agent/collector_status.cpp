#include "agent/collector_status.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace remora::agent {

telemetry::StatusNode joined_blocks(telemetry::StatusNode first, telemetry::StatusNode second) {
  for (telemetry::StatusNode& child : second.children) {
    const auto same = std::find_if(first.children.begin(), first.children.end(),
                                   [&](const auto& other) { return other.title == child.title; });
    if (same == first.children.end()) {
      first.children.push_back(std::move(child));
      continue;
    }
    // A block with children says nothing in its fields; one without says why there are none.
    if (!child.children.empty()) same->fields.clear();
    same->children.insert(same->children.end(), std::make_move_iterator(child.children.begin()),
                          std::make_move_iterator(child.children.end()));
  }
  return first;
}

}  // namespace remora::agent
