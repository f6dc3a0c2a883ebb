// Texts of 878 KiB that cost a reader of YAML as much as they can.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace remora::fakes {

struct HostileText {
  const char* name;
  std::string text;
};
inline std::string many(std::string_view begin, std::string_view part,
                        std::size_t bytes = 878u << 10) {
  std::string out(begin);
  while (out.size() < bytes) out += part;
  return out;
}
inline std::vector<HostileText> hostile_yaml() {
  return {{"a flow list", many("a: [", "a,")},
          {"a flow map", many("{", "a: b,")},
          {"quoted texts on a line", many("", "\"\"")},
          {"a flow list of quoted texts", many("[", "'',")},
          {"anchors on a line", many("", "&a ")},
          {"tags on a line", many("", "!a ")},
          {"complex keys on a line", many("", "? ")},
          {"lists in lists on a line", many("", "- ")},
          {"a block list", many("", "- a\n")},
          {"a block map", many("", "a: b\n")},
          {"lists in a flow list", many("[", "[],")},
          {"maps in a block list", many("", "- {}\n")},
          {"one text", many("a: ", "x")}};
}

}  // namespace remora::fakes
