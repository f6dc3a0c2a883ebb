// What the three kinds of lines share: fields between '|', tags, and where the sender says it runs.
#pragma once

#include <string_view>

#include "remora/dogstatsd/parser.hpp"

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

/// A field of an event or a service check: tags, d:, h:, where the sender runs, and what `own`
/// knows of the message's own letters. `own(letter, value)` is false when it knows the letter and
/// the value is none; so is the result, and `out` is then as it was.
template <class Message, class Own>
bool take_field(std::string_view field, bool client_origin, Message& out, Own&& own) {
  if (field.starts_with('#')) {
    take_tags(field, out);
    return true;
  }
  if (client_origin) take_origin(field, out);
  if (field.size() < 2 || field[1] != ':') return true;
  const auto value = field.substr(2);
  if (field[0] == 'd') return parse_go_int(value, out.timestamp);
  if (field[0] == 'h') out.host = value;
  return own(field[0], value);
}

}  // namespace remora::dogstatsd
