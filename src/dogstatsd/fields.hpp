// What the three kinds of lines share: fields between '|', tags, and where the sender says it runs.
#pragma once

#include <string_view>

namespace remora::dogstatsd {

/// The fields of a line, left to right; empty ones too.
class Fields {
 public:
  explicit Fields(std::string_view rest) : rest_(rest) {}

  [[nodiscard]] bool next(std::string_view& field) {
    if (done_) return false;
    const auto end = rest_.find('|');
    if (end == std::string_view::npos) {
      field = rest_;
      done_ = true;
    } else {
      field = rest_.substr(0, end);
      rest_.remove_prefix(end + 1);
    }
    return true;
  }

 private:
  std::string_view rest_;
  bool done_ = false;
};

/// "#a,b". A later field replaces an earlier one, also with nothing.
template <class Message>
void take_tags(std::string_view field, Message& out) {
  out.tags = field.substr(1);
  out.has_tags = !out.tags.empty();
}

/// "c:…", "e:…", "card:…"; anything else is left alone, as an unknown field is.
template <class Message>
void take_origin(std::string_view field, Message& out) {
  if (field.starts_with("c:")) {
    out.local_data = field.substr(2);
  } else if (field.starts_with("e:")) {
    out.external_data = field.substr(2);
  } else if (field.starts_with("card:")) {
    out.cardinality = field.substr(5);
  }
}

}  // namespace remora::dogstatsd
