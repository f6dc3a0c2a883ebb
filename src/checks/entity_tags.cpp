#include "checks/entity_tags.hpp"

#include <utility>

namespace remora::checks {
namespace {

// Twice the interfaces of one stats document: names that come and go must not pile up.
constexpr std::size_t kMaxInterfaces = 128;

}  // namespace

const model::Tags& EntityTags::with_interface(std::string_view name, Sender& sender) {
  if (const auto known = by_interface_.find(name); known != by_interface_.end()) {
    return known->second;
  }
  if (by_interface_.size() >= kMaxInterfaces) forget_interfaces(sender);
  std::string tag("interface:");
  tag += name;
  const model::TagList extra(1, std::move(tag));
  return by_interface_.emplace(name, model::with_tags(base_, extra)).first->second;
}

void EntityTags::replace(const model::Tags& source, model::Tags base, Sender& sender) {
  const bool first = !source_;
  source_ = source;
  if (!first && *base == *base_) return;
  if (!first) forget(sender);
  source_ = source;
  base_ = std::move(base);
}

void EntityTags::forget_interfaces(Sender& sender) {
  for (const auto& [name, tags] : by_interface_) sender.forget(tags);
  by_interface_.clear();
}

void EntityTags::forget(Sender& sender) {
  forget_interfaces(sender);
  if (source_) sender.forget(base_);
  source_.reset();
}

}  // namespace remora::checks
