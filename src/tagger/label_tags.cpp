#include "tagger/label_tags.hpp"

#include <algorithm>
#include <cstdint>

#include "remora/core/json_walk.hpp"
#include "tagger/tag_builder.hpp"

namespace remora::tagger {
namespace {

bool is_tag(std::string_view text) {
  const auto colon = text.find(':');
  return colon != std::string_view::npos && colon > 0 && colon + 1 < text.size() &&
         text.find(':', colon + 1) == std::string_view::npos &&
         text.size() <= TagBuilder::kMaxValueBytes;
}

/// Takes the texts of an array.
class Texts final : public core::JsonHandler {
 public:
  explicit Texts(LabelTags& out) : out_(out) {}
  std::optional<Error> on_value(const core::JsonPath& path, const core::JsonValue& value) override {
    if (path.depth() == 0) return no_array();
    if (path.depth() > 1) return std::nullopt;
    if (value.is_text() && is_tag(value.text)) {
      out_.tags.emplace_back(value.text);
    } else {
      ++out_.rejected;
    }
    return std::nullopt;
  }
  std::optional<Error> on_open(const core::JsonPath& path, bool array) override {
    if (path.depth() == 0 && !array) return no_array();
    if (path.depth() == 1) ++out_.rejected;
    return std::nullopt;
  }
  std::optional<Error> on_close(const core::JsonPath&, bool) override { return std::nullopt; }

 private:
  static Error no_array() { return fail(Errc::malformed_payload, "no array"); }
  LabelTags& out_;
};

}  // namespace

LabelTags parse_label_tags(std::string_view value) {
  LabelTags out;
  if (value.size() > kMaxTagsLabelBytes) {
    out.rejected = 1;
    out.problem = "longer than 64 KiB";
    return out;
  }
  Texts texts(out);
  if (core::walk_json(value, {}, texts)) {
    out = {};
    out.rejected = 1;
    out.problem = "not a JSON array of text";
  }
  return out;
}

}  // namespace remora::tagger
