// Messages as one line of text, so that a table of the tests can say all of one.
#pragma once

#include <charconv>
#include <string>

#include "remora/dogstatsd/message.hpp"

namespace remora::dogstatsd {

inline std::string number_text(double value) {
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, value);
  return {text, end.ptr};
}

/// " #a,b c=… e=… card=…": what is there of these.
template <class Message>
std::string tags_and_origin_text(const Message& message) {
  std::string text;
  if (message.has_tags) text.append(" #").append(message.tags);
  if (!message.has_tags && !message.tags.empty()) text += " tags without has_tags";
  if (!message.local_data.empty()) text.append(" c=").append(message.local_data);
  if (!message.external_data.empty()) text.append(" e=").append(message.external_data);
  if (!message.cardinality.empty()) text.append(" card=").append(message.cardinality);
  return text;
}

/// "name counter [1 2] @0.5 T17 #a,b"; a set shows its member in quotes.
inline std::string to_text(const MetricMessage& message) {
  static constexpr const char* kTypes[] = {"counter",   "gauge",  "set",
                                           "histogram", "timing", "distribution"};
  std::string text(message.name);
  text.append(" ").append(kTypes[static_cast<std::size_t>(message.type)]).append(" ");
  if (message.type == MetricType::set) {
    text.append("'").append(message.set_member).append("'");
  } else {
    text += '[';
    for (std::size_t i = 0; i < message.values.size(); ++i) {
      if (i > 0) text += ' ';
      text += number_text(message.values[i]);
    }
    text += ']';
  }
  if (message.sample_rate != 1) text.append(" @").append(number_text(message.sample_rate));
  if (message.timestamp != 0) text.append(" T").append(std::to_string(message.timestamp));
  return text + tags_and_origin_text(message);
}

}  // namespace remora::dogstatsd
