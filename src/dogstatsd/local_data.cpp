#include "dogstatsd/local_data.hpp"

#include <algorithm>
#include <charconv>

namespace remora::dogstatsd {
namespace {

constexpr std::string_view kContainer = "ci-";
constexpr std::string_view kInode = "in-";
constexpr std::string_view kOldContainer = "cid-";  // of tracers before the list form
constexpr std::size_t kMaxContainerId = 128;        // those of ECS have 64 bytes and fewer

std::uint64_t parse_inode(std::string_view text) {
  std::uint64_t inode = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), inode);
  return error == std::errc{} && end == text.data() + text.size() ? inode : 0;
}

bool read_item(std::string_view item, LocalData& out) {
  if (item.starts_with(kContainer)) {
    out.container_id = item.substr(kContainer.size());
  } else if (item.starts_with(kInode)) {
    out.inode = parse_inode(item.substr(kInode.size()));
  } else {
    return false;
  }
  return true;
}

}  // namespace

LocalData parse_local_data(std::string_view text) {
  LocalData out;
  auto comma = text.find(',');
  if (comma == std::string_view::npos) {
    if (read_item(text, out)) return out;
    out.container_id = text.starts_with(kOldContainer) ? text.substr(kOldContainer.size()) : text;
    return out;
  }
  for (;;) {
    read_item(text.substr(0, comma), out);
    if (comma == std::string_view::npos) return out;
    text.remove_prefix(comma + 1);
    comma = text.find(',');
  }
}

bool is_container_id(std::string_view text) {
  return !text.empty() && text.size() <= kMaxContainerId &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                  c == '_' || c == '.' || c == '-';
         });
}

}  // namespace remora::dogstatsd
