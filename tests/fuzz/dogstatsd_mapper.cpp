// What operators write as JSON for names and tags: mapper profiles and the tag filter list. Input:
// lines with names to look up, an empty line, the JSON.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "dogstatsd/mapper.hpp"
#include "dogstatsd/tag_filter.hpp"

namespace {

std::string text_of(const remora::dogstatsd::MappedName* mapped) {
  if (mapped == nullptr) return "-";
  std::string out = mapped->name;
  for (const std::string& tag : mapped->tags) out += '\n' + tag;
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace remora::dogstatsd;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const auto gap = input.find("\n\n");
  if (gap == std::string_view::npos) return 0;
  const std::string_view json = input.substr(gap + 2);
  std::vector<std::string_view> names;
  for (std::string_view rest = input.substr(0, gap); names.size() < 16;) {
    const auto end = rest.find('\n');
    names.push_back(rest.substr(0, end));
    if (end == std::string_view::npos) break;
    rest.remove_prefix(end + 1);
  }

  const auto cached = Mapper::parse(json, 4);
  const auto uncached = Mapper::parse(json, 0);
  if (cached.has_value() != uncached.has_value()) std::abort();
  if (cached) {
    for (int round = 0; round < 2; ++round) {
      for (const std::string_view name : names) {
        if (text_of((*cached)->map(name)) != text_of((*uncached)->map(name))) std::abort();
        if ((*cached)->cached() > 4) std::abort();
      }
    }
  } else if (cached.error().message().empty()) {
    std::abort();
  }

  std::vector<std::string> warnings;
  const TagFilter filter = TagFilter::parse(json, warnings);
  for (const std::string_view name : names) {
    const TagRule* rule = filter.rule(name);
    if (rule == nullptr) continue;
    for (const std::string_view tag : names) {
      // A rule sees the key alone.
      if (rule->keeps(tag) != rule->keeps(tag.substr(0, tag.find(':')))) std::abort();
    }
  }
  return 0;
}
